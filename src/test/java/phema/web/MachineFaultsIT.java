package phema.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import phema.time.Await;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A service whose home is a small file system of its own, and which may open few files: what there is runs out. */
@EnabledOnOs(OS.LINUX)
class MachineFaultsIT {
    private static final int MOST_DESCRIPTORS = 600;
    private static final String SWEEPS = "/api/v1/runs/edm2/sweeps";

    @TempDir
    private Path folder;

    private @Nullable ServiceProcess service;
    private int port;

    // A connection for each, as a 503 ends one, and another cannot be had where no descriptor is left.
    private final HttpClient client = newClient();
    private final HttpClient probe = newClient();
    private final HttpClient refused = newClient();

    private static HttpClient newClient() {
        return HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(Duration.ofSeconds(30))
                .build();
    }

    /** In namespaces of its own, where everybody may mount, if the machine lets anybody have them. */
    @BeforeEach
    void start() throws Exception {
        Path home = Files.createDirectory(folder.resolve("home"));
        String mount = "mount -t tmpfs -o size=24m tmpfs " + home;
        Process trial = new ProcessBuilder("unshare", "-rm", "sh", "-c", mount).start();
        assumeTrue(trial.waitFor() == 0, "this machine lets nobody mount a file system");
        String evaluate = "echo run >> " + folder.resolve("evaluations") + "; sleep 0.3; echo '{\"fid\": 1}'";
        service = ServiceProcess.start(
                folder,
                List.of(
                        "unshare",
                        "-rm",
                        "sh",
                        "-c",
                        mount + " && ulimit -n " + MOST_DESCRIPTORS + " && exec \"$0\" \"$@\""),
                classPath(),
                List.of(
                        "--phema.home=" + home,
                        "--phema.roots=src/test/resources/fixtures/edm2",
                        "--phema.catalog.settle=0s",
                        // After a hundred requests the client would need another connection, of which none can be had.
                        "--server.tomcat.max-keep-alive-requests=-1",
                        "--phema.evaluators.script.type=command",
                        "--phema.evaluators.script.command[0]=sh",
                        "--phema.evaluators.script.command[1]=-c",
                        "--phema.evaluators.script.command[2]=" + evaluate));
        port = service.port();
    }

