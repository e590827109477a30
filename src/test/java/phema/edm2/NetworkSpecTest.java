package phema.edm2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import phema.problem.Problem;
import phema.tensor.Shape;

class NetworkSpecTest {
    /** Millions of parameters in arXiv 2312.02696, Table 2. */
    @ParameterizedTest
    @CsvSource({"128, 124.7", "192, 280.2", "256, 497.8", "320, 777.5", "384, 1119.3", "448, 1523.2"})
    void hasThePublishedNumberOfParameters(int modelChannels, double millions) {
        long parameters = latents(modelChannels).parameters().values().stream()
                .mapToLong(Shape::elements)
                .sum();
        assertThat(Math.round(parameters / 1e5) / 10.0).isEqualTo(millions);
    }

    @Test
    void refusesAResolutionThatItCannotHalve() {
        assertThatThrownBy(() -> NetworkSpec.of(12, 3, 0, 16, List.of(1, 2, 3, 4), 1))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("12 cannot be halved 3 times");
    }

    @Test
    void refusesWidthsThatDoNotDivideIntoHeads() {
        assertThatThrownBy(() -> NetworkSpec.of(16, 3, 0, 129, List.of(1), 1))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("129 channels do not divide into 2 attention heads");
    }

    private static NetworkSpec latents(int modelChannels) {
        return NetworkSpec.of(64, 4, 1000, modelChannels, List.of(1, 2, 3, 4), 3);
    }
}
