package phema.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.io.IOException;
import java.io.InputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

class SigmaRelTest {
    @Test
    void gammaAgreesWithTheReferenceImplementation() throws IOException {
        try (InputStream in = SigmaRelTest.class.getResourceAsStream("/fixtures/paper-solver.json")) {
            var table = new JsonMapper().readTree(in).get("sigmaRelToGamma");
            assertThat(table).hasSize(9);
            for (var row : table)
                assertThat(SigmaRel.toGamma(row.get("sigmaRel").asDouble()))
                        .isCloseTo(row.get("gamma").asDouble(), withinPercentage(1e-7));
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -0.1, 0.288676, 1, Double.NaN, Double.POSITIVE_INFINITY})
    void refusesAWidthThatNoPowerProfileHas(double sigmaRel) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SigmaRel.toGamma(sigmaRel))
                .withMessageContaining("(0, 0.288675)");
    }
}
