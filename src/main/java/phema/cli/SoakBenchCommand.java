package phema.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import phema.bench.SoakBenchmark;
import phema.problem.Problem;
import phema.text.ByteSize;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Unmatched;

/** Runs {@code phema bench soak}. */
@Command(
        name = "soak",
        description = {
            "Has a service of its own scan, fit, serve and sweep for a while, and prints its resident memory, open "
                    + "files and threads. Linux only.",
            "Any setting of the service can be given as --name=value."
        })
final class SoakBenchCommand implements Callable<Integer> {
    @Option(names = "--minutes", defaultValue = "20", description = "Minutes to run (default: ${DEFAULT-VALUE}).")
    private int minutes;

    @Unmatched
    private List<String> settings = new ArrayList<>();

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        ServeCommand.requireSettings(settings, spec);
        if (minutes < 1) throw Problem.invalid("minutes", "--minutes must be at least 1");
        PrintWriter out = CommandOutput.of(spec);
        Path folder = Files.createTempDirectory("phema-bench-");
        out.printf("%8s %12s %6s %8s %7s  %s%n", "minutes", "resident", "files", "threads", "errors", "done");
        SoakBenchmark soak = new SoakBenchmark(folder, settings);
        soak.run(Duration.ofMinutes(minutes), Duration.ofSeconds(minutes < 5 ? 15 : 60), sample -> {
            out.printf(
                    Locale.ROOT,
                    "%8.1f %12s %6d %8d %7d  %s%n",
                    sample.time().toMillis() / 60e3,
                    ByteSize.print(sample.resident()),
                    sample.descriptors(),
                    sample.threads(),
                    sample.errors(),
                    sample.done());
            out.flush();
        });
        if (soak.firstError().isEmpty()) return Cli.FINE;
        CommandOutput.errors(spec)
                .println("first error: " + soak.firstError() + "; the service's output is in " + folder);
        return Cli.FAILED;
    }
}
