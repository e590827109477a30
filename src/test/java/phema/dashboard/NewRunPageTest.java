package phema.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import phema.PhemaApplication;
import phema.time.Await;

/** What the page of a run says whose first files have just been written. */
@SpringBootTest(
        classes = PhemaApplication.class,
        webEnvironment = WebEnvironment.RANDOM_PORT,
        properties = {"phema.catalog.settle=1h", "spring.datasource.url=jdbc:sqlite::memory:"})
class NewRunPageTest {
    private static final Path SNAPSHOTS = Path.of("snapshots/demo");

    @TempDir
    private static Path folder;

    @LocalServerPort
    private int port;

    @DynamicPropertySource
    static void properties(DynamicPropertyRegistry registry) throws Exception {
        Path run = Files.createDirectories(folder.resolve("roots/new"));
        for (String name : new String[] {"network-snapshot-0000006-0.050", "network-snapshot-0000012-0.050"})
            Files.copy(SNAPSHOTS.resolve(name + ".safetensors"), run.resolve(name + ".safetensors"));
        registry.add("phema.roots", () -> folder.resolve("roots").toString());
        registry.add("phema.home", () -> folder.resolve("home").toString());
    }

    @Test
    void saysThatTheyAreBeingWrittenAndAsksAgain() throws Exception {
        Await.until(() -> get("/runs/new").statusCode() == 200);
        HttpResponse<String> page = get("/runs/new");
        assertThat(page.body()).contains("Still being written").doesNotContain("No snapshot that can be used");
        assertThat(page.headers().firstValue("Refresh")).contains("2");
    }

    private HttpResponse<String> get(String path) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
                                .build(),
                        BodyHandlers.ofString());
    }
}
