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
            safetensors?sigmaRel=0.1                         | phema-0000262-0.100.safetensors | fb28489cbf6aed3143a6f720472b5f285e0d0c39
            safetensors?sigmaRel=0.1&solver=paper&dtype=f32  | phema-0000262-0.100.safetensors | 7dc51524f8d98adaf5e121296f75346f0a159ad8
            pkl?sigmaRel=0.0755&files=all&time=131072        | phema-0000131-0.0755.pkl        | 97339e0ee095730162635e991de919a208bd3331
            pt?profile=uniform:65536&laterFiles=true&time=200000 \
                                                             | phema-0000200-uniform-65536.pt  | a5a3776ac06e7d2c30fba7f3243ab273388c3a3c
            safetensors?sigmaRel=0.13&layer=*conv*%3Dpower:0.05&layer=*gain%3Dmixture:0.5*power:0.1,0.5*power:0.2 \
            | phema-0000262-0.130-+conv+-0.050-+gain-mixture-0.5-power-0.1-0.5-power-0.2.safetensors \
            | 2c4d88820907601a4992bbc7b655e2a574dc2df2
            safetensors/tensors/unet.out_gain?sigmaRel=0.13  | unet.out_gain.bin               | 5a31803de2d9db2be10a4301194426194a9c65e7
            """)
    void ofDownloadsStay(String request, String name, String identity) throws Exception {
        HttpResponse<Void> response = head("/api/v1/runs/edm2/weights." + request);
        assertThat(response.headers().firstValue("Content-Disposition"))
                .hasValue("attachment; filename=\"" + name + "\"");
        assertThat(response.headers().firstValue("ETag")).hasValue("\"" + identity + "\"");
    }

    @ParameterizedTest
    @CsvSource({
        "ema-0.100, 82877c43e0693c9a12f4960883bb03b85281b520",
        "ema-0.0755@131k, 11e0e13c2c2ca38eeb05a1145ac02d4469691a0d",
        "paper-0.130, bddde21138625b698e1832ead9ca593539b2c8ec"
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
