package phema.format;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import phema.Fixtures;
import phema.TestWeights;
import phema.tensor.DType;

/** The fixtures are what {@code src/interop/make_clusters.py} makes. */
class DeepSpeedReaderTest {
    private static final String MODEL = "mp_rank_00_model_states.pt";

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({
        "zero2, zero2/mp_rank_00_model_states.pt",
        "zero3, zero3/zero_pp_rank_0_mp_rank_00_model_states.pt",
        "zero3, zero3/zero_pp_rank_1_mp_rank_00_model_states.pt"
    })
    void putsTheWeightsTogether(String checkpoint, String path) throws IOException {
        WeightFile file = WeightFiles.read(Fixtures.fixture("clusters/" + path));
        assertThat(DcpReaderTest.digests(file)).isEqualTo(DcpReaderTest.digests(checkpoint));
        assertThat(file.metadata()).containsEntry("global_steps", "100");
        assertThat(TestWeights.tensor(file, "module.positions").role()).isEqualTo(Tensor.TensorRole.BUFFER);
        assertThat(SharedElements.of(file))
                .singleElement()
                .extracting(SharedElements::tensors)
                .asList()
                .extracting(tensor -> ((Tensor) tensor).name())
                .containsExactlyInAnyOrder("module.embed", "module.tied");
    }

    /** As HunyuanDiT saves its average; what is no copy of the weights is left out. */
    @Test
    void readsAnAverageThatLiesBesideTheModel() throws IOException {
        WeightFile file = WeightFiles.read(Fixtures.fixture("clusters/zero2-ema/" + MODEL));
        assertThat(DcpReaderTest.digests(file)).isEqualTo(DcpReaderTest.digests("zero2-ema"));
    }

    @Test
    void singlePrecisionRoundsToTheModel() throws IOException {
        Path model =
                Fixtures.copy("clusters/deepspeed", folder.resolve("whole")).resolve(MODEL);
        WeightFile masters = WeightFiles.read(Fixtures.fixture("clusters/deepspeed/" + MODEL));
        for (int rank = 0; rank < 2; rank++)
            Files.delete(model.resolveSibling("bf16_zero_pp_rank_" + rank + "_mp_rank_00_optim_states.pt"));
        WeightFile rounded = WeightFiles.read(model);
        assertThat(rounded.parts()).hasSize(1);
        assertThat(rounded.tensors()).allMatch(tensor -> tensor.dtype() == DType.BF16);
        assertThat(masters.tensors()).allMatch(tensor -> tensor.dtype() == DType.F32);
        assertThat(names(masters)).isEqualTo(names(rounded));
        for (Tensor tensor : rounded.tensors()) {
            double[] exact = TestWeights.values(masters, tensor.name());
            double[] near = TestWeights.values(rounded, tensor.name());
            for (int i = 0; i < near.length; i++)
                assertThat(Math.abs(exact[i] - near[i]))
                        .isLessThanOrEqualTo(tensor.dtype().ulp(near[i]) / 2);
        }
    }

    private static List<String> names(WeightFile file) {
        return file.tensors().stream().map(Tensor::name).toList();
    }

    @Test
    void whatIsMissingIsNamed() throws IOException {
        Path model = Fixtures.copy("clusters/zero2", folder.resolve("zero2")).resolve(MODEL);
        Files.delete(model.resolveSibling("bf16_zero_pp_rank_1_mp_rank_00_optim_states.pt"));
        Samples.assertRefused(model, "is of 3 ranks, but the optimizer's file of rank 1 is missing");
        Files.delete(model.resolveSibling("bf16_zero_pp_rank_0_mp_rank_00_optim_states.pt"));
        Samples.assertRefused(model, "the optimizer's file of rank 0 is missing");

        Path third = Fixtures.copy("clusters/zero3", folder.resolve("zero3")).resolve("zero_pp_rank_0_" + MODEL);
        Files.delete(third.resolveSibling("zero_pp_rank_1_" + MODEL));
        Samples.assertRefused(third, "is of 2 ranks, but the model's file of rank 1 is missing");
        for (int rank = 0; rank < 2; rank++)
            Files.delete(third.resolveSibling("bf16_zero_pp_rank_" + rank + "_mp_rank_00_optim_states.pt"));
        Samples.assertRefused(third, "holds no weights itself");
    }

