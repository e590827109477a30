package phema.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import phema.PhemaApplication;

/** A service whose {@code phema.home} is deleted under it, and made again by somebody. */
@DisabledOnOs(OS.WINDOWS)
@DirtiesContext
@ExtendWith(OutputCaptureExtension.class)
@SpringBootTest(
        classes = PhemaApplication.class,
        webEnvironment = WebEnvironment.RANDOM_PORT,
        properties = {"phema.roots=src/test/resources/fixtures", "phema.catalog.settle=0s"})
class HomeDeletedTest {
    private static final HttpClient client = HttpClient.newHttpClient();

    @TempDir
    static Path folder;

    @DynamicPropertySource
    static void properties(DynamicPropertyRegistry registry) {
        registry.add("phema.home", () -> folder.resolve("home").toString());
    }

    @LocalServerPort
    int port;

    private HttpResponse<String> send(String method, String path, String body) throws Exception {
        return client.send(
                HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
                        .header("Content-Type", "application/json")
                        .method(method, BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
    }

    @Test
    void staysDownUntilItIsStartedAgain(CapturedOutput log) throws Exception {
        String run = "/api/v1/runs/edm2";
        String sweep = """
                {"sigmaRel": [0.1], "metric": "fid", "evaluator": {"name": "mine", "type": "remote", "version": "1"}}""";
        assertThat(send("POST", run + "/sweeps", sweep).statusCode()).isEqualTo(201);
        assertThat(send("GET", "/actuator/health", "").statusCode()).isEqualTo(200);

        delete(folder.resolve("home"));
        Files.createDirectories(folder.resolve("home"));
        for (int i = 0; i < 3; i++) {
            assertThat(send("POST", run + "/sweeps", sweep).statusCode()).isEqualTo(503);
            assertThat(send("GET", "/api/v1/sweeps", "").statusCode()).isEqualTo(503);
            assertThat(send("GET", "/actuator/health", "").statusCode()).isEqualTo(503);
        }
        assertThat(send("GET", run, "").statusCode()).isEqualTo(200);
        assertThat(folder.resolve("home/phema.db")).doesNotExist();
        assertThat(log.getOut()).containsOnlyOnce(folder.resolve("home/phema.db") + " is gone, or another file: ");
    }

    private static void delete(Path tree) throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.walk(tree)) {
            files = all.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : files) Files.deleteIfExists(file);
    }
}
