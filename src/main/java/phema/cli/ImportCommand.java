package phema.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import phema.format.OneLine;
import phema.problem.Problem;
import phema.sweep.Measurements;
import phema.sweep.MeasurementsCsv;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Unmatched;

/** Runs {@code phema measurements import}. */
@Command(
        name = "import",
        description = {
            "Adds metrics that were measured elsewhere, from a CSV file with the columns sigmaRel or profile, time, "
                    + "guidance, seeds and one for each metric, or from the JSON that the REST API takes.",
            "Those of an evaluator's name, version and number of seeds count in sweeps that have the same; others are "
                    + "shown beside."
        })
final class ImportCommand implements Callable<Integer> {
    private final Class<?> application;

    @Parameters(index = "0", paramLabel = "RUN", description = "Name of a run, or, without --url, its folder.")
    private String run = "";

    @Parameters(index = "1", paramLabel = "FILE", description = "A CSV file, or one that ends in .json.")
    private Path file = Path.of("");

    @Option(names = "--source", paramLabel = "NAME", description = "Who says so (default: the file's name).")
    private @Nullable String source;

    @Option(names = "--evaluator", paramLabel = "NAME", description = "The evaluator that measured them.")
    private String evaluator = "";

    @Option(names = "--evaluator-version", paramLabel = "TEXT", description = "Its version, where it has one.")
    private String version = "";

    @Option(names = "--url", paramLabel = "URL", description = "A service that has the run.")
    private @Nullable String url;

    @Option(
            names = "--token",
            paramLabel = "TOKEN",
            defaultValue = "${env:PHEMA_TOKEN:-}",
            description = "The service's token (default: PHEMA_TOKEN).")
    private String token = "";

    @Unmatched
    private List<String> settings = new ArrayList<>();

    @Spec
    private @Nullable CommandSpec spec;

    ImportCommand(Class<?> application) {
        this.application = application;
    }

    @Override
    public Integer call() throws IOException {
        ServeCommand.requireSettings(settings, spec);
        Cli.requireLocal("file", file, "copy it to a folder of this machine");
        if (!Files.isRegularFile(file)) throw Problem.invalid("file", file + " is no file");
        MeasuredFile measured = new MeasuredFile(
                file,
                new MeasurementsCsv.MeasuredBy(
                        source == null ? String.valueOf(file.getFileName()) : source, evaluator, version));
        measured.check();
        try (SweepAccess access = open()) {
            Measurements.Imported imported = access.add(url == null ? LocalSweeps.runName(run) : run, measured);
            PrintWriter err = CommandOutput.errors(spec);
            imported.notes().forEach(note -> err.println("note: " + OneLine.of(note)));
            CommandOutput.of(spec).println("added " + imported.added() + " measurements to " + run);
        }
        return Cli.FINE;
    }

    private SweepAccess open() {
        if (url != null) return RemoteSweeps.of(url, token, settings);
        List<String> all = new ArrayList<>(settings);
        all.add("--phema.worker.enabled=false");
        return LocalSweeps.start(application, run, all);
    }
}
