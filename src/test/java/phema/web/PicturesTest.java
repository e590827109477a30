package phema.web;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.awt.Color;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import phema.PhemaApplication;
import phema.TestImages;
import phema.time.Await;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Images of trials over HTTP: those that a command left, and those that a client brings. */
@DisabledOnOs(OS.WINDOWS)
@SpringBootTest(
        classes = PhemaApplication.class,
        webEnvironment = WebEnvironment.RANDOM_PORT,
        properties = {"phema.catalog.settle=0s", "phema.samples=3"})
class PicturesTest {
    private static final HttpClient client = HttpClient.newHttpClient();
    private static final JsonMapper json = new JsonMapper();

    @TempDir
    static Path folder;

    @LocalServerPort
    int port;

    @DynamicPropertySource
    static void properties(DynamicPropertyRegistry registry) throws Exception {
        registry.add("phema.roots", () -> "src/test/resources/fixtures");
        registry.add("phema.home", () -> folder.resolve("home").toString());
        Path made = Files.createDirectories(folder.resolve("made"));
        Files.write(made.resolve("0.png"), TestImages.of(8, 8, "png", Color.RED));
        Files.write(made.resolve("1.jpg"), TestImages.of(600, 300, "jpeg", Color.BLUE));
        Files.write(made.resolve("2.png"), TestImages.hugePng(40_000, 25_000));
        Files.write(made.resolve("3.png"), TestImages.of(8, 8, "png", Color.RED));
        String key = "phema.evaluators.sampler";
        registry.add(key + ".type", () -> "command");
        registry.add(key + ".command[0]", () -> "sh");
        registry.add(key + ".command[1]", () -> "-c");
        registry.add(
                key + ".command[2]",
                () -> "cp -r " + made + " {workdir}/samples; awk -F'\"sigmaRel\":' "
                        + "'{d = $2 - 0.1; printf \"{\\\"fid\\\": %f}\\n\", d * d + 2}' {trial}");
    }

    private HttpResponse<byte[]> send(HttpRequest.Builder request, String path) throws Exception {
        return client.send(
                request.uri(URI.create("http://localhost:" + port + path)).build(), BodyHandlers.ofByteArray());
    }

    private HttpResponse<byte[]> get(String path, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder().GET();
        return send(headers.length == 0 ? request : request.headers(headers), path);
    }

    private JsonNode read(String path) throws Exception {
        return json.readTree(get(path).body());
    }

    private JsonNode post(String path, String body) throws Exception {
        return json.readTree(send(
                        HttpRequest.newBuilder()
                                .header("Content-Type", "application/json")
                                .POST(BodyPublishers.ofString(body)),
                        path)
                .body());
    }

    private HttpResponse<byte[]> image(String lease, String name, byte[] content) throws Exception {
        return send(
                HttpRequest.newBuilder().header("Content-Type", "image/png").POST(BodyPublishers.ofByteArray(content)),
                "/api/v1/leases/" + lease + "/images?name=" + name);
    }

    private static String text(HttpResponse<byte[]> response) throws Exception {
        return response.statusCode() + " "
                + json.readTree(response.body()).at("/detail").asString();
    }

    private String ended(String body) throws Exception {
        String sweep = "/api/v1/sweeps/"
                + post("/api/v1/runs/edm2/sweeps", body).at("/id").asString();
        Await.until(() -> read(sweep).at("/state").asString().equals("done"));
        return sweep;
    }

    @Test
    void imagesOfACommandAreKeptWithItsTrial() throws Exception {
        String body = "{\"sigmaRel\": [0.1], \"metric\": \"fid\", \"evaluator\": \"sampler\"}";
        String sweep = ended(body);
        JsonNode images = read(sweep + "/trials/0/images");
        assertThat(images).hasSize(3);
        assertThat(images.at("/0").toString()).contains("\"name\":\"000000\"", "\"width\":8", "image/png");
        assertThat(images.at("/2").toString())
                .contains("40,000 x 25,000 pixels")
                .doesNotContain("url");
        String log = new String(get(sweep + "/trials/0/log").body(), UTF_8);
        assertThat(log).contains("of 4 images the first 3 are kept", "2.png: has 40,000 x 25,000 pixels");

        String url = images.at("/1/url").asString();
        HttpResponse<byte[]> whole = get(url);
        assertThat(whole.headers().firstValue("Content-Type")).contains("image/jpeg");
        assertThat(whole.headers().firstValue("Cache-Control").orElseThrow()).contains("immutable", "private");
        String tag = whole.headers().firstValue("ETag").orElseThrow();
        assertThat(get(url, "If-None-Match", tag).statusCode()).isEqualTo(304);
        HttpResponse<byte[]> small = get(images.at("/1/thumbnail").asString());
        assertThat(small.headers().firstValue("ETag").orElseThrow()).isNotEqualTo(tag);
        assertThat(get(url.replaceAll("\\?.*", ""))
                        .headers()
                        .firstValue("Cache-Control")
                        .orElseThrow())
                .contains("no-cache");
        assertThat(get(sweep + "/trials/0/images/000009").statusCode()).isEqualTo(404);
        assertThat(get(sweep + "/trials/7/images").statusCode()).isEqualTo(404);

        // The same in another sweep is not evaluated again, and has its images.
        String again = ended(body);
        assertThat(read(again + "/trials/0").at("/cached").asBoolean()).isTrue();
        assertThat(read(again + "/trials/0/images")).hasSize(3);
        assertThat(send(HttpRequest.newBuilder().DELETE(), again + "/record").statusCode())
                .isEqualTo(204);
        assertThat(get(read(sweep + "/trials/0/images").at("/0/url").asString()).statusCode())
                .isEqualTo(200);
    }

