package phema.cli;

import static java.util.stream.Collectors.joining;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.convert.DurationStyle;
import phema.api.RunView;
import phema.api.SweepView;
import phema.api.TrialView;
import phema.evaluation.EvaluatorView;
import phema.format.OneLine;
import phema.problem.Problem;
import phema.sweep.CarriedFile;
import phema.sweep.DescriptionChange;
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
            "Exit status 0: all is well; 1: trials failed; 2: bad input; 3: a gate is not met; 4: a limit was reached.",
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

    @Option(
            names = "--name",
            paramLabel = "NAME",
            description = "Go on with the run's sweep of this name where it asks for the same, or replace it, instead "
                    + "of adding another.")
    private @Nullable String name;

    @Option(names = "--note", paramLabel = "TEXT", description = "What to say of the sweep, on its page.")
    private @Nullable String note;

    @Option(
            names = "--tag",
            paramLabel = "TAG",
            description =
                    "A word by which lists are filtered; may be given several times. All that the sweep has then.")
    private @Nullable List<String> tags;

    @Option(
            names = "--carry",
            paramLabel = "FILE",
            description = "Write what was measured and its images to a file that a run carries as sweeps.json in its "
                    + "folder: pages then show it without running anything.")
    private @Nullable Path carry;

    @Option(
            names = "--time-limit",
            paramLabel = "TIME",
            description = "Cancel the sweep after so long, such as 90m or 2h, and judge what it found. Exit status 4.")
    private @Nullable Duration timeLimit;

    @Option(
            names = "--max-trials",
            paramLabel = "N",
            description = "Cancel the sweep when so many trials were evaluated, and judge what it found; those that "
                    + "were evaluated before do not count. Exit status 4.")
    private @Nullable Integer maxTrials;

    @Option(
            names = "--allow-failures",
            paramLabel = "N",
            defaultValue = "0",
            description = "How many trials may fail without exit status 1 (default: ${DEFAULT-VALUE}).")
    private int allowFailures;

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

    /** Whether files say already how it ended. */
    private boolean reported;

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
        long begun = Ticker.SYSTEM.read();
        try (StopSignal stop = new StopSignal(() -> {})) {
            try {
                return run(stop, begun);
            } catch (IOException | RuntimeException e) {
                if (!reported) report(SweepReport.refused(run, Cli.complaint(e, command())));
                throw e;
            }
        }
    }

    /** The command line could not be understood. */
    static void refuse(String[] args, String complaint, PrintWriter err) {
        try {
            ReportOptions.refuse(args, complaint);
        } catch (IOException e) {
            err.println("phema: a report cannot be written: " + Cli.complaint(e, CommandSpec.create()));
        }
    }

    /** Where there is something worse to complain about. */
    private void report(SweepReport report) {
        reported = true;
        try {
            files.write(report);
        } catch (IOException e) {
            CommandOutput.errors(spec).println("phema: a report cannot be written: " + Cli.complaint(e, command()));
        }
    }

    private CommandSpec command() {
        return Objects.requireNonNull(spec);
    }

    private int run(StopSignal stop, long begun) throws IOException, InterruptedException {
        ServeCommand.requireSettings(settings, spec);
        if (maxTrials != null && maxTrials < 1)
            throw Problem.invalid("maxTrials", "maxTrials must be at least 1, not " + maxTrials);
        if (allowFailures < 0)
            throw Problem.invalid("allowFailures", "allowFailures must not be negative, as is " + allowFailures);
        axes.metrics();
        axes.values(); // what is wrong with it is said before anything is opened
        files.requireWritable();
        ReportOptions.requireWritable("carry", carry);
        try (SweepAccess sweeps = open()) {
            requireMetrics(sweeps.evaluators());
            SweepSpec asked = axes.spec(runName());
            gates.require(sweeps, asked);
            if (stop.stopped()) {
                report(SweepReport.refused(run, "ended from outside before the sweep began"));
                return Cli.FAILED;
            }
            DescriptionChange said = new DescriptionChange(
                    Optional.ofNullable(name), Optional.ofNullable(note), Optional.ofNullable(tags), Optional.empty());
            int before = sweeps.waiting();
            SweepView sweep = sweeps.create(asked, said, Optional.ofNullable(maxTrials));
            sayWhatIsOdd(sweeps.run(sweep.run()));
            if (before > 0) CommandOutput.errors(spec).println(ofOthers(before));
            JobEnd end;
            try {
                end = await(sweeps, sweep, stop, begun);
            } catch (IOException | RuntimeException e) {
                report(soFar(sweeps, sweep.id(), Cli.complaint(e, command())));
                throw e;
            }
            return end(sweeps, asked, sweep.id(), end);
        }
    }

    private static String ofOthers(int waiting) {
        return "note: " + waiting + " other trials or parts of syntheses wait in phema.home already, as one that was"
                + " killed leaves them, and come first unless --priority is greater; `phema serve` shows them at"
                + " /fleet and can cancel them";
    }

    /** What is evaluated depends on it, and may take days. */
    private void sayWhatIsOdd(RunView of) {
        PrintWriter err = CommandOutput.errors(spec);
        of.notices().forEach(notice -> err.println("note: " + notice));
        if (of.excluded() > 0)
            err.println("note: %d %s of run %s %s not used; %s says why"
                    .formatted(
                            of.excluded(),
                            of.excluded() == 1 ? "file" : "files",
                            of.name(),
                            of.excluded() == 1 ? "is" : "are",
                            url == null ? "`phema inspect " + run + "`" : "the run's page"));
    }

    /**
     * Why nobody waits for the sweep any more.
     *
     * @param complaint empty where the sweep has ended
     */
    private record JobEnd(int status, String complaint) {}

    private int end(SweepAccess sweeps, SweepSpec asked, String id, JobEnd end) throws IOException {
        if (end.status() == Cli.FAILED) {
            report(soFar(sweeps, id, end.complaint()));
            CommandOutput.errors(spec).println("phema: " + end.complaint());
            return Cli.FAILED;
        }
        SweepReport report = report(sweeps, id, end.complaint());
        SweepResults results = Objects.requireNonNull(report.results());
        print(results, sweeps.run(results.sweep().run()), report.verdicts());
        reported = true;
        files.write(report);
        if (carry != null && !results.done().isEmpty()) carry(sweeps, asked, results, carry);
        return status(results, report.verdicts(), end);
    }

    private static void carry(SweepAccess sweeps, SweepSpec asked, SweepResults results, Path file) throws IOException {
        List<CarriedFile.CarriedTrial> trials = new ArrayList<>();
        for (TrialView trial : results.done())
            trials.add(new CarriedFile.CarriedTrial(
                    trial.point(), new TreeMap<>(trial.metrics()), sweeps.images(trial.sweep(), trial.number())));
        ReportOptions.write(file, CarriedFile.json(asked.with(results.sweep().asked()), trials));
    }

    private SweepReport report(SweepAccess sweeps, String id, String complaint) throws IOException {
        SweepResults results = new SweepResults(sweeps.sweep(id), sweeps.trials(id));
        return new SweepReport(
                run, results, gates.judge(sweeps, results), sweeps.csv(id), failuresAreAllowed(results), complaint);
    }

    private boolean failuresAreAllowed(SweepResults results) {
        int failed = results.failed().size();
        return failed > 0 && failed <= allowFailures && !results.done().isEmpty();
    }

    /** What can still be learned of it. */
    private SweepReport soFar(SweepAccess sweeps, String id, String complaint) {
        try {
            return report(sweeps, id, complaint);
        } catch (IOException | Problem e) {
            return SweepReport.refused(run, complaint);
        }
    }

    private SweepAccess open() {
        return url == null ? LocalSweeps.start(application, run, settings) : RemoteSweeps.of(url, token, settings);
    }

    private String runName() throws IOException {
        return url == null ? LocalSweeps.runName(run) : run;
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

    private JobEnd await(SweepAccess sweeps, SweepView created, StopSignal stop, long begun)
            throws IOException, InterruptedException {
        Ticker ticker = Ticker.SYSTEM;
        String id = created.id();
        long answered = ticker.read();
        int done = 0;
        long seen = 0;
        try (SweepDisplay display = new SweepDisplay(CommandOutput.errors(spec), created, ticker)) {
            while (!stop.await(PAUSE)) {
                try {
                    SweepView now = sweeps.sweep(id);
                    answered = ticker.read();
                    List<TrialView> changed = display.wants(now) ? sweeps.changed(id, seen) : List.of();
                    display.show(now, changed);
                    seen = now.version();
                    int before = done;
                    done = now.trials().getOrDefault(SweepResults.DONE, 0);
                    if (before == 0 && done > 0) requireGates(sweeps, now);
                    if (now.endedEpochMillis() != null) return ended(now);
                    if (timeLimit != null && ticker.since(begun).compareTo(timeLimit) >= 0) {
                        sweeps.cancel(id);
                        return limit("time limit of " + DurationStyle.SIMPLE.print(timeLimit, ChronoUnit.SECONDS), id);
                    }
                } catch (Problem e) {
                    if (e.kind() != Problem.ProblemKind.UNKNOWN) throw e;
                    return new JobEnd(Cli.FAILED, "sweep " + id + " was deleted, or other jobs replaced it");
                } catch (IOException e) {
                    if (ticker.since(answered).compareTo(PATIENCE) > 0) throw e;
                }
            }
            return new JobEnd(Cli.FAILED, sweeps.leave(id));
        }
    }

    /** At the first result: the others will have no other metrics. */
    private void requireGates(SweepAccess sweeps, SweepView now) throws IOException {
        try {
            gates.require(sweeps.trials(now.id()));
        } catch (Problem e) {
            if (now.endedEpochMillis() == null) sweeps.cancel(now.id());
            throw e;
        }
    }

    private JobEnd ended(SweepView sweep) {
        if (!sweep.state().equals("cancelled")) return new JobEnd(Cli.FINE, "");
        if (sweep.replacedBy() != null)
            return new JobEnd(
                    Cli.FAILED,
                    "sweep " + sweep.id() + " was replaced by another job, which began sweep " + sweep.replacedBy()
                            + " of the same name");
        if (maxTrials != null && Objects.equals(sweep.trialsLeft(), 0))
            return limit("limit of " + maxTrials + " trials", sweep.id());
        return new JobEnd(Cli.FINE, "");
    }

    private static JobEnd limit(String which, String id) {
        return new JobEnd(Cli.LIMIT, "the " + which + " is reached, and sweep " + id + " is cancelled");
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
        results.causes().forEach(out::println);
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
        results.cautions().forEach(out::println);
        results.recommended(run).forEach(line -> out.println(OneLine.of(line)));
        verdicts.forEach(out::println);
    }

    private int status(SweepResults results, List<Verdict> verdicts, JobEnd end) {
        PrintWriter err = CommandOutput.errors(spec);
        String counts = "%d of %d trials are done"
                .formatted(results.done().size(), results.trials().size());
        for (TrialView trial : results.failed().stream().limit(MOST_ERRORS).toList())
            err.println("trial %d failed: %s".formatted(trial.number(), printable(trial.error())));
        if (end.status() == Cli.FINE && !results.sweep().state().equals(SweepResults.DONE)) {
            boolean fine = results.sweep().state().equals("failed") && failuresAreAllowed(results);
            err.println("phema: sweep %s is %s%s; %s"
                    .formatted(
                            results.sweep().id(),
                            results.sweep().state(),
                            fine ? ", which --allow-failures " + allowFailures + " allows" : "",
                            counts));
            if (!fine) return results.lacksMetric() ? Cli.BAD_INPUT : Cli.FAILED;
        }
        gates.require(results.trials());
        List<Verdict> missed = verdicts.stream().filter(v -> !v.met()).toList();
        missed.forEach(verdict -> err.println("phema: " + verdict));
        if (end.status() != Cli.FINE) err.println("phema: " + end.complaint() + "; " + counts);
        return end.status() != Cli.FINE || missed.isEmpty() ? end.status() : Cli.GATE;
    }

    /** What a program printed must not steer the terminal. */
    private static String printable(@Nullable String text) {
        return text == null ? "" : text.lines().map(OneLine::of).collect(joining("\n"));
    }
}
