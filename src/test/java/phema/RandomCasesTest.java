package phema;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class RandomCasesTest {
    @Test
    void theSameSeedDrawsTheSame() {
        assertThat(draws(new RandomCase(7))).isEqualTo(draws(new RandomCase(7))).isNotEqualTo(draws(new RandomCase(8)));
    }

    private static List<Number> draws(RandomCase random) {
        return random.list(20, 20, () -> random.nextBoolean() ? random.between(0.0, 1) : random.nextLong());
    }

    @Test
    void rangesAreKeptAndTheirEdgesMeet() {
        Set<Long> drawn = new TreeSet<>();
        int met = 0;
        for (long seed = 0; seed < 10_000; seed++) {
            RandomCase random = new RandomCase(seed);
            drawn.add(random.between(-3L, 5));
            boolean longest = random.between(0, Long.MAX_VALUE) == Long.MAX_VALUE;
            boolean whole = random.between(Long.MIN_VALUE, Long.MAX_VALUE) == Long.MIN_VALUE;
            double share = random.between(0.1, 0.9);
            assertThat(share).isBetween(0.1, 0.9);
            if (longest && whole || share == 0.9 && longest) met++;
        }
        assertThat(drawn)
                .containsExactlyElementsOf(LongStream.rangeClosed(-3, 5).boxed().toList());
        assertThat(met).isPositive();
    }
}
