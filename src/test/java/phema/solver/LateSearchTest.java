package phema.solver;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LateSearchTest {
    /** A likelihood that is as rough as rounding, where the clock begins: each value seems better than those before. */
    @Test
    void comesToAnEndWhateverTheLossIs() {
        Beginning within = new Beginning(0, 50_000, 1, false, false);
        AtomicInteger asked = new AtomicInteger();
        LateSearch search = new LateSearch(within, 1e-9, spec -> -asked.incrementAndGet());

        assertThat(search.of(DecayFamily.late(50_000, 400_000, true, within).getFirst())
                        .time())
                .isBetween(0.0, 50_000.0);
    }
}
