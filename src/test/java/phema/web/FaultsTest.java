package phema.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import phema.PhemaApplication;
import phema.bench.SnapshotGenerator;
import phema.format.Format;
import phema.storage.S3Endpoint;
import phema.synthesis.Mishap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What clients of a real server see when files change or storage stalls. */
@DisabledOnOs(OS.WINDOWS)
@ExtendWith(OutputCaptureExtension.class)
@SpringBootTest(
        classes = PhemaApplication.class,
        webEnvironment = WebEnvironment.RANDOM_PORT,
        properties = {"phema.catalog.settle=0s", "phema.catalog.poll=1h", "phema.synthesis.workers=2"})
class FaultsTest {
    private static final String WEIGHTS = "/weights.safetensors?solver=paper&files=all&dtype=f32&sigmaRel=";
    private static final HttpClient client = HttpClient.newHttpClient();
    private static final Path bucket = S3Endpoint.bucket();

    @TempDir
    static Path folder;

    @LocalServerPort
    int port;

    @DynamicPropertySource
    static void properties(DynamicPropertyRegistry registry) throws IOException {
        SnapshotGenerator.uniform(Format.SAFETENSORS, 4, 20_000_000)
                .write(folder.resolve("runs/large"), 2, bytes -> {});
        S3Endpoint.upload(folder.resolve("runs/large"), bucket.resolve("remote"));
        Files.write(bucket.resolve("ballast.bin"), new byte[100 << 20]);
        registry.add(
                "phema.roots", () -> folder.resolve("runs") + ",src/test/resources/fixtures/edm2," + bucket.toUri());
        registry.add("phema.home", () -> folder.resolve("home").toString());
    }

    /** A file of the run that something happens to, and that is as before in the end. */
    private static final class Snapshot implements AutoCloseable {
        final Path path;
        private final Path copy = folder.resolve("copy");

        Snapshot() throws IOException {
            try (Stream<Path> files = Files.list(folder.resolve("runs/large"))) {
                path = files.sorted().findFirst().orElseThrow();
            }
            Files.copy(path, copy, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.COPY_ATTRIBUTES);
        }

        @Override
        public void close() throws IOException {
            Files.copy(copy, path, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.COPY_ATTRIBUTES);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aDownloadIsCutWhenASnapshotChangesMeanwhile(Mishap mishap, CapturedOutput log) throws Exception {
        String weights = "/api/v1/runs/large" + WEIGHTS + "0.075";
        try (Snapshot snapshot = new Snapshot()) {
            HttpResponse<InputStream> response = client.send(request("GET", weights, ""), BodyHandlers.ofInputStream());
            assertThat(response.statusCode()).isEqualTo(200);
            try (InputStream body = response.body()) {
                body.readNBytes(1_000_000);
                mishap.happenTo(snapshot.path);
                assertThatThrownBy(body::readAllBytes).isInstanceOf(IOException.class);
            }
            await().until(() -> log.getAll().contains("broken off while it was sent"));
            assertThat(log.getAll()).doesNotContain("ERROR").doesNotContain("\tat ");
            HttpResponse<String> again = send("GET", weights, "");
            assertThat(again.statusCode()).isEqualTo(409);
            assertThat(json(again).at("/detail").asString())
                    .isEqualTo(mishap.message(folder.resolve("runs").relativize(snapshot.path)));
        }
        assertThat(client.send(request("GET", weights, ""), BodyHandlers.ofByteArray())
                        .body())
                .hasSizeGreaterThan(40_000_000);
    }

    /** Nobody gets what was computed while a file held something else, though it looks as it did before. */
    @Test
    void aDownloadIsCutWhenASnapshotIsRewrittenAndPutBackMeanwhile() throws Exception {
        String weights = "/api/v1/runs/large" + WEIGHTS + "0.077";
        byte[] right = client.send(request("GET", weights, ""), BodyHandlers.ofByteArray())
                .body();
        String other = "/api/v1/runs/large" + WEIGHTS + "0.078";
        byte[] otherRight = client.send(request("GET", other, ""), BodyHandlers.ofByteArray())
                .body();
        try (Snapshot snapshot = new Snapshot()) {
            FileTime time = Files.getLastModifiedTime(snapshot.path);
            byte[] before = Files.readAllBytes(snapshot.path);
            HttpResponse<InputStream> response = client.send(request("GET", weights, ""), BodyHandlers.ofInputStream());
            try (InputStream body = response.body()) {
                body.readNBytes(1_000_000);
                Mishap.REWRITTEN_WITHOUT_A_TRACE_BUT_CHANGE_TIME.happenTo(snapshot.path);
                body.readNBytes(10_000_000);
                Files.write(snapshot.path, before);
                Files.setLastModifiedTime(snapshot.path, time);
                // Its own stamp was right when it was opened, as is that of who comes now.
                assertThat(client.send(request("GET", weights, ""), BodyHandlers.ofByteArray())
                                .body())
                        .isEqualTo(right);
                assertThatThrownBy(body::readAllBytes).isInstanceOf(IOException.class);
            }
            assertThat(client.send(request("GET", other, ""), BodyHandlers.ofByteArray())
                            .body())
                    .isEqualTo(otherRight);
        }
    }

    /** Who resumes a download of files that are others by now gets all of the new bytes, and none of the old. */
    @Test
    void aDownloadOfReplacedFilesOfEqualSizeAndTimeStampBeginsAnew() throws Exception {
        String weights = "/api/v1/runs/large" + WEIGHTS + "0.085";
        HttpResponse<byte[]> before = client.send(request("GET", weights, ""), BodyHandlers.ofByteArray());
        String tag = before.headers().firstValue("ETag").orElseThrow();
        try (Snapshot snapshot = new Snapshot()) {
            Mishap.REPLACED_BY_ANOTHER_OF_EQUAL_SIZE_AND_TIME_STAMP.happenTo(snapshot.path);
            assertThat(send("POST", "/api/v1/runs/large/rescan", "").statusCode())
                    .isEqualTo(200);
            HttpResponse<byte[]> after = resumed(weights, tag);
            assertThat(after.statusCode()).isEqualTo(200);
            String now = after.headers().firstValue("ETag").orElseThrow();
            assertThat(now).isNotEqualTo(tag);
            assertThat(after.body()).hasSameSizeAs(before.body()).isNotEqualTo(before.body());
            HttpResponse<byte[]> rest = resumed(weights, now);
            assertThat(rest.statusCode()).isEqualTo(206);
            assertThat(rest.body()).isEqualTo(Arrays.copyOfRange(after.body(), 1_000_000, after.body().length));
        }
        send("POST", "/api/v1/runs/large/rescan", "");
    }

    private HttpResponse<byte[]> resumed(String path, String tag) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(request("GET", path, ""), (name, value) -> true)
                .header("Range", "bytes=1000000-")
                .header("If-Range", tag)
                .build();
        return client.send(request, BodyHandlers.ofByteArray());
    }

