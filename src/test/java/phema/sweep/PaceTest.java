package phema.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class PaceTest {
    private static final Optional<Instant> NONE = Optional.empty();

    private static Pace.Evaluated evaluated(long started, long ended) {
        return new Pace.Evaluated(Instant.ofEpochSecond(started), Instant.ofEpochSecond(ended));
    }

    @Test
    void goesByTheEndsSinceTheFirstOfThem() {
        List<Pace.Evaluated> two = List.of(evaluated(20, 40), evaluated(10, 20));
        assertThat(Pace.perSecond(two, NONE, Instant.ofEpochSecond(40)).orElseThrow())
                .isEqualTo(0.05, Offset.offset(1e-9));
        // While nothing comes, it is less.
        Optional<Instant> running = Optional.of(Instant.ofEpochSecond(40));
        assertThat(Pace.perSecond(two, running, Instant.ofEpochSecond(120)).orElseThrow())
                .isEqualTo(0.01, Offset.offset(1e-9));
    }

    @Test
    void nothingCanBeToldOfOne() {
        assertThat(Pace.perSecond(List.of(), NONE, Instant.ofEpochSecond(1))).isEmpty();
        assertThat(Pace.perSecond(List.of(evaluated(1, 2)), NONE, Instant.ofEpochSecond(9)))
                .isEmpty();
    }

    @Test
    void aPauseDoesNotCount() {
        List<Pace.Evaluated> resumed =
                List.of(evaluated(9010, 9020), evaluated(9000, 9010), evaluated(10, 20), evaluated(0, 10));
        assertThat(Pace.perSecond(resumed, NONE, Instant.ofEpochSecond(9020)).orElseThrow())
                .isEqualTo(0.1, Offset.offset(1e-9));
        assertThat(Pace.perSecond(resumed.subList(1, 4), NONE, Instant.ofEpochSecond(9020)))
                .isEmpty();
    }

    @Test
    void nothingIsToldOfASweepThatWasExtendedLongAfterItsEnd() {
        List<Pace.Evaluated> ended = List.of(evaluated(20, 40), evaluated(10, 20));
        assertThat(Pace.perSecond(ended, NONE, Instant.ofEpochSecond(9000))).isEmpty();
        assertThat(Pace.perSecond(ended, Optional.of(Instant.ofEpochSecond(9000)), Instant.ofEpochSecond(9010)))
                .isEmpty();
    }
}
