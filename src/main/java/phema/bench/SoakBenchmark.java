package phema.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.stream.Stream;
import phema.format.Format;

/**
 * Keeps a service in a process of its own busy with everything it does at once, and looks at what that costs the
 * process as time goes by. Linux only.
 */
public final class SoakBenchmark {
    private static final int FILES = 16;
    private static final long BYTES = 20_000_000;
    private static final String QUERY = "/weights.safetensors?sigmaRel=";

    private final Path folder;
    private final List<String> settings;
    private final Map<String, LongAdder> done = new ConcurrentSkipListMap<>();
    private final LongAdder errors = new LongAdder();
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private volatile boolean over;
    private volatile String firstError = "";

    /**
     * @param folder for runs, the database and the service's output
     * @param more settings of the service
     */
    public SoakBenchmark(Path folder, List<String> more) {
        this.folder = folder;
        settings = new ArrayList<>(List.of(
                "--phema.home=" + folder.resolve("home"),
                "--phema.roots=" + folder.resolve("runs"),
                "--phema.catalog.poll=2s",
                "--phema.catalog.settle=0s",
                "--phema.evaluators.trivial.type=command",
                "--phema.evaluators.trivial.command[0]=sh",
                "--phema.evaluators.trivial.command[1]=-c",
                "--phema.evaluators.trivial.command[2]=test -s {weights} && echo '{\"trivial\": 1}'"));
        settings.addAll(more);
    }

    /**
     * The service's process at one moment.
     *
     * @param resident memory in bytes
     * @param descriptors of open files and connections
     * @param done how often each kind of work was done so far
     */
    public record SoakSample(
            Duration time, long resident, int descriptors, int threads, Map<String, Long> done, long errors) {}

    /** The first thing that went wrong; empty when nothing has. */
    public String firstError() {
        return firstError;
    }

    /** @param samples told how things are, from the first minute on, every so often */
    public void run(Duration time, Duration every, Consumer<SoakSample> samples)
            throws IOException, InterruptedException {
        SnapshotGenerator.uniform(Format.SAFETENSORS, 100, BYTES).write(folder.resolve("runs/steady"), FILES, n -> {});
        SnapshotGenerator.uniform(Format.SAFETENSORS, 100, BYTES / 10)
                .write(folder.resolve("runs/changing"), 2 * FILES, n -> {});
        Files.createDirectories(folder.resolve("aside"));
        try (BenchService service = BenchService.start(folder.resolve("service.log"), settings);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            URI url = service.url();
            List<Work> all = List.of(
                    new Work("downloads", 300, () -> download(url)),
                    new Work("downloads", 300, () -> download(url)),
                    new Work("ranges", 50, () -> range(url)),
                    new Work("fits", 200, () -> fit(url)),
                    new Work("pages", 1000, () -> get(url.resolve("/runs/steady"))),
                    new Work("new files", 2000, new Changes(folder)::change),
                    new Work("metrics", 5000, () -> get(url.resolve("/actuator/prometheus"))),
                    new Work("sweeps", 10_000, () -> sweep(url)));
            all.forEach(work -> threads.execute(() -> repeat(work)));
            long begin = System.nanoTime();
            while (System.nanoTime() - begin < time.toNanos()) {
                Thread.sleep(every);
                samples.accept(sample(service, Duration.ofNanos(System.nanoTime() - begin)));
            }
            over = true;
            threads.shutdownNow();
        } finally {
            over = true;
        }
    }

    private interface Action {
        void run() throws Exception;
    }

    /** @param pause about how many milliseconds pass between two times */
    private record Work(String name, int pause, Action action) {}

    private void repeat(Work work) {
        while (!over) {
            try {
                work.action.run();
                done.computeIfAbsent(work.name, name -> new LongAdder()).increment();
                Thread.sleep(work.pause / 2 + ThreadLocalRandom.current().nextInt(work.pause));
            } catch (Exception e) {
                if (over) return;
                errors.increment();
                if (firstError.isEmpty()) firstError = work.name + ": " + e;
            }
        }
    }

    private static String sigmaRel() {
        return String.format(Locale.ROOT, "%.4f", ThreadLocalRandom.current().nextDouble(0.03, 0.2));
    }

    private void download(URI url) throws IOException, InterruptedException {
        get(url.resolve("/api/v1/runs/steady" + QUERY + sigmaRel()));
    }

    private void range(URI url) throws IOException, InterruptedException {
        long first = ThreadLocalRandom.current().nextLong(BYTES / 2);
        HttpRequest request = HttpRequest.newBuilder(url.resolve("/api/v1/runs/steady" + QUERY + sigmaRel()))
                .header("Range", "bytes=" + first + "-" + (first + 100_000))
                .build();
        send(request);
    }

    private void fit(URI url) throws IOException, InterruptedException {
        post(url.resolve("/api/v1/runs/changing/fits"), "{\"targets\": [{\"sigmaRel\": " + sigmaRel() + "}]}");
    }

    private void sweep(URI url) throws IOException, InterruptedException {
        String lengths = String.join(
                ", ",
                Stream.generate(SoakBenchmark::sigmaRel).limit(10).distinct().toList());
        post(
                url.resolve("/api/v1/runs/steady/sweeps"),
                "{\"sigmaRel\": [" + lengths + "], \"evaluator\": \"trivial\", \"metric\": \"trivial\"}");
    }

    private void get(URI uri) throws IOException, InterruptedException {
        send(HttpRequest.newBuilder(uri).build());
    }

    private void post(URI uri, String json) throws IOException, InterruptedException {
        send(HttpRequest.newBuilder(uri)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(json))
                .build());
    }

    private void send(HttpRequest request) throws IOException, InterruptedException {
        HttpResponse<InputStream> response = client.send(request, BodyHandlers.ofInputStream());
        try (InputStream body = response.body()) {
            long bytes = body.transferTo(OutputStream.nullOutputStream());
            if (response.statusCode() / 100 != 2)
                throw new IOException(
                        request.uri() + " answered " + response.statusCode() + " with " + bytes + " bytes");
        }
    }

    /** Every other file of a run comes and goes. */
    private static final class Changes {
        private final Path run;
        private final Path aside;
        private final Deque<Path> there = new ArrayDeque<>();

        Changes(Path folder) throws IOException {
            run = folder.resolve("runs/changing");
            aside = folder.resolve("aside");
            try (Stream<Path> files = Files.list(run)) {
                files.sorted().skip(FILES).map(Path::getFileName).forEach(there::add);
            }
            for (Path name : there) Files.move(run.resolve(name), aside.resolve(name));
        }

        void change() throws IOException {
            Path name = there.remove();
            there.add(name);
            boolean isThere = Files.exists(run.resolve(name));
            Files.move((isThere ? run : aside).resolve(name), (isThere ? aside : run).resolve(name));
        }
    }

    private SoakSample sample(BenchService service, Duration time) throws IOException {
        Map<String, Long> counts = new ConcurrentSkipListMap<>();
        done.forEach((name, count) -> counts.put(name, count.sum()));
        return new SoakSample(time, service.resident(), service.descriptors(), service.threads(), counts, errors.sum());
    }
}
