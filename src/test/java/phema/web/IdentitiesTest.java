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
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import phema.PhemaApplication;

/**
 * What a download is called and tagged with does not change from one version of phema to the next: clients resume by
 * it, and caches are kept by it.
 */
@SpringBootTest(
        classes = PhemaApplication.class,
        webEnvironment = WebEnvironment.RANDOM_PORT,
        properties = {
            "phema.home=target",
            "phema.catalog.settle=0s",
            "spring.datasource.url=jdbc:sqlite::memory:",
            "spring.datasource.hikari.maximum-pool-size=1"
        })
class IdentitiesTest {
    private static final HttpClient client = HttpClient.newHttpClient();

    @TempDir
    static Path roots;

    @LocalServerPort
    int port;

    /** Identities depend on the files' time stamps. */
    @DynamicPropertySource
    static void settings(DynamicPropertyRegistry registry) throws IOException {
        Path run = Files.createDirectory(roots.resolve("edm2"));
        try (Stream<Path> files = Files.list(Path.of("src/test/resources/fixtures/edm2"))) {
            for (Path file : files.toList())
                Files.setLastModifiedTime(
                        Files.copy(file, run.resolve(file.getFileName())),
                        FileTime.from(Instant.parse("2026-01-01T00:00:00Z")));
        }
        registry.add("phema.roots", () -> roots);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            safetensors?sigmaRel=0.1                         | phema-0000262-0.100.safetensors | d160f2d2ed9eb757ec500aec6bb7293e16523df9
            safetensors?sigmaRel=0.1&solver=paper&dtype=f32  | phema-0000262-0.100.safetensors | a14e8740c00b5dd0ad74f5132b819f9baf836a0f
            pkl?sigmaRel=0.0755&files=all&time=131072        | phema-0000131-0.0755.pkl        | 67cadf0df745aa81d159e74cedbce0e362f468f1
            pt?profile=uniform:65536&laterFiles=true&time=200000 \
                                                             | phema-0000200-uniform-65536.pt  | 576c42a3086b947787d66b53ea3d68f93245cd29
            safetensors?sigmaRel=0.13&layer=*conv*%3Dpower:0.05&layer=*gain%3Dmixture:0.5*power:0.1,0.5*power:0.2 \
            | phema-0000262-0.130-+conv+-0.050-+gain-mixture-0.5-power-0.1-0.5-power-0.2.safetensors \
            | e9bbca976ff58b9c873dc50cb77d3b462111f734
            safetensors/tensors/unet.out_gain?sigmaRel=0.13  | unet.out_gain.bin               | e74668f75bda4761bf94beaf3d360392055b58aa
            """)
    void ofDownloadsStay(String request, String name, String identity) throws Exception {
        HttpResponse<Void> response = head("/api/v1/runs/edm2/weights." + request);
        assertThat(response.headers().firstValue("Content-Disposition"))
                .hasValue("attachment; filename=\"" + name + "\"");
        assertThat(response.headers().firstValue("ETag")).hasValue("\"" + identity + "\"");
    }

    @ParameterizedTest
    @CsvSource({
        "ema-0.100, 418764778899c724645f725313947675e9ee01fa",
        "ema-0.0755@131k, 99d166e498bcb8ebcad1bc66486d4f621c6797b5",
        "paper-0.130, 6370a849225773ff0924201997fd1f7263ff5e9c"
    })
    void ofFilesOfRevisionsStay(String revision, String identity) throws Exception {
        HttpResponse<Void> response = head("/phema/edm2/resolve/" + revision + "/model.safetensors");
        assertThat(response.headers().firstValue("ETag")).hasValue("\"" + identity + "\"");
    }

    private HttpResponse<Void> head(String path) throws IOException, InterruptedException {
        URI uri = URI.create("http://localhost:" + port + path);
        HttpResponse<Void> response =
                client.send(HttpRequest.newBuilder(uri).HEAD().build(), BodyHandlers.discarding());
        assertThat(response.statusCode()).isEqualTo(200);
        return response;
    }
}
