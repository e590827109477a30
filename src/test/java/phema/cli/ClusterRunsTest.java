package phema.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import phema.TestWeights;
import phema.format.Tensor;
import phema.format.WeightFile;
import phema.format.WeightFiles;
import phema.tensor.DType;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Runs whose checkpoints are folders of {@code torch.distributed.checkpoint}. */
class ClusterRunsTest {
    private static final String[] STEPS = {"iter_0001000", "iter_0002000", "iter_0003000", "iter_0004000"};

    @TempDir
    private Path folder;

    private Path run = Path.of("");

    /** Megatron's, with masters that move and a model that does not. */
    @BeforeEach
    void copyRun() throws IOException {
        run = folder.resolve("run");
        for (int step = 0; step < STEPS.length; step++) {
            Path checkpoint = Shell.copy("clusters/megatron", run.resolve(STEPS[step]));
            WeightFile masters = masters(checkpoint);
            for (Tensor tensor : masters.tensors()) {
                float[] values = new float[(int) tensor.elements()];
                for (int i = 0; i < values.length; i++) values[i] = (float) Math.cos(0.1 * step + i);
                Path file = masters.parts().get(tensor.part()).path();
                try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                    channel.write(ByteBuffer.wrap(TestWeights.encode(DType.F32, values)), tensor.offset());
                }
                Shell.age(file);
            }
        }
    }

    private static WeightFile masters(Path checkpoint) throws IOException {
        return WeightFiles.readMasters(checkpoint.resolve(".metadata"), anywhere -> true);
    }

    @Test
    void mastersOfTheOptimizerAreAveragedUnderTheModelsNames() throws IOException {
        Path out = folder.resolve("out");
        String options = " --indir " + run + " --group optimizer.fp32 --outstd 0.1 ";
        JsonNode coefficients =
                Shell.phema("fit --json" + options).json().get("fits").get(0).get("coefficients");
        Shell.phema("reconstruct --format safetensors --outdir " + out + options)
                .fine();
        Shell.phema("reconstruct --outdir " + out + options).fine();

        WeightFile written = WeightFiles.read(out.resolve("phema-4000-0.100.safetensors"));
        WeightFile model = WeightFiles.read(run.resolve(STEPS[0] + "/.metadata"));
        assertThat(written.tensors())
                .extracting(Tensor::name)
                .containsExactlyInAnyOrderElementsOf(
                        model.tensors().stream().map(Tensor::name).toList());
        assertThat(written.metadata()).containsEntry("phema.group", "optimizer.fp32");
        WeightFile like = WeightFiles.read(out.resolve("phema-4000-0.100/.metadata"));
        for (Tensor tensor : written.tensors()) {
            assertThat(tensor.dtype()).isEqualTo(DType.F32);
            double[] expected = combined(coefficients, tensor.name());
            double[] found = TestWeights.values(written, tensor.name());
            for (int i = 0; i < expected.length; i++) assertThat(found[i]).isCloseTo(expected[i], within(1e-6));
            assertThat(TestWeights.values(like, tensor.name())).containsExactly(found);
        }
    }

    private double[] combined(JsonNode coefficients, String tensor) throws IOException {
        double[] sum = {};
        for (Map.Entry<String, JsonNode> each : coefficients.properties()) {
            double[] values =
                    TestWeights.values(masters(run.resolve(each.getKey().replace("/.metadata", ""))), tensor);
            if (sum.length == 0) sum = new double[values.length];
            for (int i = 0; i < sum.length; i++) sum[i] += each.getValue().asDouble() * values[i];
        }
        return sum;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "group: optimizer.fp32",
                "{group: optimizer.fp32, files: 'iter_{time}/.metadata', profile: impulse}"
            })
    void manifestsSayWhichWeightsAreMeant(String manifest) throws IOException {
        Files.writeString(run.resolve("phema.yaml"), manifest + "\n");
        JsonNode said = Shell.phema("fit --json --outstd 0.1 --indir " + run).json();
        Files.delete(run.resolve("phema.yaml"));
        JsonNode asked = Shell.phema("fit --json --outstd 0.1 --group optimizer.fp32 --indir " + run)
                .json();
        assertThat(said.get("fits")).isEqualTo(asked.get("fits"));
        JsonNode model = Shell.phema("fit --json --outstd 0.1 --indir " + run).json();
        assertThat(said.get("fits")).isNotEqualTo(model.get("fits"));
    }

    @Test
    void groupsThatAreNotThereAreRefused() throws IOException {
        assertThat(Shell.phema("fit --outstd 0.1 --group optimizer --indir " + run)
                        .complaint())
                .contains("--group", "it must be optimizer.fp32, not optimizer");
        assertThat(Shell.phema("fit --outstd 0.1 --group optimizer.fp32 --indir "
                                + Shell.FIXTURES.resolve("checkpoints"))
                        .complaint())
                .contains("holds no optimizer.fp32");
        Files.writeString(run.resolve("phema.yaml"), "group: ema\n");
        assertThat(Shell.phema("fit --outstd 0.1 --indir " + run).complaint())
                .contains("phema.yaml: line 1, column 8: group must be optimizer.fp32");
        Files.writeString(
                run.resolve("phema.yaml"),
                "{files: 'iter_{time}/.metadata', profile: impulse, prefix: optimizer.state.fp32_param.}\n");
        assertThat(Shell.phema("fit --outstd 0.1 --indir " + run).complaint())
                .contains("an optimizer's weights are had with `group: optimizer.fp32`");
    }

    @Test
    void inspectShowsThem() {
        String file = run.resolve(STEPS[0] + "/.metadata").toString();
        assertThat(Shell.phema("inspect --group optimizer.fp32 " + file).fine().out())
                .contains("phema.group: optimizer.fp32", "(F32 ");
        assertThat(Shell.phema("inspect " + file).fine().out()).contains("(BF16 ");
        assertThat(Shell.phema("inspect --group optimizer.fp32 " + run).fine().out())
                .contains("4 raw checkpoints");
    }

    /** Whoever copies a checkpoint, or is killed while writing it, leaves some of its files. */
    @Test
    void theNewestCheckpointMayStillBeWritten() throws IOException {
        Path data = run.resolve(STEPS[3] + "/__0_0.distcp");
        byte[] whole = Files.readAllBytes(data);
        Files.write(data, Arrays.copyOf(whole, whole.length / 2));
        assertThatNewestIsLeftOut("it is truncated, or not of this checkpoint");
        Files.delete(data);
        assertThatNewestIsLeftOut("names the file __0_0.distcp, which is missing");
        Path metadata = run.resolve(STEPS[3] + "/.metadata");
        byte[] description = Files.readAllBytes(metadata);
        Files.write(data, whole);
        Files.write(metadata, Arrays.copyOf(description, description.length / 2));
        assertThatNewestIsLeftOut(".metadata: ");
        Files.delete(metadata);
        assertThat(Shell.phema("fit --outstd 0.1 --indir " + run).fine().out())
                .contains("3 raw checkpoints", STEPS[3] + " holds no weights that are complete, and is not used");
    }

    private void assertThatNewestIsLeftOut(String why) throws IOException {
        for (String name : Shell.names(run.resolve(STEPS[3])))
            Shell.age(run.resolve(STEPS[3]).resolve(name));
        assertThat(Shell.phema("fit --outstd 0.1 --indir " + run).fine().out())
                .contains(
                        "3 raw checkpoints",
                        "not used (growing): ",
                        STEPS[3],
                        why,
                        "it is taken for one that is still");
    }

    @Test
    void anOlderCheckpointMustBeWhole() throws IOException {
        Files.delete(run.resolve(STEPS[1] + "/__0_0.distcp"));
        assertThat(Shell.phema("fit --outstd 0.1 --indir " + run).complaint())
                .contains(STEPS[1] + "/.metadata: names the file __0_0.distcp, which is missing", "Move that file");
    }

    @Test
    void aCheckpointThatIsWrittenOverLeavesNothingBehind() throws IOException {
        String line = "reconstruct --outstd 0.1 --indir " + run + " --outdir " + folder.resolve("out");
        Shell.phema(line + " --shard-size 4kB").fine();
        Path out = folder.resolve("out/phema-4000-0.100");
        assertThat(Shell.names(out)).contains("__0_4.distcp");
        Shell.phema(line + " --overwrite").fine();
        assertThat(Shell.names(out)).containsExactly(".metadata", "__0_0.distcp", "common.pt", "metadata.json");
        assertThat(WeightFiles.read(out.resolve(".metadata")).tensors()).isNotEmpty();

        Files.delete(out.resolve(".metadata"));
        Files.copy(out.resolve("__0_0.distcp"), out.resolve("__7_0.distcp"));
        assertThat(Shell.phema(line + " --overwrite").complaint())
                .contains("__7_0.distcp is there, which is of another checkpoint");
    }

    /** Megatron looks for a file that names the checkpoint, in the folder that it is told to load from. */
    @Test
    void megatronFindsTheCheckpoint() throws IOException {
        Files.writeString(run.resolve("latest_checkpointed_iteration.txt"), "2000");
        Path out = folder.resolve("out");
        Shell.phema("reconstruct --outstd 0.1 --indir " + run + " --outdir " + out)
                .fine();
        assertThat(Shell.names(out.resolve("phema-4000-0.100")))
                .containsExactly("iter_0004000", "latest_checkpointed_iteration.txt");
        assertThat(out.resolve("phema-4000-0.100/latest_checkpointed_iteration.txt"))
                .hasContent("4000");
        assertThat(Shell.names(out.resolve("phema-4000-0.100/iter_0004000")))
                .containsExactly(".metadata", "__0_0.distcp", "common.pt", "metadata.json");
    }

    @ParameterizedTest
    @ValueSource(strings = {"iter_0004000/", ""})
    void transformersLoadsShardsOfSafetensors(String where) throws IOException {
        Files.writeString(run.resolve(where + "config.json"), "{\"model_type\": \"gpt2\"}");
        Files.writeString(run.resolve(where + "tokenizer.json"), "{}");
        Path out = folder.resolve("out");
        String line = "reconstruct --outstd 0.1 --format safetensors --indir " + run + " --outdir " + out;
        Shell.phema(line + " --shard-size 4kB").fine();
        Path model = out.resolve("phema-4000-0.100");
        assertThat(Shell.names(model))
                .contains(
                        "config.json",
                        "tokenizer.json",
                        "model.safetensors.index.json",
                        "model-00001-of-00004.safetensors")
                .doesNotContain("common.pt", "metadata.json");
        assertThat(model.resolve("config.json")).hasContent("{\"model_type\": \"gpt2\"}");
        Shell.phema(line).fine();
        WeightFile whole = WeightFiles.read(out.resolve("phema-4000-0.100.safetensors"));
        WeightFile shards = WeightFiles.read(model.resolve("model.safetensors.index.json"));
        for (Tensor tensor : whole.tensors())
            assertThat(TestWeights.values(shards, tensor.name()))
                    .containsExactly(TestWeights.values(whole, tensor.name()));
        JsonNode index = JsonMapper.shared().readTree(model.resolve("model.safetensors.index.json"));
        assertThat(index.get("weight_map").size()).isEqualTo(whole.tensors().size());
        assertThat(index.get("metadata").get("total_size").asLong())
                .isEqualTo(whole.tensors().stream().mapToLong(Tensor::bytes).sum());
    }

    @Test
    void ranksThatDoNotWaitForEachOtherMakeARun() throws IOException {
        Path ranks = folder.resolve("ranks");
        for (String step : STEPS) Shell.copy("clusters/ranks", ranks.resolve(step));
        assertThat(Shell.phema("inspect " + ranks).fine().out())
                .contains("4 raw checkpoints", "files: 'iter_{time}/__0.metadata'");
    }
}
