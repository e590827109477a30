package phema.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import phema.bench.HttpBenchmark;
import phema.text.ByteSize;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs {@code phema bench http}. */
@Command(
        name = "http",
        description = {
            "Times downloads of computed weights from a running service against a static file that the same service "
                    + "serves,",
            "as it does when started with --spring.web.resources.static-locations=file:FOLDER/."
        })
final class HttpBenchCommand implements Callable<Integer> {
    @Option(
            names = "--url",
            defaultValue = "http://localhost:8080",
            description = "The service (default: ${DEFAULT-VALUE}).")
    private URI url = URI.create("");

    @Option(names = "--run", required = true, description = "A run of the service.")
    private String run = "";

    @Option(
            names = "--static",
            paramLabel = "PATH",
            required = true,
            description = "Path of the static file, such as /file.pkl.")
    private String file = "";

    @Option(
            names = "--query",
            defaultValue = "sigmaRel=0.075",
            description = "What to compute (default: ${DEFAULT-VALUE}).")
    private String query = "";

    @Option(names = "--clients", defaultValue = "16", description = "Downloads at once (default: ${DEFAULT-VALUE}).")
    private int clients;

    @Option(
            names = "--rounds",
            defaultValue = "5",
            description = "Rounds, of which medians are given (default: ${DEFAULT-VALUE}).")
    private int rounds;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        URI computed = url.resolve("/api/v1/runs/" + run + "/weights.safetensors?" + query);
        URI plain = url.resolve(file);
        PrintWriter out = CommandOutput.of(spec);
        try (HttpBenchmark benchmark = new HttpBenchmark()) {
            long size = benchmark.size(computed);
            List<double[]> measured = new ArrayList<>();
            benchmark.seconds(computed); // warms up
            benchmark.seconds(plain);
            for (int i = 0; i < rounds; i++)
                measured.add(new double[] {
                    benchmark.seconds(computed),
                    benchmark.seconds(plain),
                    benchmark.rangeSeconds(computed, size / 2, 1024),
                    benchmark.secondsBesideIdleClients(computed, clients)
                });
            double bytesPerStaticByte = (double) size / benchmark.size(plain);
            out.printf(Locale.ROOT, "computed %s: %.3f s%n", ByteSize.print(size), Median.of(measured, m -> m[0]));
            out.printf(
                    Locale.ROOT,
                    "static %s: %.3f s%n",
                    ByteSize.print(benchmark.size(plain)),
                    Median.of(measured, m -> m[1]));
            out.printf(
                    Locale.ROOT,
                    "speed of computed / static, pair by pair: %.2f%n",
                    Median.of(measured, m -> m[1] / m[0] * bytesPerStaticByte));
            out.printf(Locale.ROOT, "1 KiB in the middle: %.1f ms%n", Median.of(measured, m -> m[2]) * 1000);
            out.printf(
                    Locale.ROOT,
                    "computed beside %d clients that stall or have gone: %.3f s%n",
                    clients,
                    Median.of(measured, m -> m[3]));
            List<Double> together = benchmark.secondsAtOnce(computed, clients);
            out.printf(
                    Locale.ROOT,
                    "%d clients at once: the first was done after %.2f s, the last after %.2f s%n",
                    clients,
                    together.getFirst(),
                    together.getLast());
        }
        return Cli.FINE;
    }
}
