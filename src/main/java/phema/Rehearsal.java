package phema;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import phema.cli.Cli;

/**
 * Does what people wait for, for the build to record what a JVM would otherwise work out at every start, such as
 * classes, lambdas, and which loops are hot: the commands, on small runs of two kinds of files, or the first pages of a
 * service.
 */
final class Rehearsal {
    /** The parts that a page of the dashboard loads. */
    private static final Pattern PART = Pattern.compile("hx-get=\"([^\"]+)\"");

    private Rehearsal() {}

    /** @param args {@code commands} or {@code service}, a run, and a folder to write to */
    public static void main(String... args) throws InterruptedException {
        Path run = Path.of(args[1]);
        Path folder = Path.of(args[2]);
        int status = 1;
        try {
            status = args[0].equals("service") ? service(run, folder) : commands(run, folder);
        } catch (IOException e) {
            e.printStackTrace();
        }
        System.exit(status); // or a service goes on
    }

    private static int commands(Path run, Path folder) {
        Path pickles = folder.resolve("pickles");
        Path written = folder.resolve("written");
        List<Integer> statuses = Stream.of(
                        "--help",
                        "inspect %1$s",
                        "fit --indir %1$s --outstd 0.05,0.10,0.13",
                        "plan --indir %1$s --outstd 0.10,0.13",
                        "reconstruct --indir %1$s --outstd 0.05,0.10,0.13 --outdir %3$s --overwrite",
                        "bench generate --files 12 --mb 8 %2$s",
                        "fit --indir %2$s --outstd 0.13",
                        "reconstruct --indir %2$s --outstd 0.13 --files all --outdir %3$s --overwrite",
                        "reconstruct --indir %2$s --outstd 0.05,0.06,...,0.12 --outdir %3$s --overwrite")
                .map(line -> Arrays.stream(line.split(" "))
                        .map(word -> word.formatted(run, pickles, written))
                        .toArray(String[]::new))
                .map(words -> Cli.run(PhemaApplication.class, words))
                .toList();
        return Math.min(1, Collections.max(statuses));
    }

    private static int service(Path run, Path folder) throws IOException, InterruptedException {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        int status = Cli.run(
                PhemaApplication.class,
                "serve",
                "--phema.home=" + folder,
                "--phema.roots=" + run.getParent(),
                // Named, lest a variable of the environment names one that is in use.
                "--spring.datasource.url=jdbc:sqlite:" + folder.resolve("phema.db"),
                "--server.port=" + port);
        String name = "runs/" + run.getFileName();
        Deque<String> addresses = new ArrayDeque<>(List.of(
                "/actuator/health",
                "/",
                "/" + name,
                "/api/v1/" + name,
                "/api/v1/" + name + "/weights.safetensors?sigmaRel=0.13"));
        try (HttpClient client = HttpClient.newHttpClient()) {
            while (status == 0 && !addresses.isEmpty()) {
                String address = addresses.remove();
                HttpRequest request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + address))
                        .timeout(Duration.ofMinutes(1))
                        .build();
                String page = client.send(request, HttpResponse.BodyHandlers.ofString())
                        .body();
                if (address.equals("/" + name))
                    PART.matcher(page)
                            .results()
                            .forEach(part -> addresses.add(part.group(1).replace("&amp;", "&")));
            }
        }
        return status;
    }
}
