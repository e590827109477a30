package phema.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import phema.Fixtures;
import phema.TestWeights;
import phema.digest.Digest;
import phema.tensor.DType;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The fixtures are what {@code src/interop/make_clusters.py} and trainers wrote. */
class DcpReaderTest {
    @TempDir
    Path folder;

    /** Element type, shape and SHA-256 of the elements of every tensor, as torch reads them. */
    static Map<String, String> digests(String checkpoint) throws IOException {
        JsonNode all = JsonMapper.shared().readTree(Fixtures.fixture("clusters/digests.json"));
        Map<String, String> digests = new TreeMap<>();
        all.get(checkpoint).forEachEntry((name, tensor) -> {
            List<String> dims = new ArrayList<>();
            tensor.get(1).forEach(dim -> dims.add(dim.asString()));
            digests.put(
                    name, tensor.get(0).asString() + dims + " " + tensor.get(2).asString());
        });
        return digests;
    }

    static Map<String, String> digests(WeightFile file) {
        Map<String, String> digests = new TreeMap<>();
        for (Tensor tensor : file.tensors())
            digests.put(
                    tensor.name(),
                    tensor.dtype() + "" + tensor.shape() + " "
                            + Digest.sha256()
                                    .add(TestWeights.elements(file, tensor))
                                    .hex());
        return digests;
    }

    @ParameterizedTest
    @CsvSource({
        "cuts, cuts/.metadata",
        "ranks, ranks/__0.metadata",
        "ranks, ranks/__5.metadata",
        "torchtitan, torchtitan/.metadata",
        "torchtitan-2-ranks, torchtitan-2-ranks/.metadata",
        "megatron, megatron/.metadata",
        "hf, hf/shard-00001-model-00001-of-00001.safetensors",
        "hf-consolidated, hf-consolidated/model.safetensors.index.json"
    })
    void readsWhatTorchReads(String checkpoint, String path) throws IOException {
        assertThat(digests(read(path))).isEqualTo(digests(checkpoint));
    }

    @Test
    void tensorsAreInTheOrderOfTheModel() throws IOException {
        assertThat(read("megatron/.metadata").tensors())
                .extracting(Tensor::name)
                .startsWith("embedding.word_embeddings.weight", "decoder.layers.self_attention.linear_qkv.weight");
    }

    @Test
    void plainValuesAreMetadata() throws IOException {
        assertThat(read("cuts/.metadata").metadata())
                .isEqualTo(Map.of("train_state.step", "300", "train_state.name", "run"));
        assertThat(read("ranks/__0.metadata").metadata()).containsEntry("train_state.step", "400");
        assertThat(read("torchtitan-2-ranks/.metadata").metadata()).containsEntry("train_state.step", "200");
    }

    @Test
    void allFilesAreParts() throws IOException {
        assertThat(read("cuts/.metadata").parts())
                .extracting(part -> String.valueOf(part.path().getFileName()))
                .containsExactly(
                        ".metadata",
                        "__0_0.distcp",
                        "__1_0.distcp",
                        "__2_0.distcp",
                        "__3_0.distcp",
                        "__4_0.distcp",
                        "__5_0.distcp",
                        "__6_0.distcp",
                        "__7_0.distcp");
    }

    @Test
    void optimizersKeepWeightsInSinglePrecision() throws IOException {
        WeightFile masters = WeightFiles.readMasters(Fixtures.fixture("clusters/megatron/.metadata"), anywhere -> true);
        WeightFile model = read("megatron/.metadata");
        assertThat(masters.tensors())
                .extracting(Tensor::name)
                .isEqualTo(model.tensors().stream().map(Tensor::name).toList());
        // Rounded to the model's type they are the model.
        for (Tensor tensor : model.tensors()) {
            assertThat(TestWeights.tensor(masters, tensor.name()).dtype()).isEqualTo(DType.F32);
            double[] master = TestWeights.values(masters, tensor.name());
            double[] rounded = TestWeights.values(model, tensor.name());
            assertThat(master).isNotEqualTo(rounded);
            for (int i = 0; i < rounded.length; i++)
                assertThat(Math.abs(master[i] - rounded[i]))
                        .isLessThanOrEqualTo(tensor.dtype().ulp(rounded[i]) / 2);
        }
        assertThat(WeightFiles.areMasters(masters)).isTrue();
        assertThat(WeightFiles.areMasters(model)).isFalse();
        assertRefusesMasters(
                "clusters/cuts/.metadata", "has no optimizer.fp32: no entries optimizer.state.fp32_param.*");
        assertRefusesMasters(
                "clusters/hf-consolidated/model.safetensors.index.json", "holds no optimizer.fp32: the weights that");
    }

    private static void assertRefusesMasters(String fixture, String message) {
        assertThatThrownBy(() -> WeightFiles.readMasters(Fixtures.fixture(fixture), anywhere -> true))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining(message);
    }

    /** As Megatron's distributed optimizer saved its own until flattened ranges were given up. */
    @Test
    void mastersOfRunsOfBlocksAreReadAsTheModel() throws IOException {
        WeightFile masters = WeightFiles.readMasters(Fixtures.fixture("clusters/flat/.metadata"), anywhere -> true);
        assertThat(digests(masters)).isEqualTo(digests("flat"));
        assertThat(TestWeights.tensor(masters, "stacked.weight")
                        .pieces()
                        .orElseThrow()
                        .count())
                .isGreaterThan(8);
    }

