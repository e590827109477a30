package phema.web;

import static org.assertj.core.api.Assertions.assertThat;
import static phema.TestWeights.elements;
import static phema.TestWeights.tensor;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.web.server.LocalServerPort;
import phema.FixtureService;
import phema.Fixtures;
import phema.format.Format;
import phema.format.Tensor;
import phema.format.WeightFile;
import phema.format.WeightFiles;

/** Weights over a real server, on the EDM2 fixture run. */
@FixtureService
class WeightsTest {
    private static final HttpClient client = HttpClient.newHttpClient();

    @LocalServerPort
    int port;

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"0.020", "0.075", "0.150", "0.250"})
    void areWhatTheReferenceToolMakes(String sigmaRel) throws Exception {
        var response = get("/weights.safetensors?solver=paper&sigmaRel=" + sigmaRel);
        assertThat(response.headers().firstValue("Content-Disposition"))
                .hasValue("attachment; filename=\"phema-0000262-" + sigmaRel + ".safetensors\"");
        WeightFile ours = indexed(response.body());
        WeightFile theirs = WeightFiles.read(Fixtures.fixture("golden/phema-0000262-" + sigmaRel + ".safetensors"));
        int different = 0;
        int all = 0;
        for (Tensor tensor : theirs.tensors()) {
            byte[] expected = elements(theirs, tensor);
            byte[] actual = elements(ours, tensor(ours, tensor.name()));
            assertThat(actual).as(tensor.name()).hasSameSizeAs(expected);
            all += expected.length / 2;
            different += (int) IntStream.range(0, expected.length / 2)
                    .filter(i -> expected[2 * i] != actual[2 * i] || expected[2 * i + 1] != actual[2 * i + 1])
                    .count();
        }
        assertThat(different).isLessThan(all / 200);
    }

    @Test
    void areTheSameByRangesAndByTensors() throws Exception {
        String query = "?sigmaRel=0.13&dtype=f32";
        byte[] whole = get("/weights.safetensors" + query).body();
        for (int[] range : new int[][] {{0, 1}, {7, 5000}, {whole.length - 3001, whole.length - 1}}) {
            var part = get("/weights.safetensors" + query, "Range", "bytes=" + range[0] + "-" + range[1]);
            assertThat(part.statusCode()).isEqualTo(206);
            assertThat(part.body()).isEqualTo(Arrays.copyOfRange(whole, range[0], range[1] + 1));
        }
        for (Tensor tensor : indexed(whole).tensors()) {
            var single = get("/weights.safetensors/tensors/" + tensor.name() + query);
            assertThat(single.body()).as(tensor.name()).isEqualTo(bytes(whole, tensor));
            assertThat(single.headers().firstValue("X-Tensor-DType"))
                    .hasValue(tensor.dtype().name());
            assertThat(single.headers().firstValue("X-Tensor-Shape"))
                    .hasValue(tensor.shape().toString());
        }
        Tensor first = indexed(whole).tensors().stream()
                .filter(t -> t.bytes() > 16)
                .findFirst()
                .orElseThrow();
        assertThat(get("/weights.safetensors/tensors/" + first.name() + query, "Range", "bytes=4-7")
                        .body())
                .isEqualTo(Arrays.copyOfRange(bytes(whole, first), 4, 8));
    }

    @Test
    void haveTheAveragesThatLayersAskFor() throws Exception {
        String layers = "&layer=*conv*%3Dmixture:0.5*power:0.1,0.5*power:0.2&layer=*gain%3Dpower:0.05";
        var response = get("/weights.safetensors?sigmaRel=0.13" + layers);
        byte[] whole = response.body();
        for (Tensor tensor : indexed(whole).tensors()) {
            String alone = tensor.name().contains("conv")
                    ? "profile=mixture:0.5*power:0.1,0.5*power:0.2"
                    : tensor.name().endsWith("gain") ? "sigmaRel=0.05" : "sigmaRel=0.13";
            String path = "/weights.safetensors/tensors/" + tensor.name() + "?";
            assertThat(bytes(whole, tensor))
                    .as(tensor.name())
                    .isEqualTo(get(path + alone).body())
                    .isEqualTo(get(path + "sigmaRel=0.13" + layers).body());
        }
        assertThat(tag(response)).isNotEqualTo(tag(get("/weights.safetensors?sigmaRel=0.13")));
    }

    @Test
    void comeAsPicklesThatIndexAsTheInputsDo() throws Exception {
        WeightFile pickle = indexed(get("/weights.pkl?sigmaRel=0.13").body());
        WeightFile input = WeightFiles.read(Fixtures.fixture("edm2/network-snapshot-0000262-0.100.pkl"));
        assertThat(pickle.tensors()).isEqualTo(input.tensors());
    }

    @Test
    void comeAsTorchCheckpointsOfTheSameWeights() throws Exception {
        WeightFile torch = indexed(get("/weights.pt?sigmaRel=0.13").body());
        WeightFile safetensors =
                indexed(get("/weights.safetensors?sigmaRel=0.13").body());
        assertThat(torch.format()).isEqualTo(Format.TORCH_ZIP);
        for (Tensor tensor : safetensors.tensors())
            assertThat(elements(torch, tensor(torch, tensor.name())))
                    .as(tensor.name())
                    .isEqualTo(elements(safetensors, tensor));
    }

    @Test
    void comeLikeTheRunsOwnFilesWhereNoFormatIsNamed() throws Exception {
        var like = get("/weights?sigmaRel=0.13");
        var pickle = get("/weights.pkl?sigmaRel=0.13");
        assertThat(like.body()).isEqualTo(pickle.body());
        assertThat(tag(like)).isEqualTo(tag(pickle));
        assertThat(like.headers().firstValue("Content-Disposition"))
                .hasValue("attachment; filename=\"phema-0000262-0.130.pkl\"");
    }

    @Test
    void haveATagForEveryParameterAndKeepIt() throws Exception {
        List<String> queries = List.of(
                "sigmaRel=0.13",
                "sigmaRel=0.14",
                "sigmaRel=0.13&time=200000",
                "sigmaRel=0.13&solver=paper",
                "sigmaRel=0.13&dtype=f32",
                "sigmaRel=0.13&files=all");
        Set<String> tags = new HashSet<>();
        for (String query : queries) {
            String tag = tag(get("/weights.safetensors?" + query));
            assertThat(tags.add(tag)).as(query).isTrue();
            assertThat(get("/weights.safetensors?" + query, "If-None-Match", tag)
                            .statusCode())
                    .isEqualTo(304);
        }
        assertThat(tags.add(tag(get("/weights.pkl?sigmaRel=0.13")))).isTrue();
    }

    @Test
    void tellTheirSizeBeforeTheyAreComputed() throws Exception {
        var whole = get("/weights.safetensors?sigmaRel=0.13");
        var request = HttpRequest.newBuilder(uri("/weights.safetensors?sigmaRel=0.13"))
                .method("HEAD", HttpRequest.BodyPublishers.noBody())
                .build();
        var head = client.send(request, BodyHandlers.discarding());
        assertThat(head.headers().firstValueAsLong("Content-Length")).hasValue(whole.body().length);
        assertThat(tag(head)).isEqualTo(tag(whole));
    }

    @Test
    void areWhatThePageOfTheRunSays() throws Exception {
        HttpResponse<byte[]> page = client.send(
                HttpRequest.newBuilder(URI.create(
                                "http://localhost:" + port + "/runs/edm2/fit?sigmaRel=0.13&time=131072&solver=paper"))
                        .build(),
                BodyHandlers.ofByteArray());
        String html = new String(page.body(), StandardCharsets.UTF_8);
        assertThat(html).contains("paper-0.130@131k", "phema/edm2");
        List<String> offered = Pattern.compile(
                        "href=\"/api/v1/runs/edm2(/weights\\.[^\"]+)\" aria-label=\"Download [^:]+: ([^\"]+)\"")
                .matcher(html)
                .results()
                .map(link -> link.group(1) + " " + link.group(2))
                .toList();
        assertThat(offered).hasSize(Format.values().length - 1);
        for (String link : offered) {
            String[] words = link.replace("&amp;", "&").split(" ");
            assertThat(get(words[0]).headers().firstValue("Content-Disposition"))
                    .hasValue("attachment; filename=\"" + words[1] + "\"");
        }
    }

    private URI uri(String path) {
        return URI.create("http://localhost:" + port + "/api/v1/runs/edm2" + path);
    }

    private HttpResponse<byte[]> get(String path, String... headers) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(uri(path));
        if (headers.length > 0) request.headers(headers);
        return client.send(request.build(), BodyHandlers.ofByteArray());
    }

    private static String tag(HttpResponse<?> response) {
        return response.headers().firstValue("ETag").orElseThrow();
    }

    private WeightFile indexed(byte[] bytes) throws IOException {
        Path file = Files.createTempFile(folder, "weights", "");
        return WeightFiles.read(Files.write(file, bytes));
    }

    private static byte[] bytes(byte[] file, Tensor tensor) {
        int offset = Math.toIntExact(tensor.offset());
        return Arrays.copyOfRange(file, offset, offset + Math.toIntExact(tensor.bytes()));
    }
}
