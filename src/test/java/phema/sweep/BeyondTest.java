package phema.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import phema.search.Interval;
import phema.sweep.Evidence.LengthEdge;

class BeyondTest {
    @Test
    void equalStepsGoOn() {
        assertThat(Beyond.of(List.of(0.05, 0.15, 0.1), LengthEdge.LONGEST, length -> true))
                .containsExactly(0.2, 0.25, 0.3);
        assertThat(Beyond.of(List.of(400.0, 600.0, 800.0, 1000.0), LengthEdge.LONGEST, length -> true))
                .containsExactly(1200.0, 1400.0, 1600.0);
        assertThat(Beyond.of(List.of(0.2, 0.22, 0.24), LengthEdge.SHORTEST, length -> true))
                .containsExactly(0.18, 0.16, 0.14);
    }

    @Test
    void ratiosGoOnWhereStepsAreNotEqualOrLeadToNothing() {
        assertThat(Beyond.of(List.of(0.05, 0.1), LengthEdge.LONGEST, length -> true))
                .containsExactly(0.2, 0.4, 0.8);
        assertThat(Beyond.of(List.of(0.05, 0.07, 0.1, 0.14), LengthEdge.LONGEST, length -> true))
                .containsExactly(0.196, 0.274, 0.384);
        assertThat(Beyond.of(List.of(0.05, 0.1, 0.15), LengthEdge.SHORTEST, length -> true))
                .containsExactly(0.025, 0.0125, 0.00625);
    }

    @Test
    void onlyLengthsThatARunCanGive() {
        assertThat(Beyond.of(List.of(0.05, 0.1, 0.15), LengthEdge.LONGEST, length -> length < 0.28))
                .containsExactly(0.2, 0.25);
        assertThat(Beyond.of(List.of(0.26, 0.28), LengthEdge.LONGEST, length -> length < 0.28))
                .isEmpty();
        assertThat(Beyond.of(List.of(0.1), LengthEdge.LONGEST, length -> true)).isEmpty();
        assertThat(Beyond.of(List.of(0.1, 0.2), LengthEdge.NONE, length -> true))
                .isEmpty();
    }

    @Test
    void aSearchLooksHalfAsFarAgainOrAsFarAsARunCan() {
        Interval looked = new Interval(0.05, 0.1);
        assertThat(Beyond.of(looked, LengthEdge.LONGEST, length -> true)).containsExactly(0.112, 0.126, 0.141);
        assertThat(Beyond.of(looked, LengthEdge.SHORTEST, length -> true)).containsExactly(0.0445, 0.0397, 0.0354);
        assertThat(Beyond.of(looked, LengthEdge.LONGEST, length -> length < 0.105))
                .containsExactly(0.103);
        assertThat(Beyond.of(looked, LengthEdge.LONGEST, length -> length < 0.101))
                .isEmpty();
        assertThat(Beyond.of(looked, LengthEdge.NONE, length -> true)).isEmpty();
        assertThat(Beyond.of(new Interval(0.1, 0.1), LengthEdge.NONE, length -> true))
                .isEmpty();
    }
}