    @Test
    void aCheckpointWithoutItsMetadataIsStillWritten() throws IOException {
        Path metadata = copy("cuts").resolve(".metadata");
        Files.move(metadata, metadata.resolveSibling(".metadata.tmp"));
        Samples.assertRefused(
                metadata, "does not exist yet, but .metadata.tmp does: the checkpoint is still being written");
        Files.delete(metadata.resolveSibling(".metadata.tmp"));
        Samples.assertRefused(metadata, "does not exist, though .distcp files do");
        assertThatThrownBy(() -> WeightFiles.read(metadata))
                .isInstanceOfSatisfying(
                        FormatException.class, e -> assertThat(e.isIncomplete()).isTrue());
        Samples.assertRefused(
                copy("ranks").resolve(".metadata"), "does not exist, since each rank has its own; name __0.metadata");
        Samples.assertRefused(folder.resolve(".metadata"), "does not exist");
    }

    @Test
    void aMissingFileOfARankIsNamed() throws IOException {
        Path metadata = copy("cuts").resolve(".metadata");
        Files.delete(metadata.resolveSibling("__3_0.distcp"));
        Samples.assertRefused(metadata, "names the file __3_0.distcp, which is missing");
    }

    @Test
    void missingMetadataOfARankIsNamed() throws IOException {
        Path first = copy("ranks").resolve("__0.metadata");
        for (int rank = 5; rank < 8; rank++) {
            Files.delete(first.resolveSibling("__" + rank + ".metadata"));
            Files.delete(first.resolveSibling("__" + rank + "_0.distcp"));
        }
        Samples.assertRefused(first, "`columns` has 40 elements in 5 pieces where its shape [4, 12] has 48");
        Files.delete(first.resolveSibling("__3.metadata"));
        Samples.assertRefused(first, "is one of 4, but __3.metadata is missing");
    }

    @Test
    void filesOfAnotherCheckpointInTheFolderAreNamed() throws IOException {
        Path metadata = copy("torchtitan-2-ranks").resolve(".metadata");
        Files.write(metadata.resolveSibling("__2_0.distcp"), new byte[0]);
        assertThat(WeightFiles.read(metadata).tensors()).hasSize(24);
        Files.write(metadata.resolveSibling("__2_0.distcp"), new byte[1]);
        Samples.assertRefused(
                metadata, "does not name the file __2_0.distcp beside it, which is of another checkpoint");
    }

    @Test
    void aFileOfAnotherCheckpointInARanksPlaceIsNamed() throws IOException {
        Path metadata = copy("cuts").resolve(".metadata");
        Path file = metadata.resolveSibling("__1_0.distcp");
        byte[] own = Files.readAllBytes(file);
        Files.copy(metadata.resolveSibling("__7_0.distcp"), file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        assertThatThrownBy(() -> WeightFiles.read(metadata))
                .isInstanceOf(FormatException.class)
                .hasMessageStartingWith(file + ": ");
        Files.write(file, java.util.Arrays.copyOf(own, own.length - 100));
        assertThatThrownBy(() -> WeightFiles.read(metadata)).hasMessageContaining("it is truncated, or not of this");
    }

    @Test
    void aPieceOfACheckpointIsNotTheCheckpoint() {
        Samples.assertRefused(
                Fixtures.fixture("clusters/cuts/__0_0.distcp"),
                "is one of the files of a distributed checkpoint; name the .metadata beside it");
    }

    /** Where shapes stand nowhere, what lies behind the last piece that is there cannot be missed. */
    @Test
    void aMissingPieceOfSafetensorsIsNamed() throws IOException {
        Path first = copy("hf").resolve("shard-00001-model-00001-of-00001.safetensors");
        assertThat(WeightFiles.read(first).metadata()).containsOnlyKeys("format");
        Files.delete(first.resolveSibling("shard-00002-model-00001-of-00001.safetensors"));
        Samples.assertRefused(first, "pieces where its shape");
    }

    @Test
    void everyChunkIsVerifiedByItsChecksums() throws IOException {
        Path metadata = copy("torchtitan-2-ranks").resolve(".metadata");
        Verification sound = WeightFiles.verify(metadata, bytes -> {});
        assertThat(sound.faults()).isEmpty();
        assertThat(sound.verified())
                .contains(
                        "280 of 280 zip entries by their CRC-32, as the directory and their own" + " headers state it");
        WeightFile file = WeightFiles.read(metadata);
        Tensor piece = TestWeights.tensor(file, "norm.weight").in(2).getFirst();
        Path damaged = file.parts().get(2).path();
        byte[] bytes = Files.readAllBytes(damaged);
        bytes[(int) piece.offset()] ^= 1;
        Files.write(damaged, bytes);
        assertThat(WeightFiles.verify(metadata, n -> {}).faults())
                .singleElement()
                .asString()
                .contains("(tensor `norm.weight`) does not match its CRC-32");
    }

    private Path copy(String checkpoint) throws IOException {
        return Fixtures.copy("clusters/" + checkpoint, folder.resolve(checkpoint));
    }

    private static WeightFile read(String path) throws IOException {
        return WeightFiles.read(Fixtures.fixture("clusters/" + path));
    }

    @ParameterizedTest
    @CsvSource({
        "optim.state.a.exp_avg, true",
        "app.optim.state.a.exp_avg, true",
        "state.optimizers.Adam.state.a.step, true",
        "optim_state_dict.state.a.step, true",
        "trainer.opt.a.momentum_buffer, true",
        "model.layers.0.weight, false",
        "optimum.weight, false",
        "model.exp_avg.weight, false"
    })
    void whatOptimizersKeepIsNoWeight(String name, boolean kept) {
        assertThat(DcpReader.OPTIMIZER.test(name)).isEqualTo(kept);
    }
}
