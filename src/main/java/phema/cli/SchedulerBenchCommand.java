package phema.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import phema.bench.SchedulerBenchmark;
import phema.problem.Problem;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Unmatched;

/** Runs {@code phema bench scheduler}. */
@Command(
        name = "scheduler",
        description = "Times trials that evaluate nothing, on worker processes that it starts: what sweeps cost beside "
                + "evaluations.")
final class SchedulerBenchCommand implements Callable<Integer> {
    private final Class<?> application;

    @Option(names = "--trials", defaultValue = "1000", description = "Trials (default: ${DEFAULT-VALUE}).")
    private int trials;

    @Option(names = "--workers", defaultValue = "4", description = "Worker processes (default: ${DEFAULT-VALUE}).")
    private int workers;

    @Unmatched
    private List<String> settings = new ArrayList<>();

    @Spec
    private @Nullable CommandSpec spec;

    SchedulerBenchCommand(Class<?> application) {
        this.application = application;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        ServeCommand.requireSettings(settings, spec);
        if (trials < 1 || workers < 1) throw Problem.invalid("trials", "--trials and --workers must be at least 1");
        Path folder = Files.createTempDirectory("phema-bench-");
        double seconds = new SchedulerBenchmark(application, folder, settings).seconds(trials, workers);
        CommandOutput.of(spec)
                .printf(
                        Locale.ROOT,
                        "%d trials on %d workers: %.1f s, %.0f trials/s%n",
                        trials,
                        workers,
                        seconds,
                        trials / seconds);
        return Cli.FINE;
    }
}
