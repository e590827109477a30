package phema.solver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import phema.RandomCase;
import phema.RandomCases;
import phema.profile.Mixture;
import phema.profile.Power;
import phema.profile.Profile;
import phema.profile.Uniform;

class SolverPropertiesTest {
    private static final List<Profile> PROFILES = IntStream.rangeClosed(1, 12)
            .boxed()
            .<Profile>mapMulti((k, to) -> {
                to.accept(Power.ofSigmaRel(0.05, k * 64));
                to.accept(Power.ofSigmaRel(0.1, k * 64));
            })
            .toList();
    private static final List<StoredAverage> STORED =
            SimulatedRun.track(PROFILES, 768).stored(PROFILES);
    private static final Solver SOLVER = new Solver(STORED);

    @RandomCases(100)
    void coefficientsSumToOne(RandomCase random) {
        Profile target = Power.ofSigmaRel(random.between(0.01, 0.28), random.between(64.0, 768));
        Fit fit = SOLVER.solve(target, random.of(SolverKind.SOLVERS), random.of(FilesToRead.class));
        assertThat(fit.coefficients().stream().mapToDouble(x -> x).sum()).isCloseTo(1, within(1e-9));
        assertThat(fit.coefficientNorm()).isGreaterThan(1 - 1e-9);
    }

    @RandomCases(30)
    void theUnitOfTheClockDoesNotMatter(RandomCase random) {
        SolverKind method = random.of(SolverKind.SOLVERS);
        double sigmaRel = random.between(0.02, 0.25);
        double unit = Math.pow(10, random.between(-3.0, 7));
        var rescaled = new Solver(STORED.stream()
                .map(s -> new StoredAverage(scaled(s.profile(), unit), s.sample(), s.roundingVariance()))
                .toList());
        Fit fit = SOLVER.solve(Power.ofSigmaRel(sigmaRel, 768), method, FilesToRead.ALL);
        Fit other = rescaled.solve(Power.ofSigmaRel(sigmaRel, 768 * unit), method, FilesToRead.ALL);
        for (int i = 0; i < STORED.size(); i++)
            assertThat(other.coefficients().get(i))
                    .isCloseTo(fit.coefficients().get(i), within(1e-4 * fit.coefficientNorm()));
        assertThat(other.predictedRelativeError())
                .isCloseTo(fit.predictedRelativeError(), within(1e-3 * fit.predictedRelativeError()));
    }

    private static Profile scaled(Profile p, double unit) {
        return new Power(((Power) p).gamma(), p.endTime() * unit);
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "GIVEN")
    void aStoredProfileIsGivenBackAsItIs(SolverKind method) {
        for (int file = 0; file < PROFILES.size(); file++) {
            Fit fit = SOLVER.solve(PROFILES.get(file), method, FilesToRead.ALL);
            for (int i = 0; i < PROFILES.size(); i++)
                assertThat(fit.coefficients().get(i)).isCloseTo(i == file ? 1 : 0, within(1e-4));
            assertThat(fit.predictedRelativeError()).isLessThan(1e-7);
        }
    }

    @RandomCases(30)
    void theFitOfAMixtureIsTheMixtureOfTheFits(RandomCase random) {
        double weight = random.between(0.1, 0.9);
        var power = Power.ofSigmaRel(random.between(0.02, 0.25), 768);
        var uniform = new Uniform(200, 768);
        var mixture = new Mixture(
                List.of(new Mixture.MixturePart(weight, power), new Mixture.MixturePart(1 - weight, uniform)));
        FitOptions options =
                FitOptions.of(random.of(SolverKind.SOLVERS), FilesToRead.ALL).withoutNormalising();
        Fit mixed = SOLVER.solve(mixture, options);
        Fit first = SOLVER.solve(power, options);
        Fit second = SOLVER.solve(uniform, options);
        for (int i = 0; i < STORED.size(); i++)
            assertThat(mixed.coefficients().get(i))
                    .isCloseTo(
                            weight * first.coefficients().get(i)
                                    + (1 - weight) * second.coefficients().get(i),
                            within(1e-6));
    }

    @RandomCases(50)
    void fewerFilesCostAtMostTheTolerance(RandomCase random) {
        List<Profile> targets =
                List.of(Power.ofSigmaRel(random.between(0.01, 0.28), 768), new Uniform(random.between(1.0, 700), 768));
        for (Profile target : targets) {
            Fit all = SOLVER.solve(target, SolverKind.BLUP, FilesToRead.ALL);
            Fit few = SOLVER.solve(target, SolverKind.BLUP, FilesToRead.FEWEST);
            assertThat(few.filesUsed()).isLessThanOrEqualTo(all.filesUsed());
            assertThat(few.predictedRelativeError()).isLessThanOrEqualTo(1.0501 * all.predictedRelativeError());
            assertThat(all.predictedRelativeError())
                    .isLessThanOrEqualTo(1.0001
                            * SOLVER.solve(target, SolverKind.PAPER, FilesToRead.ALL)
                                    .predictedRelativeError());
        }
    }
}
