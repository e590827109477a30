package phema.search;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import phema.search.Suggestion.LengthScale;

/** Somebody measures what is suggested, and nothing else. */
class SuggestionTest {
    private static List<Double> follow(DoubleUnaryOperator metric, Interval bounds, LengthScale scale) {
        List<Observation> measured = new ArrayList<>();
        List<Double> lengths = new ArrayList<>();
        while (lengths.size() < 40) {
            Suggestion now = Suggestion.of(measured, bounds, scale, 0.02);
            assertThat(now.optimum().isPresent()).isEqualTo(lengths.size() >= Suggestion.LENGTHS);
            if (now.next().isEmpty()) {
                Estimate found = now.optimum().orElseThrow();
                assertThat(found.loss()).isLessThan(0.02);
                lengths.add(found.point().length());
                return lengths;
            }
            double next = now.next().get();
            assertThat(next).isBetween(bounds.low(), bounds.high());
            assertThat(lengths).doesNotContain(next);
            lengths.add(next);
            measured.add(new Observation(new SearchPoint(next, 1), metric.applyAsDouble(next)));
        }
        throw new AssertionError("no end after " + lengths);
    }

    @Test
    void findsTheBestLengthOfAValley() {
        List<Double> lengths =
                follow(x -> 2 + Math.pow(Math.log(x / 0.09), 2), new Interval(0.02, 0.25), LengthScale.LOG);
        assertThat(lengths.getLast()).isBetween(0.083, 0.097);
        assertThat(lengths).hasSizeLessThan(15);
    }

    @Test
    void staysWithinBoundsOfMoreDigitsThanItsSteps() {
        Interval bounds = new Interval(0.0200049, 0.2499951);
        List<Double> lengths = follow(x -> 2 + x, bounds, LengthScale.LINEAR);
        assertThat(lengths.getLast()).isBetween(bounds.low(), bounds.high());
    }

    @Test
    void findsThatOfALinearScaleAroundZero() {
        List<Double> lengths = follow(x -> 3 + x * x / 100, new Interval(-20, 15), LengthScale.LINEAR);
        assertThat(lengths.getLast()).isBetween(-3.0, 3.0);
        assertThat(lengths).hasSizeLessThan(15);
        // As people would write them.
        assertThat(lengths).allSatisfy(x -> assertThat(x.toString()).hasSizeLessThan(7));
    }
}
