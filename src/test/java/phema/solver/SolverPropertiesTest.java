package phema.solver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
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

    @Property(tries = 100)
    void coefficientsSumToOne(
            @ForAll SolverKind method,
            @ForAll FilesToRead files,
            @ForAll @DoubleRange(min = 0.01, max = 0.28) double sigmaRel,
            @ForAll @DoubleRange(min = 64, max = 768) double time) {
        Fit fit = SOLVER.solve(Power.ofSigmaRel(sigmaRel, time), method, files);
        assertThat(fit.coefficients().stream().mapToDouble(x -> x).sum()).isCloseTo(1, within(1e-9));
        assertThat(fit.coefficientNorm()).isGreaterThan(1 - 1e-9);
    }

    @Property(tries = 30)
    void theUnitOfTheClockDoesNotMatter(
            @ForAll SolverKind method,
            @ForAll @DoubleRange(min = 0.02, max = 0.25) double sigmaRel,
            @ForAll @DoubleRange(min = -3, max = 7) double magnitude) {
        double unit = Math.pow(10, magnitude);
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

    @Property(tries = 24)
    void aStoredProfileIsGivenBackAsItIs(@ForAll @IntRange(min = 0, max = 23) int file, @ForAll SolverKind method) {
        Fit fit = SOLVER.solve(PROFILES.get(file), method, FilesToRead.ALL);
        for (int i = 0; i < PROFILES.size(); i++)
            assertThat(fit.coefficients().get(i)).isCloseTo(i == file ? 1 : 0, within(1e-4));
        assertThat(fit.predictedRelativeError()).isLessThan(1e-7);
    }

    @Property(tries = 30)
    void theFitOfAMixtureIsTheMixtureOfTheFits(
            @ForAll SolverKind method,
            @ForAll @DoubleRange(min = 0.02, max = 0.25) double sigmaRel,
            @ForAll @DoubleRange(min = 0.1, max = 0.9) double weight) {
        var power = Power.ofSigmaRel(sigmaRel, 768);
        var uniform = new Uniform(200, 768);
        var mixture = new Mixture(
                List.of(new Mixture.MixturePart(weight, power), new Mixture.MixturePart(1 - weight, uniform)));
        FitOptions options = FitOptions.of(method, FilesToRead.ALL).withoutNormalising();
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

    @Property(tries = 50)
    void fewerFilesCostAtMostTheTolerance(
            @ForAll @DoubleRange(min = 0.01, max = 0.28) double sigmaRel,
            @ForAll @DoubleRange(min = 1, max = 700) double window) {
        for (Profile target : List.of(Power.ofSigmaRel(sigmaRel, 768), new Uniform(window, 768))) {
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
