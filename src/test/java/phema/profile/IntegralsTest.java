package phema.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class IntegralsTest {
    static final List<Profile> PROFILES = List.of(
            Power.ofSigmaRel(0.05, 200),
            Power.ofSigmaRel(0.25, 130),
            new Power(-0.3, 90),
            new Exponential(0.05, 170),
            new Exponential(2, 150),
            new Uniform(60, 180),
            new Uniform(1, 140),
            new Uniform(120, 120),
            new LearningRateDecay(LearningRateDecay.DecayCourse.COSINE, 70, 150),
            new LearningRateDecay(LearningRateDecay.DecayCourse.COSINE, 160, 160),
            new Scheduled(new ScheduledDecay(new Warmup.RatioWarmup(10), 0.95, 20, 1, 1), 170),
            new Scheduled(new ScheduledDecay(new Warmup.PowerWarmup(2 / 3.0, 1), 0.92, 0, 1, 2), 150),
            new Scheduled(ScheduledDecay.mean(60, 1, false), 190),
            new Mixture(List.of(
                    new Mixture.MixturePart(0.3, new Uniform(20, 100)),
                    new Mixture.MixturePart(0.7, Power.ofSigmaRel(0.1, 160)))));

    static List<List<Profile>> pairs() {
        return PROFILES.stream()
                .flatMap(a -> PROFILES.subList(PROFILES.indexOf(a), PROFILES.size()).stream()
                        .map(b -> List.of(a, b)))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("pairs")
    void theInnerProductIsTheIntegralOfTheProductOfTheDensities(List<Profile> pair) {
        Profile a = pair.getFirst();
        Profile b = pair.getLast();
        // t = u^4 takes the singularity of negative exponents away
        double expected = simpson(
                u -> 4 * u * u * u * a.density(Math.pow(u, 4)) * b.density(Math.pow(u, 4)),
                0,
                Math.pow(200, 0.25),
                a,
                b,
                true);
        assertThat(Integrals.inner(a, b)).isCloseTo(expected, within(1e-6 * Math.max(expected, 1e-6)));
    }

    @Test
    void impulsesHaveNoneWithAnything() {
        assertThat(Integrals.inner(new Impulse(50), new Power(5, 80))).isZero();
    }

    @Test
    void highPowersOfLongTimesNeitherOverflowNorCancel() {
        double time = 1e10;
        var narrow = new Power(1000, time);
        assertThat(Integrals.inner(narrow, narrow)).isCloseTo(1001.0 * 1001 / (2001 * time), withinPercentage(1e-10));
        assertThat(Integrals.inner(narrow, new Power(1000, time / 10))).isZero();
    }

    /** Composite Simpson between all the points where either profile has a kink. */
    private static double simpson(
            DoubleUnaryOperator f, double from, double to, Profile a, Profile b, boolean fourthRoot) {
        double[] cuts = Stream.of(a, b)
                .flatMapToDouble(IntegralsTest::kinks)
                .map(t -> fourthRoot ? Math.pow(t, 0.25) : t)
                .filter(t -> t > from && t < to)
                .sorted()
                .toArray();
        double sum = 0;
        double low = from;
        for (int i = 0; i <= cuts.length; i++) {
            double high = i < cuts.length ? cuts[i] : to;
            sum += simpson(f, low, high);
            low = high;
        }
        return sum;
    }

    private static double simpson(DoubleUnaryOperator f, double from, double to) {
        int intervals = 60_000;
        double inside = 1e-12 * to; // stay on one side of the jumps at the ends
        double width = (to - from - 2 * inside) / intervals;
        double sum = 0;
        for (int i = 0; i <= intervals; i++)
            sum += (i == 0 || i == intervals ? 1 : i % 2 == 0 ? 2 : 4) * f.applyAsDouble(from + inside + i * width);
        return sum * width / 3;
    }

    private static DoubleStream kinks(Profile p) {
        return switch (p) {
            case Uniform u -> DoubleStream.of(u.startTime(), u.endTime());
            case LearningRateDecay d -> DoubleStream.of(d.startTime(), d.endTime());
            case Mixture m -> m.parts().stream().flatMapToDouble(x -> kinks(x.profile()));
            case Scheduled s ->
                DoubleStream.concat(
                        DoubleStream.of(s.endTime()), DoubleStream.of(s.decay().kinks()));
            default -> DoubleStream.of(p.endTime());
        };
    }
}
