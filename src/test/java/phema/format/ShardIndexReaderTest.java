package phema.format;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static phema.Fixtures.fixture;
import static phema.format.Samples.contents;
import static phema.format.Samples.safetensors;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ShardIndexReaderTest {
    private static final String A = "model-00001-of-00002.safetensors";
    private static final String B = "model-00002-of-00002.safetensors";

    @TempDir
    Path folder;

    @BeforeEach
    void writeShards() throws IOException {
        safetensors(
                folder.resolve(A),
                "{\"__metadata__\":{\"format\":\"pt\"},\"x\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}",
                2);
        safetensors(
                folder.resolve(B),
                "{\"y\":{\"dtype\":\"F16\",\"shape\":[],\"data_offsets\":[0,2]},\"z\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[2,3]}}",
                3);
    }

    @Test
    void readsAllShardsAsOneFile() throws IOException {
        WeightFile file = WeightFiles.read(index(
                "{'metadata':{'total_size':5,'made_by':'x'},'weight_map':{'z':'%s','x':'%s','y':'%s'}}", B, A, B));
        assertThat(file.path()).hasFileName("model.safetensors.index.json");
        assertThat(file.format()).isEqualTo(Format.SAFETENSORS);
        assertThat(file.metadata()).containsOnlyKeys("format", "made_by");
        assertThat(file.parts().stream().map(part -> part.path().getFileName().toString()))
                .containsExactly(A, B);
        assertThat(file.tensors().stream().map(Tensor::name)).containsExactly("x", "y", "z");
        assertThat(file.tensors().stream().map(Tensor::part)).containsExactly(0, 1, 1);
        assertThat(file.size()).isEqualTo(Files.size(folder.resolve(A)) + Files.size(folder.resolve(B)));
    }

    /** As Transformers and ColossalAI write them, unless they write safetensors. */
    @Test
    void readsFilesOfTorchAsOneFile() throws IOException {
        WeightFile first = WeightFiles.read(fixture("torch/tensors.pt"));
        Files.copy(first.path(), folder.resolve("pytorch_model-00001.bin"));
        WeightFile second = WeightFiles.read(fixture("torch/tied/step-000200.pt"));
        Files.copy(second.path(), folder.resolve("pytorch_model-00002.bin"));
        String map = Stream.of(first, second)
                .flatMap(file -> file.tensors().stream()
                        .map(tensor ->
                                "\"%s\":\"pytorch_model-0000%d.bin\"".formatted(tensor.name(), file == first ? 1 : 2)))
                .collect(joining(","));

        WeightFile whole = WeightFiles.read(index("{'weight_map':{%s}}", map));

        assertThat(whole.format()).isEqualTo(Format.TORCH_ZIP);
        assertThat(whole.parts()).hasSize(2);
        assertThat(contents(whole)).containsAll(contents(first)).containsAll(contents(second));
    }

    @Test
    void findsTheIndexOfAFileThatIsReadAlone() throws IOException {
        index("{'weight_map':{'x':'%s','y':'%s','z':'%s'}}", A, B, B);
        ShardIndexes indexes = new ShardIndexes(anywhere -> true);

        assertThat(indexes.incomplete(WeightFiles.read(folder.resolve(A))))
                .contains(new ShardIndexes.ListedFile("model.safetensors.index.json", 2, 3));
        assertThat(indexes.incomplete(WeightFiles.read(folder.resolve("model.safetensors.index.json"))))
                .isEmpty();
    }

    @Test
    void aTensorThatIsNotWhereTheIndexSaysIsRefused() throws IOException {
        assertRefused("tensor `q` is not in " + A, "{'weight_map':{'x':'%s','q':'%s'}}", A, A);
        assertRefused("tensor `z` lies in " + B, "{'weight_map':{'x':'%s','y':'%s'}}", A, B);
        assertRefused("tensor `z` lies in " + B, "{'weight_map':{'x':'%s','y':'%s','z':'%s'}}", A, B, A);
    }

    @ParameterizedTest
    @ValueSource(strings = {"../secret.safetensors", "/etc/passwd", "..", ".", "", "a/../b", "a\\\\b", "a\\u0000b"})
    void aShardOutsideOfTheFolderIsRefused(String name) throws IOException {
        assertRefused("shards must lie in the folder of their index", "{'weight_map':{'x':'%s'}}", name);
    }

    @Test
    void aShardThatIsMissingIsNamed() throws IOException {
        Path path = index("{'weight_map':{'x':'gone.safetensors'}}");
        assertThatThrownBy(() -> WeightFiles.read(path))
                .isInstanceOf(FormatException.class)
                .hasMessage(folder.resolve("gone.safetensors") + ": does not exist");
    }

    @Test
    void jsonThatIsNoIndexIsRefused() throws IOException {
        assertRefused("has no `weight_map`", "{'architectures':['X']}");
        assertRefused("has no `weight_map`", "{'weight_map':{}}");
        assertRefused("START_ARRAY where START_OBJECT belongs", "{'weight_map':[]}");
        assertRefused("not valid JSON", "{'weight_map':{'x':'a','x':'b'}}");
        assertRefused("not valid JSON", "{'weight_map':");
    }

    private void assertRefused(String problem, String json, String... shards) throws IOException {
        Path path = index(json, shards);
        assertThatThrownBy(() -> WeightFiles.read(path))
                .isInstanceOf(FormatException.class)
                .hasMessageStartingWith(path + ": ")
                .hasMessageContaining(problem);
    }

    private Path index(String json, String... shards) throws IOException {
        return Files.writeString(
                folder.resolve("model.safetensors.index.json"),
                json.formatted((Object[]) shards).replace('\'', '"'));
    }
}
