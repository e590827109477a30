package phema.cli;

import static java.util.stream.Collectors.joining;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import phema.api.RunView;
import phema.api.SweepView;
import phema.api.TrialView;
import phema.evaluation.EvaluatorView;
import phema.format.OneLine;
import phema.problem.Problem;
import phema.storage.Locations;
import phema.sweep.SweepSpec;
import phema.time.Ticker;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Unmatched;

/** Runs {@code phema sweep}. */
@Command(
        name = "sweep",
        description = {
            "Evaluates averages of many lengths of a run, finds the best, and waits for it: in this process, or on "
                    + "a service with --url.",
            "Any other setting can be given as --name=value, such as --phema.roots=/data/runs or "
                    + "--phema.evaluators.NAME.type=command."
        },
        footer = {
            "",
            "Exit status 0: all is well; 1: trials failed; 2: bad input, nothing was run; 3: a gate is not met.",
            "",
            "  phema sweep demo --outstd 0.05,0.10,0.15 --metric fd_random --seeds 0-1023",
            "  phema sweep demo --profile 'decay:cosine:{}' --lengths 65536,98304,131072,196608 --evaluator mine",
            "  phema sweep demo --outstd 0.02,0.25 --mode search --evaluator mine --gate 'fid<=2.6' --junit sweep.xml"
        })
final class SweepCommand implements Callable<Integer> {
    private static final Duration PAUSE = Duration.ofMillis(500);

    /** The patience with a service that is restarted, or whose network is. */
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private static final int MOST_ERRORS = 3;

    private final Class<?> application;

    @Parameters(paramLabel = "RUN", description = "Name of a run, or, without --url, its folder.")
    private String run = "";

    @Mixin
    private SweepAxisOptions axes = new SweepAxisOptions();

    @Mixin
    private ReportOptions files = new ReportOptions();

    @Mixin
    private GateOptions gates = new GateOptions();

    @Option(names = "--url", paramLabel = "URL", description = "A service to run on, such as http://localhost:8080.")
    private @Nullable String url;

    @Option(
            names = "--token",
            paramLabel = "TOKEN",
            defaultValue = "${env:PHEMA_TOKEN:-}",
            description = "The service's token (default: PHEMA_TOKEN).")
    private String token = "";

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Unmatched
    private List<String> settings = new ArrayList<>();

    @Spec
    private @Nullable CommandSpec spec;

    SweepCommand(Class<?> application) {
        this.application = application;
    }

    /** With an option for each axis. */
    static CommandLine line(Class<?> application) {
        SweepCommand command = new SweepCommand(application);
        CommandSpec spec = CommandSpec.forAnnotatedObject(command);
        command.axes.addTo(spec);
        return new CommandLine(spec);
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        ServeCommand.requireSettings(settings, spec);
        axes.metrics();
        axes.values(); // what is wrong with it is said before anything is opened
        files.requireWritable();
        try (StopSignal stop = new StopSignal();
                SweepAccess sweeps = open()) {
            requireMetrics(sweeps.evaluators());
            if (stop.stopped()) return Cli.FAILED;
            SweepSpec asked = axes.spec(name());
            gates.look(sweeps, asked);
            SweepView sweep = sweeps.create(asked);
            if (!await(sweeps, sweep.id(), sweep, stop)) {
                CommandOutput.errors(spec).println("phema: " + sweeps.leave(sweep.id()));
                return Cli.FAILED;
            }
            SweepResults results = new SweepResults(sweeps.sweep(sweep.id()), sweeps.trials(sweep.id()));
            List<Verdict> verdicts = gates.judge(results);
            print(results, sweeps.run(results.sweep().run()), verdicts);
            files.write(results, verdicts, () -> sweeps.csv(sweep.id()));
            return status(results, verdicts);
        }
    }

    private SweepAccess open() {
        if (url != null) {
            if (!settings.isEmpty())
                throw Problem.invalid(
                        "url", settings.getFirst() + " is for the service's configuration, which --url cannot change");
            return new RemoteSweeps(url, token);
        }
        List<String> all = new ArrayList<>(settings);
        if (folder() != null) all.add("--phema.roots=" + folder());
        return LocalSweeps.start(application, all);
    }

