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
            safetensors?sigmaRel=0.1                         | phema-0000262-0.100.safetensors | 224ddffe7218810bfe45fd9ab82d75de0a4a334a
            safetensors?sigmaRel=0.1&solver=paper&dtype=f32  | phema-0000262-0.100.safetensors | 606b1a16bd27b4f91c56472b485ff0ee705f8a84
            pkl?sigmaRel=0.0755&files=all&time=131072        | phema-0000131-0.0755.pkl        | 4c65ceac1fba3b962667b13650492e94ce55b607
            pt?profile=uniform:65536&laterFiles=true&time=200000 \
                                                             | phema-0000200-uniform-65536.pt  | 12b9b9505b8cfd6aa23c96c6f1c0c55089ad2b5e
            safetensors?sigmaRel=0.13&layer=*conv*%3Dpower:0.05&layer=*gain%3Dmixture:0.5*power:0.1,0.5*power:0.2 \
            | phema-0000262-0.130-+conv+-0.050-+gain-mixture-0.5-power-0.1-0.5-power-0.2.safetensors \
            | 5b09f58826ba60b87df3b5dc64c0f6b626f4bb03
            safetensors/tensors/unet.out_gain?sigmaRel=0.13  | unet.out_gain.bin               | 446f7ea711a484cad1a1c8aa4f57bc77e0927659
            """)
    void ofDownloadsStay(String request, String name, String identity) throws Exception {
        HttpResponse<Void> response = head("/api/v1/runs/edm2/weights." + request);
        assertThat(response.headers().firstValue("Content-Disposition"))
                .hasValue("attachment; filename=\"" + name + "\"");
        assertThat(response.headers().firstValue("ETag")).hasValue("\"" + identity + "\"");
    }

    @ParameterizedTest
    @CsvSource({
        "ema-0.100, fadb39e4943f8a7a31e0547866bf809920b958b0",
        "ema-0.0755@131k, 57f3458a241ba565675a2ac57aaa87d2f03914d9",
        "paper-0.130, 5b23a3d99e41f28f14a4a56774b433202409bb0d"
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