    /** As the service is delivered: jars stay open, while classes in folders need a descriptor each. */
    private String classPath() {
        List<String> entries = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            String jar = folder.resolve(entries.size() + ".jar").toString();
            boolean isFolder = Files.isDirectory(Path.of(entry));
            if (isFolder) {
                ToolProvider tool = ToolProvider.findFirst("jar").orElseThrow();
                assertThat(tool.run(System.out, System.err, "--create", "--no-compress", "-f", jar, "-C", entry, "."))
                        .isZero();
            }
            entries.add(isFolder ? jar : entry);
        }
        return String.join(File.pathSeparator, entries);
    }

    @AfterEach
    void end() {
        if (service != null) service.close();
    }

    private HttpResponse<String> send(HttpClient client, String method, String path, String body) throws Exception {
        return client.send(
                HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
                        .header("Content-Type", "application/json")
                        .timeout(Duration.ofMinutes(1))
                        .method(method, BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
    }

    private int status(String path) throws Exception {
        return send(client, "GET", path, "").statusCode();
    }

    private int health() throws Exception {
        return send(probe, "GET", "/actuator/health", "").statusCode();
    }

    private void assertRefused(String reason, String method, String path, String body) throws Exception {
        HttpResponse<String> answer = send(refused, method, path, body);
        assertThat(answer.statusCode()).as(path + ": " + answer.body()).isEqualTo(503);
        assertThat(answer.headers().firstValue("Retry-After")).as(path).contains("5");
        assertThat(answer.body()).as(path).contains(reason);
    }

    private static String sweep(String seeds, String lengths) {
        return """
                {"evaluator": "script", "metric": "fid", "seeds": ["%s"], "sigmaRel": [%s]}""".formatted(seeds, lengths);
    }

    private String created(String sweep) throws Exception {
        HttpResponse<String> answer = send(client, "POST", SWEEPS, sweep);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
        return answer.headers().firstValue("Location").orElseThrow();
    }

    private JsonNode get(String path) throws Exception {
        return JsonMapper.shared().readTree(send(client, "GET", path, "").body());
    }

    private int done(String sweep) throws Exception {
        return get(sweep).at("/trials/done").asInt();
    }

    private long evaluations() throws IOException {
        return Files.readAllLines(folder.resolve("evaluations")).size();
    }

    /** As the service sees it. */
    private Path ballast() {
        return Path.of("/proc/" + pid() + "/root" + folder.resolve("home/ballast"));
    }

    private long pid() {
        if (service == null) throw new IllegalStateException();
        return service.process().pid();
    }

    private void fillDisk() throws IOException {
        try (var file = Files.newOutputStream(ballast())) {
            while (true) file.write(new byte[4096]);
        } catch (IOException full) {
            assertThat(full).hasMessage("No space left on device");
        }
    }

    private long descriptors() throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/" + pid() + "/fd"))) {
            return open.count();
        }
    }

    /** Clients that connect, say half of what they want, and wait. */
    private List<Socket> takeDescriptors() throws Exception {
        List<Socket> sockets = new ArrayList<>();
        while (descriptors() < MOST_DESCRIPTORS) {
            Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
            socket.getOutputStream().write("GET / HTTP/1.1\r\nX-A: ".getBytes(StandardCharsets.US_ASCII));
            sockets.add(socket);
            assertThat(sockets).hasSizeLessThan(MOST_DESCRIPTORS);
            if (sockets.size() % 8 == 0) Await.whileOthersGoOn(Duration.ofMillis(20));
        }
        return sockets;
    }

    @Test
    void whatRunsOutIsToldOfAndAllGoesOnWhenItIsThereAgain() throws Exception {
        String first = created(sweep("0-9", "0.06, 0.07, 0.08, 0.09, 0.1, 0.11"));
        Await.until(() -> done(first) >= 2);
        assertThat(health()).isEqualTo(200);
        fillDisk();
        String full = "is full: nothing was changed";
        assertRefused(full, "POST", SWEEPS, sweep("0-19", "0.1"));
        assertRefused(full, "PUT", "/api/v1/runs/edm2/recommended", "{\"sigmaRel\": 0.1}");
        assertRefused(full, "POST", "/api/v1/runs/edm2/syntheses", "{\"targets\": [{\"sigmaRel\": 0.1}]}");
        assertRefused(full, "POST", first + "/pause", "");
        assertThat(health()).isEqualTo(503);
        assertThat(status("/actuator/health/liveness")).isEqualTo(200);
        for (String path : List.of("/", "/runs/edm2", "/api/v1/runs/edm2/weights.safetensors?sigmaRel=0.1"))
            assertThat(status(path)).as(path).isEqualTo(200);
        assertThat(get(first).at("/state").asString()).isEqualTo("running");
        Files.delete(ballast());
        Await.until(() -> done(first) == 6);
        assertThat(evaluations()).isEqualTo(6);
        assertThat(get("/api/v1/sweeps").at("/total").asInt()).isEqualTo(1);
        Await.until(() -> health() == 200);

        String second = created(sweep("0-29", "0.06, 0.07, 0.08, 0.09, 0.1, 0.11"));
        Await.until(() -> done(second) >= 1);
        assertThat(health()).isEqualTo(200);
        assertThat(send(refused, "GET", "/api/v1/runs", "").statusCode()).isEqualTo(200);
        List<Socket> clients = takeDescriptors();
        assertRefused(
                "has as many files open as it may", "GET", "/api/v1/runs/edm2/weights.safetensors?sigmaRel=0.123", "");
        Await.until(
                () -> { // what one answer closed another may open
                    clients.addAll(takeDescriptors());
                    return health() == 503;
                });
        assertThat(status("/api/v1/runs")).isEqualTo(200);
        Await.until(() -> get(second).at("/stuck").asBoolean());
        assertThat(get(second).at("/leftAlone/0/reason").asString())
                .startsWith("its machine must be mended: ")
                .contains("Too many open files");
        for (Socket socket : clients) socket.close();
        Await.until(() -> done(second) == 6);
        assertThat(evaluations()).isEqualTo(12);
        assertThat(health()).isEqualTo(200);
    }
}
