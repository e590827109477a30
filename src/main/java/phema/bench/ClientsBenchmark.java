package phema.bench;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.LongAdder;
import phema.digest.Digest;
import phema.format.Format;

/**
 * Has many clients download large files from a service of its own at once, some of them slow, some gone before the end,
 * while pages and small calls go on, and looks at how long these wait, what the service holds, and whether everyone's
 * bytes are right. Linux only.
 */
public final class ClientsBenchmark implements AutoCloseable {
    private static final List<String> LENGTHS = List.of("0.060", "0.075", "0.090", "0.110");
    private static final int BUFFER = 1 << 16;

    /** The number of clients of which one is slow, and one goes away. */
    private static final int KINDS = 8;

    private static final long BYTES_BEFORE_GOING = 10_000_000;
    private static final long SLOW_BYTES_PER_SECOND = 20_000_000;

    private final BenchService service;
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final List<String> digests = new ArrayList<>();
    private volatile boolean over;

    /**
     * Writes a run, starts the service, and downloads each file once.
     *
     * @param folder for all that is written
     * @param bytes of a file, about
     * @param more settings of the service
     */
    public ClientsBenchmark(Path folder, int files, long bytes, List<String> more)
            throws IOException, InterruptedException {
        SnapshotGenerator.network(Format.SAFETENSORS, bytes).write(folder.resolve("runs/bench"), files, n -> {});
        List<String> settings = new ArrayList<>(List.of(
                "--phema.home=" + Files.createDirectories(folder.resolve("home")),
                "--phema.roots=" + folder.resolve("runs"),
                "--phema.security.rate=1000",
                "--phema.security.concurrent=512",
                "--phema.catalog.settle=0s"));
        settings.addAll(more);
        service = BenchService.start(folder.resolve("service.log"), settings);
        try {
            for (int i = 0; i < LENGTHS.size(); i++)
                digests.add(download(i, Pace.FAST).digest());
        } catch (IOException | InterruptedException e) {
            service.close();
            throw e;
        }
    }

    private enum Pace {
        FAST,
        SLOW,
        GONE
    }

    /** @param digest of what came; of all of it unless its client went away */
    private record Download(int file, Pace pace, long bytes, String digest) {}

    /**
     * What was seen while so many clients downloaded.
     *
     * @param bytesPerSecond of all clients together
     * @param resident the most that the service held, in bytes
     * @param right whole downloads whose every byte was as it is alone
     * @param wrong those that were not
     * @param descriptors open files and connections afterwards
     */
    public record ClientsRound(
            int clients,
            double seconds,
            double bytesPerSecond,
            Waits health,
            Waits run,
            Waits page,
            long resident,
            int right,
            int wrong,
            int descriptors) {}

    /** How long answers took, in seconds. */
    public record Waits(int count, double percentile99, double slowest) {
        static Waits of(List<Double> seconds) {
            List<Double> sorted = seconds.stream().sorted().toList();
            int count = sorted.size();
            return count == 0
                    ? new Waits(0, Double.NaN, Double.NaN)
                    : new Waits(count, sorted.get(Math.ceilDiv(99 * count, 100) - 1), sorted.getLast());
        }
    }

    /** @param clients that begin at the same time */
    public ClientsRound round(int clients) throws IOException, InterruptedException {
        over = false;
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<List<Double>> health = threads.submit(() -> repeat("/actuator/health", 20));
            Future<List<Double>> run = threads.submit(() -> repeat("/api/v1/runs/bench", 50));
            Future<List<Double>> page = threads.submit(() -> repeat("/runs/bench", 1000));
            Future<Long> resident = threads.submit(this::mostResident);
            long begin = System.nanoTime();
            List<Future<Download>> downloads = new ArrayList<>();
            for (int i = 0; i < clients; i++) {
                int file = i % LENGTHS.size();
                Pace pace = i % KINDS == KINDS - 1 ? Pace.GONE : i % KINDS == KINDS / 2 ? Pace.SLOW : Pace.FAST;
                downloads.add(threads.submit(() -> download(file, pace)));
            }
            int right = 0;
            int wrong = 0;
            LongAdder bytes = new LongAdder();
            for (Future<Download> each : downloads) {
                Download download = each.get();
                bytes.add(download.bytes);
                if (download.pace == Pace.GONE) continue;
                if (download.digest.equals(digests.get(download.file))) right++;
                else wrong++;
            }
            double seconds = (System.nanoTime() - begin) / 1e9;
            over = true;
            return new ClientsRound(
                    clients,
                    seconds,
                    bytes.sum() / seconds,
                    Waits.of(health.get()),
                    Waits.of(run.get()),
                    Waits.of(page.get()),
                    resident.get(),
                    right,
                    wrong,
                    service.descriptors());
        } catch (ExecutionException e) {
            throw new IOException(e.getCause());
        } finally {
            over = true;
        }
    }

    private Download download(int file, Pace pace) throws IOException, InterruptedException {
        Digest digest = Digest.sha256();
        byte[] buffer = new byte[BUFFER];
        long total = 0;
        long begin = System.nanoTime();
        try (InputStream body = get("/api/v1/runs/bench/weights.safetensors?sigmaRel=" + LENGTHS.get(file))) {
            for (int n; (n = body.read(buffer)) >= 0; ) {
                total += n;
                digest.add(buffer, 0, n);
                if (pace == Pace.GONE && total > BYTES_BEFORE_GOING) break;
                if (pace == Pace.SLOW) {
                    long ahead = total * 1000 / SLOW_BYTES_PER_SECOND - (System.nanoTime() - begin) / 1_000_000;
                    if (ahead > 0) Thread.sleep(ahead);
                }
            }
        }
        return new Download(file, pace, total, digest.hex());
    }

    private InputStream get(String path) throws IOException, InterruptedException {
        URI uri = service.url().resolve(path);
        HttpResponse<InputStream> response =
                client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofInputStream());
        if (response.statusCode() != 200) throw new IOException(uri + " answered " + response.statusCode());
        return response.body();
    }

    private List<Double> repeat(String path, int pauseMillis) throws IOException, InterruptedException {
        List<Double> seconds = new ArrayList<>();
        while (!over) {
            long begin = System.nanoTime();
            try (InputStream body = get(path)) {
                body.readAllBytes();
            }
            seconds.add((System.nanoTime() - begin) / 1e9);
            Thread.sleep(pauseMillis);
        }
        return seconds;
    }

    private long mostResident() throws IOException, InterruptedException {
        List<Long> seen = new ArrayList<>(List.of(service.resident()));
        while (!over) {
            Thread.sleep(100);
            seen.add(service.resident());
        }
        return Collections.max(seen);
    }

    @Override
    public void close() {
        client.close();
        service.close();
    }
}
