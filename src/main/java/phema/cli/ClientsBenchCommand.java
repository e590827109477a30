package phema.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import phema.bench.ClientsBenchmark;
import phema.bench.ClientsBenchmark.ClientsRound;
import phema.problem.Problem;
import phema.storage.FileTree;
import phema.text.ByteSize;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Unmatched;

/** Runs {@code phema bench clients}. */
@Command(
        name = "clients",
        description = {
            "Has many clients download large files from a service of its own at once, of eight one slow and one gone "
                    + "before the end, and prints how long pages and small calls take meanwhile. Linux only.",
            "Any setting of the service can be given as --name=value."
        })
final class ClientsBenchCommand implements Callable<Integer> {
    @Option(
            names = "--clients",
            paramLabel = "LIST",
            defaultValue = "16,64",
            description = "Numbers of clients (default: ${DEFAULT-VALUE}).")
    private NumberList clients = new NumberList(List.of());

    @Option(names = "--files", defaultValue = "12", description = "Number of snapshots (default: ${DEFAULT-VALUE}).")
    private int files;

    @Option(
            names = "--mb",
            defaultValue = "250",
            description = "Size of each file in millions of bytes (default: ${DEFAULT-VALUE}).")
    private int megabytes;

    @Unmatched
    private List<String> settings = new ArrayList<>();

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        ServeCommand.requireSettings(settings, spec);
        if (files < 2 || megabytes < 1) throw Problem.invalid("files", "--files must be at least 2, and --mb 1");
        Path folder = Files.createTempDirectory("phema-bench-");
        Table table = new Table(
                "clients",
                "seconds",
                "together",
                "health p99",
                "slowest",
                "run p99",
                "slowest",
                "page p99",
                "resident",
                "right",
                "wrong",
                "files");
        int wrong = 0;
        try (ClientsBenchmark benchmark = new ClientsBenchmark(folder, files, megabytes * 1_000_000L, settings)) {
            for (double number : clients.values()) {
                ClientsRound round = benchmark.round((int) number);
                table.row(
                        String.valueOf(round.clients()),
                        "%.1f".formatted(round.seconds()),
                        ByteSize.print((long) round.bytesPerSecond()) + "/s",
                        millis(round.health().percentile99()),
                        millis(round.health().slowest()),
                        millis(round.run().percentile99()),
                        millis(round.run().slowest()),
                        millis(round.page().percentile99()),
                        ByteSize.print(round.resident()),
                        String.valueOf(round.right()),
                        String.valueOf(round.wrong()),
                        String.valueOf(round.descriptors()));
                wrong += round.wrong();
            }
        } finally {
            FileTree.delete(folder);
        }
        table.print(CommandOutput.of(spec));
        return wrong == 0 ? Cli.FINE : Cli.FAILED;
    }

    private static String millis(double seconds) {
        return String.format(Locale.ROOT, "%.0f ms", seconds * 1000);
    }
}
