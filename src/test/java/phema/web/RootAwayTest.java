package phema.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
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
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import phema.Fixtures;
import phema.PhemaApplication;
import phema.time.Await;

/** A root that is moved away while the service runs, and comes back. */
@DisabledOnOs(OS.WINDOWS)
@ExtendWith(OutputCaptureExtension.class)
@SpringBootTest(
        classes = PhemaApplication.class,
        webEnvironment = WebEnvironment.RANDOM_PORT,
        properties = {
            "phema.catalog.settle=0s",
            "phema.catalog.poll=100ms",
            "management.endpoint.health.show-details=always"
        })
class RootAwayTest {
    private static final HttpClient client = HttpClient.newHttpClient();

    @TempDir
    static Path folder;

    @DynamicPropertySource
    static void properties(DynamicPropertyRegistry registry) throws IOException {
        Fixtures.copy("edm2", folder.resolve("first/xs"));
        Fixtures.copy("edm2", folder.resolve("second/ys"));
        registry.add("phema.roots", () -> folder.resolve("first") + "," + folder.resolve("second"));
        registry.add("phema.home", () -> folder.resolve("home").toString());
    }

    @LocalServerPort
    int port;

    private HttpResponse<String> get(String path) throws Exception {
        return client.send(
                HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
                        .build(),
                BodyHandlers.ofString());
    }

    @Test
    void isSaidAsLongAsItIsAway(CapturedOutput log) throws Exception {
        String words = "Root first cannot be read: there is no such folder";
        for (int time = 1; time <= 2; time++) {
            Await.until(() -> get("/api/v1/runs").body().contains("\"total\":2"));
            assertThat(get("/api/v1/runs").body()).doesNotContain("notices\":[\"Root");
            assertThat(get("/").body()).doesNotContain("cannot be read");

            Files.move(folder.resolve("first"), folder.resolve("away"));
            Await.until(() -> get("/api/v1/runs").body().contains("\"total\":1"));
            assertThat(get("/api/v1/runs").body()).contains("\"notices\":[\"" + words + "\"]");
            Path first = folder.toRealPath().resolve("first");
            assertThat(get("/").body()).contains("Root " + first + " cannot be read: there is no such folder.");
            assertThat(get("/api/v1/runs/xs").body()).contains("No run is named xs; there is ys. " + words);
            assertThat(get("/actuator/health").statusCode()).isEqualTo(200);
            assertThat(get("/actuator/health").body()).contains("first\":\"cannot be read: there is no such folder\"");
            assertThat(get("/actuator/prometheus").body()).contains("phema_catalog_roots_unreadable 1.0");
            int parts = time + 1;
            Await.until(() -> log.getOut().split("first cannot be read: ", -1).length == parts);

            Files.move(folder.resolve("away"), folder.resolve("first"));
            Await.until(() -> log.getOut().split("first can be read again", -1).length == parts);
        }
    }
}
