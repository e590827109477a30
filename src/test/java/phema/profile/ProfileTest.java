package phema.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

class ProfileTest {
    static final List<Profile> PROFILES = IntegralsTest.PROFILES;

    @ParameterizedTest
    @FieldSource("PROFILES")
    void theDensityIsTheSlopeOfTheCumulative(Profile p) {
        for (double t : new double[] {3.1, 77.7, 99.9, 139.5, 159.9}) {
            double slope = (p.cumulative(t + 1e-4) - p.cumulative(t - 1e-4)) / 2e-4;
            assertThat(p.density(t)).isCloseTo(slope, within(1e-5));
        }
        assertThat(p.density(201)).isZero();
        assertThat(p.cumulative(200)).isEqualTo(1, within(1e-12));
    }

    @ParameterizedTest
    @FieldSource("PROFILES")
    void theMeanTimeIsTheAreaAboveTheCumulative(Profile p) {
        double area = 0;
        int steps = 200_000;
        for (int i = 0; i < steps; i++) area += 200.0 / steps * (1 - p.cumulative((i + 0.5) * 200 / steps));
        assertThat(p.meanTime()).isCloseTo(area, withinPercentage(1e-4));
    }

    /** Most of the average is of its first weights, where a rate that falls like a root has fallen the most. */
    @Test
    void aRateThatFallsLikeARootGivesMostOfTheWeightToTheOldest() {
        var decay = new LearningRateDecay(LearningRateDecay.DecayCourse.MINUS_SQRT, 90, 100);
        assertThat(decay.cumulative(10)).isZero();
        assertThat(decay.cumulative(32.5)).isCloseTo(0.5, within(1e-15));
        assertThat(decay.cumulative(100)).isEqualTo(1);
        assertThat(decay.density(100)).isCloseTo(0.5 / 90, within(1e-15));
        assertThat(decay.density(10)).isZero();
        assertThat(decay.meanTime()).isEqualTo(40);
        double area = 0;
        for (int i = 0; i < 100_000; i++) area += 1e-3 * (1 - decay.cumulative((i + 0.5) * 1e-3));
        assertThat(decay.meanTime()).isCloseTo(area, withinPercentage(1e-4));
        assertThat(Integrals.isSquareIntegrable(decay)).isFalse();
    }

    @Test
    void anExponentialAverageForgetsHalfInOneHalfLife() {
        assertThat(Exponential.ofHalfLife(25, 100).cumulative(75)).isCloseTo(0.5, within(1e-15));
        assertThat(Exponential.ofHalfLife(25, 100).cumulative(0)).isCloseTo(1.0 / 16, within(1e-15));
        assertThat(Exponential.ofDecay(0.99, 100).cumulative(98)).isCloseTo(0.99 * 0.99, within(1e-15));
    }

    @Test
    void mixturesWithinMixturesAreExpanded() {
        var inner = new Mixture(List.of(
                new Mixture.MixturePart(0.25, new Impulse(10)), new Mixture.MixturePart(0.75, new Impulse(20))));
        var outer = new Mixture(
                List.of(new Mixture.MixturePart(0.5, inner), new Mixture.MixturePart(0.5, new Impulse(30))));
        assertThat(outer.parts()).extracting(Mixture.MixturePart::weight).containsExactly(0.125, 0.375, 0.5);
        assertThat(outer.meanTime()).isEqualTo(1.25 + 7.5 + 15);
    }

    @Test
    void refusesParametersThatMakeNoProfile() {
        assertThatIllegalArgumentException().isThrownBy(() -> new Power(-1, 10));
        assertThatIllegalArgumentException().isThrownBy(() -> new Power(3, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> new Power(3, Double.NaN));
        assertThatIllegalArgumentException().isThrownBy(() -> new Uniform(11, 10));
        assertThatIllegalArgumentException().isThrownBy(() -> new Exponential(-1, 10));
        assertThatIllegalArgumentException().isThrownBy(() -> Exponential.ofDecay(1, 10));
        assertThatIllegalArgumentException().isThrownBy(() -> new Impulse(Double.POSITIVE_INFINITY));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Mixture(List.of(new Mixture.MixturePart(0.9, new Impulse(10)))))
                .withMessageContaining("sum to 1");
    }
}