    /** Where RUN is one; names hold no separator. */
    private @Nullable Path folder() {
        if (url != null || !run.contains("/")) return null;
        Path folder = Locations.path(run).toAbsolutePath().normalize();
        if (!Files.isDirectory(folder)) throw Problem.invalid("run", run + " is not a folder");
        return folder;
    }

    private String name() throws IOException {
        Path folder = folder();
        return folder == null ? run : String.valueOf(folder.toRealPath().getFileName());
    }

    /** As far as it is known before anything runs. */
    private void requireMetrics(List<EvaluatorView> evaluators) {
        for (EvaluatorView evaluator : evaluators) {
            List<String> known = evaluator.metrics();
            if (!evaluator.name().equals(axes.evaluator()) || known == null) continue;
            List<String> all = new ArrayList<>(known);
            for (String wanted : axes.metrics().names()) if (!all.contains(wanted)) all.add(wanted);
            gates.require(all, axes.evaluator() + " reports");
        }
    }

    /** @return whether the sweep has ended, as opposed to this process's being told to end */
    private boolean await(SweepAccess sweeps, String id, SweepView created, StopSignal stop)
            throws IOException, InterruptedException {
        Ticker ticker = Ticker.SYSTEM;
        long answered = ticker.read();
        try (SweepDisplay display = new SweepDisplay(CommandOutput.errors(spec), created, ticker)) {
            while (!stop.await(PAUSE)) {
                try {
                    SweepView now = sweeps.sweep(id);
                    answered = ticker.read();
                    display.show(now);
                    if (now.endedEpochMillis() != null) return true;
                } catch (IOException e) {
                    if (ticker.since(answered).compareTo(PATIENCE) > 0) throw e;
                }
            }
            return false;
        }
    }

    private void print(SweepResults results, RunView run, List<Verdict> verdicts) {
        PrintWriter out = CommandOutput.of(spec);
        if (json) {
            Map<String, Object> all = new LinkedHashMap<>();
            all.put("sweep", results.sweep());
            all.put("trials", results.trials());
            all.put("gates", verdicts);
            if (run.recommended() != null) all.put("recommended", run.recommended());
            all.put("offered", run.offered());
            CommandOutput.json(out, all);
            return;
        }
        out.println(results.summary());
        Table table = new Table(results.header().toArray(String[]::new));
        results.rows().forEach(row -> table.row(row.toArray(String[]::new)));
        table.print(out);
        List<String> plot = results.plot();
        if (!plot.isEmpty()) {
            out.println();
            plot.forEach(out::println);
            out.println();
        }
        out.println(results.optimum());
        if (!results.caution().isEmpty()) out.println(results.caution());
        results.recommended(run).forEach(line -> out.println(OneLine.of(line)));
        verdicts.forEach(out::println);
    }

    private int status(SweepResults results, List<Verdict> verdicts) {
        PrintWriter err = CommandOutput.errors(spec);
        if (!results.sweep().state().equals("done")) {
            for (TrialView trial : results.failed().stream().limit(MOST_ERRORS).toList())
                err.println("trial %d failed: %s".formatted(trial.number(), printable(trial.error())));
            err.println("phema: sweep %s is %s; %d of %d trials are done"
                    .formatted(
                            results.sweep().id(),
                            results.sweep().state(),
                            results.done().size(),
                            results.trials().size()));
            return Cli.FAILED;
        }
        gates.require(results.trials());
        List<Verdict> missed = verdicts.stream().filter(v -> !v.met()).toList();
        missed.forEach(verdict -> err.println("phema: " + verdict));
        return missed.isEmpty() ? Cli.FINE : Cli.GATE;
    }

    /** What a program printed must not steer the terminal. */
    private static String printable(@Nullable String text) {
        return text == null ? "" : text.lines().map(OneLine::of).collect(joining("\n"));
    }
}
