package phema.web;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import phema.bench.SnapshotGenerator;
import phema.format.Format;
import phema.security.Tokens;
import phema.time.Await;

/**
 * What requests may ask for at most, four at a time, of a service with half a gigabyte of heap: an answer or a refusal
 * by name in bounded time, while health answers at once and memory comes back.
 */
@DisabledOnOs(OS.WINDOWS)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LimitsIT {
    private static final int TIMES = 125;
    private static final int AT_ONCE = 4;
    private static final String TOKEN = "phema_of-a-test";

    /** For a machine with much else to do; what counts is the processor time. */
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private static final Duration MOST_PROCESSOR_TIME = Duration.ofSeconds(60);
    private static final Duration LONGEST_OF_HEALTH = Duration.ofSeconds(1);
    private static final long MIB = 1 << 20;

    /** The most that a body may hold. */
    private static final int BODY = 1 << 20;

    private static final String JSON = "application/json";
    private static final String FORM = "application/x-www-form-urlencoded";

    private Path folder = Path.of("");
    private @Nullable ServiceProcess service;
    private int port;
    private final HttpClient client = HttpClient.newHttpClient();

    @BeforeAll
    void start(@TempDir Path temporary) throws IOException {
        folder = temporary;
        SnapshotGenerator.uniform(Format.SAFETENSORS, 1, 128)
                .write(folder.resolve("runs/many"), 2 * TIMES, written -> {});
        service = ServiceProcess.start(
                folder,
                List.of(),
                System.getProperty("java.class.path"),
                List.of(
                        "--phema.home=" + folder.resolve("home"),
                        "--phema.roots=" + folder.resolve("runs") + ",src/test/resources/fixtures/edm2",
                        "--phema.catalog.settle=0s",
                        "--phema.worker.enabled=false",
                        "--phema.security.rate=1000000",
                        "--phema.security.tokens[0].name=test",
                        "--phema.security.tokens[0].role=write",
                        "--phema.security.tokens[0].hash=" + Tokens.hash(TOKEN)));
        port = service.port();
    }

    @AfterAll
    void end() {
        if (service != null) service.close();
    }

    private HttpRequest.Builder to(String path) {
        return HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
                .timeout(PATIENCE)
                .header("Authorization", "Bearer " + TOKEN);
    }

    private HttpRequest request(String method, String path, String type, String body) {
        BodyPublisher publisher = BodyPublishers.ofString(body);
        return to(path).header("Content-Type", type).method(method, publisher).build();
    }

    private HttpRequest get(String path, String... headers) {
        HttpRequest.Builder request = to(path);
        if (headers.length > 0) request.headers(headers);
        return request.build();
    }

    private HttpRequest post(String path, String json) {
        return request("POST", path, JSON, json);
    }

    private String body(HttpRequest request) throws Exception {
        HttpResponse<String> answer = client.send(request, BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isLessThan(300);
        return answer.body();
    }

    private static String list(int count, IntFunction<String> item) {
        return IntStream.range(0, count).mapToObj(item).collect(Collectors.joining(",", "[", "]"));
    }

    /** As many as fill the largest body. */
    private static String filled(String before, IntFunction<String> item, String after) {
        StringBuilder all = new StringBuilder(before);
        for (int i = 0; ; i++) {
            String next = (i == 0 ? "" : ",") + item.apply(i);
            if (all.length() + next.length() + after.length() > BODY)
                return all.append(after).toString();
            all.append(next);
        }
    }

    private static String filled(String before, String unit, String after) {
        return before + unit.repeat((BODY - before.length() - after.length()) / unit.length()) + after;
    }

    /** Of a run of thousands of files. */
    private List<HttpRequest> fits() {
        String many = "/api/v1/runs/many";
        String targets = "{\"targets\":" + list(1000, i -> "{\"sigmaRel\":" + (0.01 + i * 2e-4) + "}");
        String allowed = "{\"targets\":" + list(800, i -> "{\"sigmaRel\":" + (0.01 + i * 2e-4) + "}");
        String part = "{\"weight\":%s,\"target\":{\"sigmaRel\":%s,\"time\":1e9}}";
        String nested = "{\"kind\":\"mixture\",\"parts\":[{\"weight\":1,\"target\":";
        return List.of(
                post("/api/v1/runs/edm2/fits?curve=10000", targets + "}"),
                post("/api/v1/runs/edm2/fits?curve=200", targets + "}"),
                post(many + "/fits?curve=10000", targets + "}"),
                post(many + "/fits", targets + "}"),
                post(many + "/fits?curve=250", allowed + "}"),
                post(many + "/fits", allowed + ",\"files\":\"all\"}"),
                post(many + "/fits", allowed + ",\"solver\":\"paper\"}"),
                post(many + "/fits?curve=10000", "{\"targets\":" + list(20, i -> "{\"sigmaRel\":0.1}") + "}"),
                post(many + "/fits?curve=10000", "{\"targets\":[" + mixture(100, part) + "]}"),
                post(many + "/fits", "{\"targets\":" + list(8, i -> mixture(100, part)) + "}"),
                post(
                        many + "/fits",
                        filled(
                                "{\"targets\":[{\"kind\":\"mixture\",\"parts\":[",
                                i -> part.formatted(1e-5, 0.01 + i * 1e-5),
                                "]}]}")),
                post(many + "/fits", "{\"targets\":[" + nested.repeat(10_000)),
                post(
                        many + "/fits",
                        "{\"targets\":[" + nested.repeat(100) + "{\"sigmaRel\":0.1}" + "}]}".repeat(100) + "]}"),
                post(many + "/fits", filled("{\"targets\":[{\"kind\":\"spec\",\"spec\":\"", "ema:0.9999,", "\"}]}")),
                post(many + "/fits", filled("{\"weights\":\"", "network-snapshot-0008388-0.050.safetensors=1,", "\"}")),
                post(many + "/fits", "{\"weights\":\"minus-sqrt:8388608-1048576000\",\"like\":\"decay:1-sqrt:1e9\"}"),
                post(many + "/fits", "{\"targets\":[{\"sigmaRel\":0.1,\"time\":" + "9".repeat(900_000) + "}]}"),
                get(many + "/retention?maxError=1e300&sigmaRel=" + "0.1,".repeat(99) + "0.1"),
                get(many + "/retention?maxError=0.001"),
                get(many + "/report"),
                get(many + "/snapshots?size=1000"),
                get(many + "/weights.safetensors?sigmaRel=0.1&" + "layer=w=power:0.1&".repeat(300)),
                get(many + "/weights.safetensors?sigmaRel=0.1", "Range", "bytes=" + "0-0,".repeat(1900) + "0-0"),
                get(many + "/weights.safetensors?sigmaRel=0.1&files=all&profile=" + "x".repeat(7000)),
                get("/runs/many"),
                get("/runs/many?profile=decay:cosine:%7B%7D,floor=0.1"),
                get("/runs/many/errors"),
                get("/runs/many/trajectory"),
                get("/runs/many/retention?maxError=0.01"),
                get("/runs/many/fit?sigmaRel=0.1"),
                get("/"));
    }

    private static String mixture(int parts, String part) {
        return "{\"kind\":\"mixture\",\"parts\":" + list(parts, i -> part.formatted(1.0 / parts, 0.02 + i * 1e-3))
                + "}";
    }

    private List<HttpRequest> measured() {
        String here = "/api/v1/runs/edm2/measurements";
        String csv = "sigmaRel,seeds,fid\n"
                + IntStream.range(0, 10_000)
                        .mapToObj(i -> "%.6f,%d-%d,2\n".formatted(0.01 + i * 2e-5, i, i + 63))
                        .collect(Collectors.joining());
        return List.of(
                post(
                        here,
                        "{\"source\":\"names\",\"measurements\":"
                                + list(10_000, i -> "{\"sigmaRel\":0.1,\"metrics\":{\"m" + i + "\":1}}") + "}"),
                post(
                        here,
                        filled(
                                "{\"source\":\"wide\",\"measurements\":[{\"sigmaRel\":0.1,\"metrics\":{",
                                i -> "\"m" + i + "\":1",
                                "}}]}")),
                request("POST", here + "?source=rows", "text/csv", csv),
                request("POST", here + "?source=more", "text/csv", csv + "0.1,0-63,2\n"),
                request("POST", here + "?source=columns", "text/csv", filled("sigmaRel", ",m", "\n0.1\n")),
                request("POST", here + "?source=cell", "text/csv", filled("sigmaRel,fid\n0.1,", "1", "\n")),
                request(
                        "POST",
                        here + "?source=" + "s".repeat(4000) + "&evaluator=" + "e".repeat(3000),
                        "text/csv",
                        csv),
                get(here + "?size=1000"),
                get(here + ".csv"),
                post(
                        "/api/v1/suggest",
                        "{\"points\":" + list(10_000, i -> "{\"length\":" + (1 + i % 200) + ",\"value\":" + i % 7 + "}")
                                + "}"),
                post(
                        "/api/v1/suggest",
                        "{\"tolerance\":1e-300,\"bounds\":[1e-12,1e15],\"points\":"
                                + list(
                                        200,
                                        i -> "{\"length\":" + Math.pow(10, i / 8.0 - 11)
                                                + ",\"value\":1e15,\"standardError\":1e15}")
                                + "}"),
                post("/api/v1/suggest", filled("{\"points\":[", i -> "{\"length\":" + i + ",\"value\":1}", "]}")),
                post("/api/v1/suggest", "{\"bounds\":[1" + "0".repeat(900_000) + ",2]}"));
    }

    private List<HttpRequest> sweeps() {
        String here = "/api/v1/runs/edm2/sweeps";
        String lengths = list(100, i -> String.valueOf(0.02 + i * 2e-3));
        String remote = "\"evaluator\":\"remote:limits@1\",\"metric\":\"fid\",";
        String params = IntStream.range(0, 16)
                .mapToObj(i -> "\"" + "p".repeat(28) + (char) ('a' + i) + "\":[\"" + "v".repeat(100) + "\"]")
                .collect(Collectors.joining(","));
        return List.of(
                post(
                        here,
                        "{" + remote + "\"sigmaRel\":" + lengths + ",\"guidance\":"
                                + list(100, i -> String.valueOf(1 + i * 0.01)) + ",\"params\":{" + params + "}}"),
                post(
                        here,
                        "{" + remote + "\"sigmaRel\":" + lengths + ",\"guidance\":"
                                + list(101, i -> String.valueOf(1 + i * 0.01)) + "}"),
                post(
                        here,
                        "{" + remote + "\"sigmaRel\":" + lengths + ",\"guidance\":"
                                + list(10_000, i -> String.valueOf(1 + i * 0.01)) + ",\"seeds\":"
                                + list(10_000, i -> "\"" + i + "-" + i + "\"") + "}"),
                post(here, filled("{" + remote + "\"sigmaRel\":[", i -> "0.1", "]}")),
                post(
                        here,
                        filled(
                                "{" + remote + "\"sigmaRel\":[0.1],\"params\":{\"steps\":[",
                                i -> String.valueOf(i),
                                "]}}")),
                post(
                        here,
                        "{" + remote + "\"sigmaRel\":[0.1],\"params\":{"
                                + IntStream.range(0, 16)
                                        .mapToObj(i -> "\"p" + (char) ('a' + i) + "\":" + list(1000, String::valueOf))
                                        .collect(Collectors.joining(","))
                                + "}}"),
                post(here, "{" + remote + "\"sigmaRel\":[0.1],\"priority\":1" + "0".repeat(900_000) + "}"),
                post(here, "{" + remote + "\"sigmaRel\":[1e999999999]}"),
                post(here, filled("{\"sigmaRel\":[0.1],\"metric\":\"", "fid,", "x\"}")),
                post(here, filled("{\"sigmaRel\":[0.1],\"metric\":\"fid\",\"evaluator\":\"remote:", "x", "\"}")),
                post(here, filled("{\"sigmaRel\":[0.1],\"metric\":\"fid\",\"profile\":\"", "decay:", "\"}")),
                post(here, filled("{\"sigmaRel\":[0.1],\"metric\":\"fid\",", i -> "\"x" + i + "\":1", "}")),
                post(
                        "/api/v1/runs/edm2/syntheses",
                        "{\"targets\":" + list(1000, i -> "{\"sigmaRel\":" + (0.02 + i * 2e-4) + "}") + "}"),
                request(
                        "POST",
                        "/runs/edm2/sweeps",
                        FORM,
                        filled("evaluator=remote:limits@1&metric=fid&sigmaRel=0.05", "%2C0.1", "")),
                request("POST", "/runs/edm2/sweeps", FORM, filled("", "a=1&", "")),
                request("PUT", "/api/v1/runs/edm2/recommended", JSON, filled("{\"profile\":\"", "decay:", "\"}")),
                post("/api/v1/ask", "{\"count\":64,\"wait\":\"3s\",\"client\":\"" + "c".repeat(100) + "\"}"),
                post("/api/v1/ask", filled("{\"evaluators\":[", i -> "\"e" + i + "\"", "],\"count\":64}")));
    }

    /** Of a sweep with as many trials as there may be. */
    private List<HttpRequest> ofTheLargest(String sweep) {
        String rest = "/api/v1/sweeps/" + sweep;
        return List.of(
                get(rest + "/trials?size=1000"),
                get(rest + "/results.json"),
                get(rest + "/results.csv"),
                get("/api/v1/sweeps?size=1000"),
                get("/sweeps/" + sweep),
                get("/sweeps/" + sweep + "?" + "x=1&".repeat(900)),
                get("/sweeps/" + sweep + "/live"),
                get("/sweeps"),
                get("/runs/edm2/sweeps"),
                get("/runs/edm2"),
                get("/fleet"),
                get("/api/v1/fleet"),
                get("/"));
    }

    private List<HttpRequest> hub() {
        String here = "/api/models/phema/many";
        return List.of(
                get("/api/models?limit=9223372036854775807&search=" + "a".repeat(6000)),
                get(here),
                get(here + "/refs"),
                get(here + "/tree/main?recursive=true&expand=true"),
                get(here + "/commits/main"),
                post(here + "/paths-info/main", filled("{\"paths\":[", i -> "\"p" + i + "\"", "]}")),
                post(here + "/paths-info/main", filled("{\"paths\":[", i -> "\"README.md\"", "],\"expand\":true}")),
                request("POST", here + "/paths-info/main", FORM, filled("", "paths=a&", "paths=a")),
                get("/phema/many/resolve/main/README.md"),
                get("/phema/many/resolve/" + "f".repeat(6000) + "/README.md"));
    }

    private List<HttpRequest> others() {
        return List.of(
                request("POST", "/sign-in", FORM, filled("token=", "x", "")),
                request("POST", "/sign-in", FORM, filled("", "token=x&", "token=x")),
                request("POST", "/sign-in", FORM, filled("token=", "%C3%A4", "")),
                get("/api/v1/runs?page=2147483647&size=1000"),
                get("/api/v1/runs?" + "a=1&".repeat(1500)),
                get("/v3/api-docs"),
                get("/nothing/" + "a/".repeat(3000)),
                request(
                        "POST",
                        "/api/v1/leases/" + "a".repeat(6000) + "/tell",
                        JSON,
                        filled("{\"error\":\"", "x", "\"}")),
                request("POST", "/api/v1/runs/edm2/rescan", JSON, ""),
                post("/api/v1/suggest", " ".repeat(2 * BODY)),
                to("/api/v1/suggest")
                        .header("Content-Type", JSON)
                        .POST(BodyPublishers.ofInputStream(() -> new java.io.ByteArrayInputStream(new byte[2 * BODY])))
                        .build());
    }

    @Test
    void whatIsAskedForAtMostIsAnsweredOrRefusedInTimeAndMemory() throws Exception {
        // What is kept of a run from its first fit on does not count.
        body(post("/api/v1/runs/many/fits", "{\"targets\":[{\"sigmaRel\":0.1}]}"));
        long before = usedHeap();
        AtomicBoolean over = new AtomicBoolean();
        List<Duration> health = Collections.synchronizedList(new ArrayList<>());
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<?> probe = clients.submit(() -> {
                while (!over.get()) health.add(slowestHealth(1));
                return null;
            });
            try {
                answered(clients, others());
                answered(clients, measured());
                answered(clients, hub());
                answered(clients, sweeps());
                Matcher id = Pattern.compile("\"id\":\"(\\w+)\"").matcher(body(sweeps().getFirst()));
                assertThat(id.find()).isTrue();
                answered(clients, ofTheLargest(id.group(1)));
                answered(clients, fits());
            } finally {
                over.set(true);
                probe.get();
            }
        }
        Duration slowest = health.stream().max(Duration::compareTo).orElseThrow();
        System.out.println("health: " + health.size() + " times, at most " + slowest + "; heap " + before / MIB + " -> "
                + usedHeap() / MIB + " MiB");
        assertThat(Files.readString(folder.resolve("out")) + Files.readString(folder.resolve("err")))
                .doesNotContain("OutOfMemoryError", "A request failed");
        // A machine with much else to do may stall all of its processes once.
        assertThat(health.stream().filter(taken -> taken.compareTo(LONGEST_OF_HEALTH) > 0))
                .hasSizeLessThanOrEqualTo(health.size() / 500);
        assertThat(slowest).isLessThan(LONGEST_OF_HEALTH.multipliedBy(5));
        assertThat(usedHeap()).isLessThan(before + 64 * MIB);
    }

    private Duration slowestHealth(int times) throws Exception {
        Duration slowest = Duration.ZERO;
        for (int i = 0; i < times; i++) {
            long asked = System.nanoTime();
            assertThat(body(get("/actuator/health"))).contains("UP");
            Duration taken = Duration.ofNanos(System.nanoTime() - asked);
            if (taken.compareTo(slowest) > 0) slowest = taken;
            Await.whileOthersGoOn(Duration.ofMillis(50));
        }
        return slowest;
    }

    @Test
    void nothingIsRememberedOfWhoIsNotSignedIn() throws Exception {
        long before = usedHeap();
        byte[] wrong = ("POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + FORM
                        + "\r\nContent-Length: 11\r\n\r\ntoken=wrong")
                .getBytes(UTF_8);
        int sent = 0;
        while (sent < 20_000)
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                socket.setSoTimeout(10_000);
                // As many as a connection may carry, and one read for all their answers.
                for (int i = 0; i < 90; i++, sent++) socket.getOutputStream().write(wrong);
                byte[] answers = socket.getInputStream().readNBytes(90 * 100);
                assertThat(new String(answers, UTF_8))
                        .startsWith("HTTP/1.1 302")
                        .doesNotContain("phema_session");
            }
        assertThat(body(get("/actuator/prometheus"))).contains("tomcat_sessions_active_current_sessions 0");
        assertThat(usedHeap()).isLessThan(before + 16 * MIB);
    }

    private void answered(ExecutorService clients, List<HttpRequest> requests) throws Exception {
        for (HttpRequest request : requests) {
            String name = shortened(request.method() + " " + request.uri().getRawPath() + "?"
                    + request.uri().getRawQuery());
            Duration before = processorTime();
            List<Callable<HttpResponse<byte[]>>> calls =
                    Collections.nCopies(AT_ONCE, () -> client.send(request, BodyHandlers.ofByteArray()));
            List<String> seen = new ArrayList<>();
            for (Future<HttpResponse<byte[]>> call : clients.invokeAll(calls)) {
                HttpResponse<byte[]> answer = call.get();
                String body = new String(answer.body(), 0, Math.min(200, answer.body().length), UTF_8);
                seen.add(answer.statusCode() + (answer.statusCode() < 400 ? " " + answer.body().length : " " + body));
                if (answer.statusCode() == 503)
                    assertThat(answer.headers().firstValue("Retry-After"))
                            .as(name)
                            .isPresent();
                else assertThat(answer.statusCode()).as("%s: %s", name, body).isLessThan(500);
            }
            Duration taken = processorTime().minus(before);
            System.out.printf(
                    Locale.ROOT, "%6.2f s %s: %s%n", taken.toMillis() / 1e3, name, shortened(seen.getFirst()));
            assertThat(taken).as(name).isLessThan(MOST_PROCESSOR_TIME);
        }
    }

    /** Of the service, which does nothing else. */
    private Duration processorTime() {
        return Objects.requireNonNull(service)
                .process()
                .info()
                .totalCpuDuration()
                .orElseThrow();
    }

    private static String shortened(String text) {
        return text.length() > 160 ? text.substring(0, 160) + "..." : text;
    }

    /** After a collection of garbage. */
    private long usedHeap() throws Exception {
        Process collection = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                        String.valueOf(Objects.requireNonNull(service).process().pid()),
                        "GC.run")
                .redirectErrorStream(true)
                .start();
        collection.getInputStream().readAllBytes();
        assertThat(collection.waitFor()).isZero();
        return body(get("/actuator/prometheus"))
                .lines()
                .filter(line -> line.startsWith("jvm_memory_used_bytes{area=\"heap\""))
                .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }
}
