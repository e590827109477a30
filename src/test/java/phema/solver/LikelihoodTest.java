package phema.solver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import phema.profile.ChangedDecay;
import phema.profile.Decay;
import phema.profile.Profile;
import phema.profile.SlowerDecay;

class LikelihoodTest {
    private static final List<StoredAverage> STORED = FixtureRun.averages().stored();
    private static final StateSpace SPACE =
            new StateSpace(STORED.stream().map(StoredAverage::profile).toList());
    private static final double[] NOISE =
            STORED.stream().mapToDouble(StoredAverage::roundingVariance).toArray();
    private static final Rates RATES = new Rates(MovementFit.edges(SPACE, 4), new double[] {4e-6, 1e-6, 5e-7, 3e-7});
    private static final Movement MOVEMENT = new Movement(RATES, 1e-2, 1e-13);

    private static double[][] values() {
        return STORED.stream().map(s -> s.sample().clone()).toArray(double[][]::new);
    }

    private static Likelihood of(double[][] values, Rates rates) {
        return new Likelihood(SPACE, rates, NOISE, values);
    }

    @Test
    void itsDerivativesAreThoseOfFiniteDifferences() {
        Likelihood likelihood = of(Sketch.of(values()), RATES);
        Likelihood.Score score = likelihood.score(MOVEMENT);
        for (int b = 0; b < 4; b++) {
            int piece = b;
            assertDerivative(likelihood, score.byRate()[b], factor -> {
                double[] rates = RATES.values().clone();
                rates[piece] *= factor;
                return new Movement(RATES.with(rates), MOVEMENT.white(), MOVEMENT.drift());
            });
        }
        assertDerivative(likelihood, score.byWhite(), f -> new Movement(RATES, f * MOVEMENT.white(), MOVEMENT.drift()));
        assertDerivative(likelihood, score.byDrift(), f -> new Movement(RATES, MOVEMENT.white(), f * MOVEMENT.drift()));
    }

    private static void assertDerivative(Likelihood likelihood, double found, Function<Double, Movement> scaled) {
        double h = 1e-4;
        double expected = (likelihood.score(scaled.apply(Math.exp(h))).loss()
                        - likelihood.score(scaled.apply(Math.exp(-h))).loss())
                / (2 * h);
        assertThat(found).isCloseTo(expected, within(1e-5 * Math.abs(expected) + 1e-7));
    }

    @Test
    void theSketchOfASampleHasItsLikelihood() {
        double[][] values = values();
        assertThat(of(Sketch.of(values), RATES).score(MOVEMENT).loss())
                .isCloseTo(of(values, RATES).score(MOVEMENT).loss(), within(1e-7));
    }

    @Test
    void aDecayMayChangeAtTheTimeOfAFile() {
        double[][] values = Sketch.of(values());
        Decay decay = Decay.of(SPACE.file(0)).orElseThrow();
        Decay slower = new SlowerDecay(decay, 1.3);
        double time = SPACE.file(16).endTime();
        Function<Decay, Likelihood> with = other -> new Likelihood(
                new StateSpace(STORED.stream().map(StoredAverage::profile).toList(), Map.of(decay, other)),
                RATES,
                NOISE,
                values);
        assertThat(with.apply(decay).changedAt(time, with.apply(slower)).loss(MOVEMENT))
                .isCloseTo(
                        with.apply(new ChangedDecay(decay, slower, time))
                                .score(MOVEMENT)
                                .loss(),
                        within(1e-9))
                .isNotCloseTo(with.apply(slower).loss(MOVEMENT), within(1.0));
    }

    @Test
    void everyFileOfAGoodRunIsWhatTheOthersLetExpect() {
        Movement movement = MovementFit.of(SPACE, NOISE, values()).movement();
        double[] surprises = of(values(), movement.rates()).surprises(movement);
        for (double surprise : surprises) assertThat(surprise).isBetween(0.8, 1.25);
    }

    @Test
    void aFileThatDoesNotBelongSticksOut() {
        double[][] values = values();
        values[27] = values[23].clone(); // a copy of the same average two times earlier
        Movement movement = MovementFit.of(SPACE, NOISE, values).movement();
        double[] surprises = of(values, movement.rates()).surprises(movement);
        double largest = Arrays.stream(surprises).max().orElseThrow();
        assertThat(surprises[27]).isEqualTo(largest).isGreaterThan(3);
    }

    @Test
    void twoFilesAreEnoughForALevelAndTheCourseIsAssumed() {
        List<Profile> profiles =
                STORED.subList(28, 30).stream().map(StoredAverage::profile).toList();
        double[][] values =
                STORED.subList(28, 30).stream().map(StoredAverage::sample).toArray(double[][]::new);
        MovementFit fit = MovementFit.of(new StateSpace(profiles), Arrays.copyOfRange(NOISE, 28, 30), values);
        assertThat(fit.assumed()).isTrue();
        double now = fit.movement().rates().values()[13];
        double then = MovementFit.of(SPACE, NOISE, values()).movement().rates().values()[52];
        assertThat(now / then).isBetween(0.7, 1.4);
    }
}
