package phema.solver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import phema.profile.Power;
import phema.profile.Profile;
import phema.profile.ProfileSpec;
import phema.tensor.DType;

class PlanningTest {
    private static final FixtureRun RUN = FixtureRun.averages();

    /** The sample run's stored files, as planned before it, against averages that were tracked directly in it. */
    @ParameterizedTest
    @CsvSource({"0.02", "0.03", "0.075", "0.15", "0.2", "0.25"})
    void foretellsTheErrorsOfTheSampleRun(double sigmaRel) {
        var scheme = new Planning.Scheme(16, List.of("power:0.05", "power:0.1"), DType.F16);
        double planned = Planning.typical()
                .errors(scheme, List.of(Power.ofSigmaRel(sigmaRel, 1)))
                .getFirst();
        Fit fit = new Solver(RUN.stored())
                .solve(Power.ofSigmaRel(sigmaRel, FixtureRun.END), SolverKind.BLUP, FilesToRead.ALL);
        double actual = RUN.error(fit, FixtureRun.truth(sigmaRel, FixtureRun.END));
        assertThat(planned).isBetween(actual / 1.5, actual * 1.5);
    }

    /** A plan that is made with one half of a run's files, for twice as many, against the run with all of them. */
    @Test
    void plansARunLikeAnotherOnItsOwnClock() {
        List<StoredAverage> every = RUN.stored();
        var half = new Solver(
                every.stream().filter(s -> s.profile().endTime() % 32768 == 0).toList());
        var scheme = new Planning.Scheme(16, List.of("power:0.05", "power:0.1"), DType.F16);
        double planned = half.planning()
                .errors(scheme, List.of(Power.ofSigmaRel(0.15, 1)))
                .getFirst();
        double fitted = new Solver(every)
                .solve(Power.ofSigmaRel(0.15, FixtureRun.END), SolverKind.BLUP, FilesToRead.ALL)
                .predictedRelativeError();
        assertThat(planned).isBetween(fitted / 1.3, fitted * 1.3);
    }

    /** On whatever clock the plan is made: in shares of the run, or in the run's own unit. */
    @ParameterizedTest
    @CsvSource({"decay:linear:, 0.5", "decay:cosine:, 0.5", "decay:1-sqrt:, 0.25", "halflife-fraction:, 0.05"})
    void plansForDecaysOfLearningRates(String family, double length) {
        FixtureRun raw = FixtureRun.checkpoints();
        Solver solver = new Solver(raw.stored());
        double end = FixtureRun.END;
        boolean share = family.startsWith("halflife");
        var scheme = new Planning.Scheme(16, List.of("impulse"), DType.F16);
        Profile target = ProfileSpec.parse(family + (share ? length : length * end), end);

        double planned = solver.planning().errors(scheme, List.of(target)).getFirst();

        assertThat(solver.planning().errors(scheme, List.of(ProfileSpec.parse(family + length, 1))))
                .singleElement()
                .satisfies(error -> assertThat(error).isCloseTo(planned, within(1e-9)));
        double fitted = solver.solve(target, SolverKind.BLUP, FilesToRead.ALL).predictedRelativeError();
        assertThat(planned).isBetween(fitted / 1.05, fitted * 1.05);
    }

    /** torchtitan's checkpoints hold the weights and an average that describes itself. */
    @Test
    void whatTorchtitanStoresBesideTheWeightsIsWorthMoreThanTwiceTheCheckpoints() {
        List<Profile> decay = List.of(ProfileSpec.parse("decay:cosine:0.2", 1));
        double raw = Planning.typical()
                .errors(new Planning.Scheme(64, List.of("impulse"), DType.F32), decay)
                .getFirst();
        double both = Planning.typical()
                .errors(new Planning.Scheme(32, List.of("impulse", "halflife-fraction:0.05"), DType.F32), decay)
                .getFirst();
        assertThat(both).isLessThan(raw / 2);
    }

    @Test
    void aStoredWidthCostsTheRoundingOfItsTypeAtMost() {
        for (DType dtype : new DType[] {DType.F16, DType.BF16, DType.F32}) {
            var scheme = new Planning.Scheme(8, List.of("power:0.1"), dtype);
            double error = Planning.typical()
                    .errors(scheme, List.of(Power.ofSigmaRel(0.1, 1)))
                    .getFirst();
            // a value between 1 and 2 is off by ulp / sqrt(12) of itself at most, and by half of that at least
            double ulp = dtype.ulp(1);
            assertThat(error).isBetween(ulp / Math.sqrt(12) / 2, ulp / Math.sqrt(12));
        }
    }

    @Test
    void countsFilesAndBytes() {
        var averages = new Planning.Scheme(64, List.of("power:0.05", "power:0.1"), DType.BF16);
        assertThat(averages.files()).isEqualTo(128);
        assertThat(averages.bytes(1_000_000_000)).isEqualTo(256_000_000_000L);
        assertThat(new Planning.Scheme(64, List.of("impulse"), DType.F32).bytes(10))
                .isEqualTo(2560);
    }
}