    @ParameterizedTest
    @EnumSource
    void aBulkSynthesisFailsByNameWhenASnapshotChangesMeanwhile(Mishap mishap) throws Exception {
        Path syntheses = folder.resolve("home/syntheses");
        try (Snapshot snapshot = new Snapshot()) {
            HttpResponse<String> created = send("POST", "/api/v1/runs/large/syntheses", """
                    {"targets": [{"sigmaRel": 0.06}, {"sigmaRel": 0.07}, {"sigmaRel": 0.08}, {"sigmaRel": 0.09}],
                     "solver": "paper", "files": "all", "dtype": "f32"}""");
            assertThat(created.statusCode()).as(created.body()).isEqualTo(202);
            String job = created.headers().firstValue("Location").orElseThrow();
            await().until(() -> isBeingWritten(syntheses));
            mishap.happenTo(snapshot.path);
            await().until(() ->
                    json(send("GET", job, "")).at("/state").asString().equals("failed"));
            assertThat(json(send("GET", job, "")).at("/error").asString())
                    .isEqualTo(mishap.message(folder.resolve("runs").relativize(snapshot.path)));
            await().until(() -> names(syntheses).isEmpty());
            assertThat(send("DELETE", job, "").statusCode()).isEqualTo(204);
        }
    }

    @Test
    void aStoreThatDoesNotAnswerStopsNoOtherRun() throws Exception {
        List<String> remote = Stream.of("0.06", "0.07", "0.08", "0.09")
                .map(sigmaRel -> "/api/v1/runs/remote" + WEIGHTS + sigmaRel)
                .toList();
        // What was just uploaded must stay as it is for a moment before it is taken.
        await().until(() -> json(send("POST", "/api/v1/runs/remote/rescan", ""))
                        .at("/snapshots")
                        .asInt()
                == 2);
        // What the sample has read of small files is not asked for again, until other things push it out.
        Files.copy(bucket.resolve("ballast.bin"), OutputStream.nullOutputStream());
        S3Endpoint.Stall stall = S3Endpoint.stallReads(bucket);
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<byte[]>> stalled = remote.stream()
                    .map(weights ->
                            clients.submit(() -> client.send(request("GET", weights, ""), BodyHandlers.ofByteArray())
                                    .body()))
                    .toList();
            await().until(() -> stall.waiting() >= 2); // both threads of the engine
            HttpResponse<byte[]> other =
                    client.send(request("GET", "/api/v1/runs/edm2" + WEIGHTS + "0.1", ""), BodyHandlers.ofByteArray());
            assertThat(other.statusCode()).isEqualTo(200);
            assertThat(other.body()).hasSizeGreaterThan(20_000);
            assertThat(send("POST", "/api/v1/runs/edm2/rescan", "").statusCode())
                    .isEqualTo(200);
            assertThat(stalled.stream().filter(Future::isDone)).isEmpty();
            stall.end();
            for (int i = 0; i < stalled.size(); i++)
                assertThat(stalled.get(i).get())
                        .isEqualTo(client.send(request("GET", remote.get(i), ""), BodyHandlers.ofByteArray())
                                .body());
        } finally {
            stall.end();
        }
    }

    private static boolean isBeingWritten(Path syntheses) throws IOException {
        if (!Files.exists(syntheses)) return false;
        try (Stream<Path> all = Files.walk(syntheses)) {
            return all.anyMatch(
                    file -> file.toString().endsWith(".tmp") && file.toFile().length() > 0);
        } catch (UncheckedIOException e) {
            return false; // it has just vanished
        }
    }

    private static List<String> names(Path path) throws IOException {
        try (Stream<Path> all = Files.list(path)) {
            return all.map(Path::toString).toList();
        }
    }

    /** Looks so often that a synthesis does not end between two looks. */
    private static ConditionFactory await() {
        return Awaitility.await()
                .atMost(Duration.ofMinutes(1))
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(5));
    }

    private HttpRequest request(String method, String path, String body) {
        return HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
                .header("Content-Type", "application/json")
                .timeout(Duration.ofSeconds(60))
                .method(method, BodyPublishers.ofString(body))
                .build();
    }

    private HttpResponse<String> send(String method, String path, String body) throws Exception {
        return client.send(request(method, path, body), BodyHandlers.ofString());
    }

    private static JsonNode json(HttpResponse<String> response) {
        return JsonMapper.shared().readTree(response.body());
    }
}