    @Test
    void filesOfOtherCheckpointsAreNamed() throws IOException {
        Path model = Fixtures.copy("clusters/zero2", folder.resolve("more")).resolve(MODEL);
        Path rank = model.resolveSibling("bf16_zero_pp_rank_0_mp_rank_00_optim_states.pt");
        Files.copy(rank, model.resolveSibling("bf16_zero_pp_rank_3_mp_rank_00_optim_states.pt"));
        Samples.assertRefused(model, "is of 3 ranks, but there is bf16_zero_pp_rank_3_mp_rank_00_optim_states.pt");
        Files.delete(model.resolveSibling("bf16_zero_pp_rank_3_mp_rank_00_optim_states.pt"));
        Path other = Fixtures.fixture("clusters/deepspeed/bf16_zero_pp_rank_1_mp_rank_00_optim_states.pt");
        Path second = model.resolveSibling("bf16_zero_pp_rank_1_mp_rank_00_optim_states.pt");
        Files.copy(other, second, StandardCopyOption.REPLACE_EXISTING);
        assertThatThrownBy(() -> WeightFiles.read(model))
                .hasMessage(second + ": is of stage 2 on 2 ranks, but bf16_zero_pp_rank_0_mp_rank_00_optim_states.pt of"
                        + " stage 2 on 3; these are two checkpoints");
        // Of as many ranks, and another step.
        Path later =
                Fixtures.copy("clusters/deepspeed", folder.resolve("later")).resolve(MODEL);
        Path last = later.resolveSibling("bf16_zero_pp_rank_1_mp_rank_00_optim_states.pt");
        String hundred = "\0\0\u00c8B"; // as a float
        Files.writeString(last, Files.readString(last, ISO_8859_1).replace(hundred, "\0\0\u00c6B"), ISO_8859_1);
        assertThatThrownBy(() -> WeightFiles.read(later))
                .hasMessage(last + ": has made 99 steps, but bf16_zero_pp_rank_0_mp_rank_00_optim_states.pt 100 steps;"
                        + " these are two checkpoints, copy the whole of one");
        // Of as many ranks, but another model.
        Path both = Fixtures.copy("clusters/deepspeed", folder.resolve("both")).resolve(MODEL);
        for (int r = 0; r < 3; r++) {
            String name = "bf16_zero_pp_rank_" + r + "_mp_rank_00_optim_states.pt";
            Files.copy(
                    Fixtures.fixture("clusters/zero2/" + name),
                    both.resolveSibling(name),
                    StandardCopyOption.REPLACE_EXISTING);
        }
        Samples.assertRefused(both, "has 1 groups of weights in param_shapes, but the optimizers' files 2");
    }

    @ParameterizedTest
    @CsvSource({
        "mp_rank_01_model_states.pt, tensor",
        "layer_00-model_states.pt, pipeline",
        "layer_01-model_00-model_states.pt, pipeline",
        "layer_0_expert_0_mp_rank_00_model_states.pt, expert",
        "expp_rank_0_mp_rank_00_optim_states.pt, expert"
    })
    void modelsInParallelPartsAreRefused(String name, String kind) throws IOException {
        Path model = Fixtures.copy("clusters/zero2", folder.resolve("zero2")).resolve(MODEL);
        Files.write(model.resolveSibling(name), new byte[1]);
        Samples.assertRefused(model, "is of a model in " + kind + " parallelism (there is " + name + ")");
    }

    @Test
    void anotherTorchFileOfThatNameIsReadAsOne() throws IOException {
        Path path = folder.resolve(MODEL);
        Files.copy(Fixtures.fixture("torch/training.ckpt"), path);
        assertThat(names(WeightFiles.read(path)))
                .isEqualTo(names(WeightFiles.read(Fixtures.fixture("torch/training.ckpt"))));
    }
}