    @Test
    void theHubsCardShowsWhatIsRecommended() throws Exception {
        String body = "{\"sigmaRel\": [0.06, 0.08, 0.1, 0.13], \"metric\": \"fid\", \"evaluator\": \"sampler\"}";
        JsonNode sweep = json.readTree(send(
                        HttpRequest.newBuilder()
                                .header("Content-Type", "application/json")
                                .POST(BodyPublishers.ofString(body)),
                        "/api/v1/runs/safetensors/sweeps")
                .body());
        Await.until(() -> read("/api/v1/sweeps/" + sweep.at("/id").asString())
                .at("/state")
                .asString()
                .equals("done"));
        String grid =
                new String(get("/phema/safetensors/resolve/main/samples.svg").body(), UTF_8);
        assertThat(grid).contains("<title>Images of an evaluation at 0.100</title>", "href=\"data:image/png;base64,");
        assertThat(grid.split("<image", -1)).hasSize(3); // the third file is none
        assertThat(new String(get("/phema/safetensors/resolve/main/README.md").body(), UTF_8))
                .contains("(sweep.svg)", "(samples.svg)");
        assertThat(get("/phema/safetensors/resolve/ema-0.070/samples.svg").statusCode())
                .isEqualTo(404);
        assertThat(new String(
                        get("/phema/safetensors/resolve/ema-0.070/README.md").body(), UTF_8))
                .contains("(sweep.svg)")
                .doesNotContain("(samples.svg)");
    }

    @Test
    void clientsBringImagesUnderTheirLease() throws Exception {
        String sweep = "/api/v1/sweeps/"
                + post("/api/v1/runs/edm2/sweeps", """
                        {"sigmaRel": [0.1], "metric": "fid", "evaluator": {"name": "mine", "type": "remote"}}""").at("/id").asString();
        String lease = post(sweep + "/ask", "{\"client\": \"node17\", \"wait\": \"5s\"}")
                .at("/trials/0/lease")
                .asString();
        byte[] good = TestImages.of(8, 8, "png", Color.RED);
        assertThat(text(image(lease + "0", "1", good))).isEqualTo("404 there is no such lease");
        assertThat(text(image(lease, "a/b", good))).startsWith("400 name must be a seed");
        assertThat(text(image(lease, "1", new byte[100]))).isEqualTo("422 1: is neither a PNG nor a JPEG image");
        assertThat(text(image(lease, "1", TestImages.hugePng(40_000, 25_000)))).startsWith("422 1: has 40,000 x");
        assertThat(image(lease, "1", new byte[(8 << 20) + 1]).statusCode()).isEqualTo(413);
        // As much as a small request may have is no matter here.
        assertThat(text(image(lease, "1", new byte[2 << 20]))).startsWith("422");
        HttpResponse<byte[]> unknownLength = send(
                HttpRequest.newBuilder()
                        .header("Content-Type", "application/octet-stream")
                        .POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(new byte[9 << 20]))),
                "/api/v1/leases/" + lease + "/images?name=1");
        assertThat(unknownLength.statusCode()).isEqualTo(413);

        for (int seed = 0; seed < 3; seed++)
            assertThat(image(lease, String.valueOf(seed), good).statusCode()).isEqualTo(200);
        assertThat(image(lease, "2", TestImages.of(16, 16, "png", Color.RED)).statusCode())
                .isEqualTo(200);
        assertThat(text(image(lease, "3", good))).startsWith("409").contains("phema.samples allows no more");
        assertThat(read(sweep + "/trials/0/images").at("/2/width").asInt()).isEqualTo(16);
        post("/api/v1/leases/" + lease + "/tell", "{\"metrics\": {\"fid\": 1}}");
        assertThat(text(image(lease, "1", good))).startsWith("409");
        assertThat(read(sweep + "/trials/0/images")).hasSize(3);
    }
}
