package phema.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class DiffCommandTest {
    private static final String PICKLE = Shell.EDM2 + "/network-snapshot-0000262-0.100.pkl";
    private static final String SAME = Shell.FIXTURES + "/safetensors/network-snapshot-0000262-0.100.safetensors";
    private static final String OLDER = Shell.FIXTURES + "/safetensors/network-snapshot-0000245-0.100.safetensors";

    @TempDir
    private Path folder;

    @Test
    void theSameWeightsInOtherFormatsAreEqual() {
        assertThat(Shell.phema("diff " + PICKLE + " " + SAME).fine().out())
                .isEqualToNormalizingNewlines("14 tensors in both: relative error 0, largest difference 0\n");
        assertThat(Shell.phema("diff %1$s/torch/tensors.pt %1$s/torch/tensors.safetensors".formatted(Shell.FIXTURES))
                        .fine()
                        .out())
                .startsWith("25 tensors in both: relative error 0");
    }

    @Test
    void aDifferenceAboveTheToleranceIsStatus3() throws IOException {
        Path other = Files.copy(Path.of(SAME), folder.resolve("b.safetensors"));
        Shell.poke(other, "unet.enc.8x8_block1.conv.weight", 5, (byte) 0, (byte) 0x42); // 3
        Shell.Result result = Shell.phema("diff " + SAME + " " + other);
        assertThat(result.status()).isEqualTo(3);
        assertThat(result.err()).isEmpty();
        assertThat(result.out())
                .containsPattern(
                        "unet\\.enc\\.8x8_block1\\.conv\\.weight +F16 +\\[16, 16, 3, 3] +\\d\\.\\d\\de-02 +\\d\\.\\d\\de\\+00 +1\\R")
                .contains("worst tensor unet.enc.8x8_block1.conv.weight")
                .contains("not equal within a tolerance of 0");
        assertThat(Shell.phema("diff --tolerance 0.5 " + SAME + " " + other)
                        .fine()
                        .out())
                .doesNotContain("not equal");
    }

    @Test
    void integersTellSnapshotsApartWhateverTheTolerance() {
        Shell.Result result = Shell.phema("diff --tolerance 1e9 " + SAME + " " + OLDER);
        assertThat(result.status()).isEqualTo(3);
        assertThat(result.out()).containsPattern("\\Runet\\.steps +I64 +\\[] +- +- +1\\R");
    }

    @Test
    void listsEveryTensorWithAll() {
        assertThat(Shell.phema("diff --all " + PICKLE + " " + SAME).fine().out().lines())
                .hasSize(1 + 14 + 1);
    }

    @Test
    void printsJson() {
        JsonNode view = Shell.phema("diff --json --all " + PICKLE + " " + SAME).json();
        assertThat(view.get("within").asBoolean()).isTrue();
        assertThat(view.get("relativeError").asDouble()).isZero();
        assertThat(view.has("worst")).isFalse();
        assertThat(view.get("tensors")).hasSize(14);
        assertThat(view.at("/tensors/0/shapeA").isArray()).isTrue();
    }

    @Test
    void filesWithoutACommonTensorDiffer() {
        Shell.Result result = Shell.phema("diff %s %s/torch/training.ckpt".formatted(SAME, Shell.FIXTURES));
        assertThat(result.status()).isEqualTo(3);
        assertThat(result.out())
                .contains("only in " + SAME + ": unet.steps")
                .contains("training.ckpt: model.0.weight")
                .contains("0 tensors in both");
    }

    @Test
    void badInputIsStatus2() {
        assertThat(Shell.phema("diff " + SAME + " " + folder.resolve("gone.pt")).complaint())
                .endsWith("gone.pt: does not exist");
        assertThat(Shell.phema("diff --tolerance -1 " + SAME + " " + SAME).complaint())
                .contains("--tolerance must be at least 0");
        assertThat(Shell.phema("diff " + SAME).complaint()).contains("Missing required parameter");
    }
}
