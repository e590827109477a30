package phema.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import phema.Fixtures;
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

    /** A header of half of a tensor's elements, which says where they begin. */
    private static final String PIECE = """
            {"__metadata__": {"DCP_SHARDING_INFO": "{\\\"a\\\": {\\\"saved_offsets\\\": [%d]}}"},
            "a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}""";

    @TempDir
    private Path folder;

    private Path run = Path.of("");

    /** Megatron's, with masters that move and a model that does not. */
    @BeforeEach
    void copyRun() throws IOException {
        run = folder.resolve("run");
        for (int step = 0; step < STEPS.length; step++) {
            Path checkpoint = Fixtures.copy("clusters/megatron", run.resolve(STEPS[step]), 1000 * (step + 1));
            WeightFile masters = masters(checkpoint);
            for (Tensor tensor : masters.tensors()) {
                float[] values = new float[(int) tensor.elements()];
                for (int i = 0; i < values.length; i++) values[i] = (float) Math.cos(0.1 * step + i);
                Path file = masters.parts().get(tensor.part()).path();
                try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                    channel.write(ByteBuffer.wrap(TestWeights.encode(DType.F32, values)), tensor.offset());
                }
            }
            age(checkpoint);
        }
    }

    private static void age(Path checkpoint) throws IOException {
        for (String name : Shell.names(checkpoint)) Shell.age(checkpoint.resolve(name));
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
        assertThatNewestIsLeftOut("does not exist, though .distcp files do");
    }

    private void assertThatNewestIsLeftOut(String why) throws IOException {
        age(run.resolve(STEPS[3]));
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
                .contains(
                        STEPS[1] + "/.metadata: names the file __0_0.distcp, which is missing",
                        "Move the folder " + STEPS[1]);
        Files.delete(run.resolve(STEPS[1] + "/.metadata"));
        Fixtures.copy("clusters/megatron", folder.resolve("other"));
        Files.copy(folder.resolve("other/__0_0.distcp"), run.resolve(STEPS[1] + "/__0_0.distcp"));
        for (String manifest : List.of("", "{files: 'iter_{time}/.metadata', profile: impulse}")) {
            if (!manifest.isEmpty()) Files.writeString(run.resolve("phema.yaml"), manifest);
            assertThat(Shell.phema("fit --outstd 0.1 --indir " + run).complaint())
                    .contains(STEPS[1] + "/.metadata: does not exist, though .distcp files do");
        }
    }

    /** A copy under another name would be the weights of another time. */
    @Test
    void theStepThatACheckpointStatesCounts() throws IOException {
        Files.move(run.resolve(STEPS[1]), run.resolve("iter_0002500"));
        assertThat(Shell.phema("fit --outstd 0.1 --indir " + run).complaint())
                .contains("iter_0002500/.metadata is named for time 2500, its metadata says `iteration` 2000");
        Path titan = folder.resolve("titan");
        for (int step : List.of(40, 80, 120)) {
            Fixtures.copy("clusters/torchtitan-2-ranks", titan.resolve("step-" + step), step);
            age(titan.resolve("step-" + step));
        }
        Files.move(titan.resolve("step-80"), titan.resolve("step-100"));
        assertThat(Shell.phema("fit --outstd 0.1 --indir " + titan).complaint())
                .contains("step-100/.metadata#", "is named for time 100, its metadata says `train_state.step` 80");
    }

    /** Of the optimizer's files, which hold the weights in single precision. */
    @Test
    void deepSpeedsCheckpointsHaveTheFilesOfTheOptimizerOrNot() throws IOException {
        Path own = folder.resolve("deepspeed");
        for (int step = 2; step <= 5; step++) {
            // Not global_stepN, as all state one step.
            Path checkpoint = Fixtures.copy("clusters/deepspeed", own.resolve("checkpoint-" + step));
            age(checkpoint);
        }
        withoutOptimizer(own.resolve("checkpoint-5"));
        assertThat(Shell.phema("inspect " + own).fine().out())
                .contains(
                        "3 raw checkpoints", "not used (growing): checkpoint-5/mp_rank_00_model_states.pt has no *_op");
        Files.move(own.resolve("checkpoint-5"), own.resolve("checkpoint-1"));
        assertThat(Shell.phema("fit --outstd 0.1 --indir " + own).complaint())
                .contains("checkpoint-1/mp_rank_00_model_states.pt has no *_optim_states.pt files beside it");
        withoutOptimizer(own.resolve("checkpoint-2"));
        assertThat(Shell.phema("inspect " + own).fine().out()).contains("4 raw checkpoints", "Element types differ");
    }

    private static void withoutOptimizer(Path checkpoint) throws IOException {
        for (String name : Shell.names(checkpoint))
            if (name.endsWith("_optim_states.pt")) Files.delete(checkpoint.resolve(name));
    }

    /** The Trainer of Hugging Face has DeepSpeed's folder in its own; a run may go on with another stage. */
    @Test
    void deepSpeedsCheckpointsAreFoundInOthers() throws IOException {
        Path own = folder.resolve("trainer");
        for (int step : List.of(1, 2, 3)) {
            Path checkpoint = own.resolve("checkpoint-" + step + "/global_step" + step);
            age(Fixtures.copy("clusters/" + (step < 3 ? "zero2" : "zero3"), checkpoint));
        }
        assertThat(Shell.phema("inspect " + own).fine().out())
                .contains("3 raw checkpoints", "checkpoint-3/global_step3/zero_pp_rank_0_mp_rank_00_model_states.pt")
                .doesNotContain("files: ");
        Files.move(own.resolve("checkpoint-3"), folder.resolve("other"));
        assertThat(Shell.phema("inspect " + own).fine().out())
                .contains("files: 'checkpoint-{time}/global_step*/mp_rank_00_model_states.pt'");
        Files.writeString(
                own.resolve("phema.yaml"),
                "files: 'checkpoint-{time}/global_step*/mp_rank_00_model_states.pt'\nprofile: impulse\n");
        assertThat(Shell.phema("inspect " + own).fine().out()).contains("2 raw checkpoints");
    }

    /** Their names say that they are averages since the beginning. */
    @Test
    void averagesThatBeganLateAreNotTakenForWhatTheyAreCalled() throws IOException {
        Path titan = folder.resolve("titan");
        for (int step : List.of(40, 80, 120)) {
            Fixtures.copy("clusters/torchtitan-2-ranks", titan.resolve("step-" + step), step);
            age(titan.resolve("step-" + step));
        }
        assertThat(Shell.phema("inspect " + titan).fine().out()).contains("half_life_0p05");
        WeightFile newest = WeightFiles.read(titan.resolve("step-40/.metadata"));
        Path early = Files.createDirectories(titan.resolve("step-20"));
        Shell.phema("reconstruct --outstd 0.1 --format dcp --indir " + titan + " --outdir " + early)
                .fine();
        for (String name : Shell.names(early.resolve("phema-120-0.100")))
            Files.move(early.resolve("phema-120-0.100/" + name), early.resolve(name));
        Files.delete(early.resolve("phema-120-0.100"));
        age(early);
        assertThat(newest.tensors()).anyMatch(tensor -> tensor.name().startsWith("ema.state."));
        assertThat(Shell.phema("inspect " + titan).fine().out())
                .contains(
                        "4 raw checkpoints",
                        "is an average that began after time 20, as step-20/.metadata holds none",
                        "updateAfterStep")
                .doesNotContain("has no snapshot at");
    }

    @Test
    void whatRanksSaveByThemselvesIsNoCheckpoint() throws IOException {
        Path ranks = folder.resolve("alone");
        Path source = Shell.FIXTURES.resolve("clusters/deepspeed/mp_rank_00_model_states.pt");
        for (String step : STEPS) {
            Files.createDirectories(ranks.resolve(step));
            for (int rank = 0; rank < 2; rank++) {
                Path file = ranks.resolve(step + "/pytorch_model_rank" + rank + ".bin");
                Files.copy(source, file);
                Shell.age(file);
            }
        }
        assertThat(Shell.phema("inspect " + ranks.resolve(STEPS[0] + "/pytorch_model_rank1.bin"))
                        .complaint())
                .contains("is of one rank, as is pytorch_model_rank0.bin beside it");
        for (String step : STEPS) Files.delete(ranks.resolve(step + "/pytorch_model_rank1.bin"));
        assertThat(Shell.phema("inspect " + ranks.resolve(STEPS[0] + "/pytorch_model_rank0.bin"))
                        .fine()
                        .out())
                .contains("8 tensors");
    }

    @Test
    void shardsOfTorchAreReadTogether() throws IOException {
        Path shards = folder.resolve("bins");
        Path one = Shell.FIXTURES.resolve("clusters/deepspeed/mp_rank_00_model_states.pt");
        Path first = Files.createDirectories(shards).resolve("pytorch_model-00001-of-00002.bin");
        Files.copy(one, first);
        assertThat(Shell.phema("inspect " + first).complaint())
                .contains("is one of 2 files, but pytorch_model-00002-of-00002.bin is missing");
        Files.copy(one, first.resolveSibling("pytorch_model-00002-of-00002.bin"));
        assertThat(Shell.phema("inspect " + first).complaint()).contains("is in another of the 2 files as well");
        Files.copy(
                Shell.FIXTURES.resolve("clusters/deepspeed/bf16_zero_pp_rank_0_mp_rank_00_optim_states.pt"),
                first.resolveSibling("pytorch_model-00002-of-00002.bin"),
                StandardCopyOption.REPLACE_EXISTING);
        int together = WeightFiles.read(one).tensors().size();
        assertThat(WeightFiles.read(first).tensors()).hasSizeGreaterThan(together);
        assertThat(WeightFiles.read(first).parts()).hasSize(2);
    }

    @Test
    void oneCheckpointsFolderIsNoRun() {
        assertThat(Shell.phema("inspect " + run.resolve(STEPS[0])).out())
                .contains("This folder is one checkpoint.", "name the folder above, " + run)
                .doesNotContain("weight files are not used");
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

    /** As Accelerate's FSDP writes them: the weights one level below the configuration. */
    @ParameterizedTest
    @ValueSource(strings = {"clusters/megatron", "clusters/deepspeed"})
    void theConfigurationMayBeAboveTheWeights(String kind) throws IOException {
        Path deep = folder.resolve("deep");
        for (int step = 1; step <= 3; step++) {
            Path checkpoint = deep.resolve("checkpoint-" + step);
            age(Fixtures.copy(kind, checkpoint.resolve("pytorch_model_fsdp_0")));
            Files.writeString(checkpoint.resolve("config.json"), "{}");
        }
        Path out = folder.resolve("out");
        Shell.phema("reconstruct --outstd 0.1 --format safetensors --shard-size 4kB --indir " + deep + " --outdir "
                        + out)
                .fine();
        assertThat(Shell.names(out.resolve("phema-3-0.100"))).contains("config.json", "model.safetensors.index.json");
    }

    @Test
    void ranksThatDoNotWaitForEachOtherMakeARun() throws IOException {
        Path ranks = folder.resolve("ranks");
        // Not stepN, as all state one step.
        for (int step = 1; step <= 4; step++) Shell.copy("clusters/ranks", ranks.resolve("checkpoint-" + step));
        assertThat(Shell.phema("inspect " + ranks).fine().out())
                .contains("4 raw checkpoints", "files: 'checkpoint-{time}/__0.metadata'");
        Files.delete(ranks.resolve("checkpoint-4/__7.metadata"));
        assertThat(Shell.phema("inspect " + ranks).fine().out())
                .contains("not used (growing): ", "but __7.metadata is missing, though __7_0.distcp is there");
        Files.delete(ranks.resolve("checkpoint-4/__0.metadata"));
        assertThat(Shell.phema("inspect " + ranks).fine().out())
                .contains("not used (growing): ", "/__0.metadata: does not exist, though .distcp files do");
    }

    /** How many files of pieces there should be, nothing says. */
    @Test
    void piecesInSafetensorsMakeARun() throws IOException {
        Path pieces = folder.resolve("pieces");
        for (String step : STEPS)
            for (int rank = 1; rank <= 3; rank++)
                Shell.age(TestWeights.safetensors(
                        Files.createDirectories(pieces.resolve(step)).resolve(shard(rank)),
                        PIECE.formatted(2 * (rank - 1)),
                        TestWeights.encode(DType.F32, rank, step.charAt(5))));
        assertThat(Shell.phema("inspect " + pieces).fine().out())
                .contains(
                        "4 raw checkpoints",
                        "Each checkpoint is taken to be the 3 files named shard-* that lie there",
                        "files: 'iter_{time}/shard-00001-model-00001-of-00001.safetensors'");
        Files.delete(pieces.resolve(STEPS[3]).resolve(shard(3)));
        assertThat(Shell.phema("inspect " + pieces).fine().out())
                .contains("taken to be the 2 or 3 files", "not used (growing): " + STEPS[3] + "/shard-00001-");
        Files.delete(pieces.resolve(STEPS[1]).resolve(shard(2)));
        assertThat(Shell.phema("fit --outstd 0.1 --indir " + pieces).complaint())
                .contains(
                        STEPS[1] + "/shard-00001-", "tensor `a` has 4 elements in 2 pieces where its shape [6] has 6");
    }

    /** One piece of the oldest checkpoint looks like the first pieces of all others. */
    @Test
    void piecesAreNotReadAsThoseOfACheckpointThatLacksSome() throws IOException {
        Path pieces = folder.resolve("pieces");
        for (String step : STEPS)
            for (int rank = 1; rank <= (step.equals(STEPS[0]) ? 1 : 3); rank++)
                Shell.age(TestWeights.safetensors(
                        Files.createDirectories(pieces.resolve(step)).resolve(shard(rank)),
                        PIECE.formatted(2 * (rank - 1)),
                        TestWeights.encode(DType.F32, rank, step.charAt(5))));
        assertThat(Shell.phema("inspect " + pieces).fine().out())
                .contains("3 raw checkpoints", STEPS[0] + "/shard-00001-")
                .contains("holds tensor a with shape [2], most of the run's files with [6]");
    }

    private static String shard(int rank) {
        return "shard-0000" + rank + "-model-00001-of-00001.safetensors";
    }

    @Test
    void shardsWithoutAnIndexAreNumbered() throws IOException {
        Path shards = folder.resolve("shards");
        for (String step : STEPS) {
            Shell.copy("clusters/hf-consolidated", shards.resolve(step));
            Files.delete(shards.resolve(step + "/model.safetensors.index.json"));
        }
        Path first = shards.resolve(STEPS[0] + "/model-00001-of-00002.safetensors");
        WeightFile whole =
                WeightFiles.read(Shell.FIXTURES.resolve("clusters/hf-consolidated/model.safetensors.index.json"));
        assertThat(WeightFiles.read(first).tensors())
                .extracting(Tensor::name)
                .containsExactlyInAnyOrderElementsOf(
                        whole.tensors().stream().map(Tensor::name).toList());
        assertThat(Shell.phema("inspect " + shards).fine().out()).contains("4 raw checkpoints");
        Files.delete(first);
        assertThat(Shell.phema("fit --outstd 0.1 --indir " + shards).complaint())
                .contains(first + ": does not exist, though model-00002-of-00002.safetensors does");
        Files.copy(first.resolveSibling("model-00002-of-00002.safetensors"), first);
        assertThat(Shell.phema("fit --outstd 0.1 --indir " + shards).complaint())
                .contains("is in another of the 2 files as well");
        Files.move(first, first.resolveSibling("model-00003-of-00003.safetensors"));
        assertThat(Shell.phema("inspect " + first.resolveSibling("model-00002-of-00002.safetensors"))
                        .complaint())
                .contains("lies beside model-00003-of-00003.safetensors, which is one of 3 files");
    }
}
