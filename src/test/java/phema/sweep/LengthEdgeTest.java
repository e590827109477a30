package phema.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import phema.sweep.Evidence.LengthEdge;

class LengthEdgeTest {
    @Test
    void whatLiesWithinAStepOfAnEndLiesAtIt() {
        assertThat(LengthEdge.of(0.02, 0.02, 0.2)).isEqualTo(LengthEdge.SHORTEST);
        assertThat(LengthEdge.of(0.195, 0.02, 0.2)).isEqualTo(LengthEdge.LONGEST);
        assertThat(LengthEdge.of(0.18, 0.02, 0.2)).isEqualTo(LengthEdge.NONE);
        assertThat(LengthEdge.of(0.1, 0.1, 0.1)).isEqualTo(LengthEdge.NONE);
    }

    @Test
    void aLengthFarAwayMovesNoOtherEnd() {
        assertThat(LengthEdge.of(0.09, 1e-20, 0.2)).isEqualTo(LengthEdge.NONE);
        assertThat(LengthEdge.of(0.2, 1e-20, 0.2)).isEqualTo(LengthEdge.LONGEST);
    }
}
