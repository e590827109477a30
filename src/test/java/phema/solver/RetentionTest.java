package phema.solver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import phema.problem.Problem;
import phema.profile.Power;
import phema.profile.Profile;
import phema.profile.SigmaRel;

class RetentionTest {
    private static final FixtureRun RUN = FixtureRun.averages();
    private static final Solver SOLVER = new Solver(RUN.stored());

    /**
     * A fresh fit of the files that stay, its model of the trajectory included, against averages that were tracked
     * directly.
     */
    @ParameterizedTest
    @CsvSource({"0.003, 16", "0.005, 20", "0.01, 22"})
    void afterDeletingTheTrueErrorsStayWithinTheLimit(double maxError, int atLeast) {
        List<Double> widths = List.of(0.02, 0.03, 0.075, 0.15, 0.2, 0.25);
        Retention retention = SOLVER.retention(targets(widths), maxError);
        assertThat(retention.deletable()).hasSizeGreaterThanOrEqualTo(atLeast);
        FixtureRun rest = without(retention.deletable());
        var solver = new Solver(rest.stored());
        for (double sigmaRel : widths) {
            Fit fit = solver.solve(Power.ofSigmaRel(sigmaRel, FixtureRun.END), SolverKind.BLUP, FilesToRead.ALL);
            assertThat(rest.error(fit, FixtureRun.truth(sigmaRel, FixtureRun.END)))
                    .as("sigma_rel %s", sigmaRel)
                    .isLessThanOrEqualTo(maxError);
        }
    }

    @Test
    void predictsTheErrorsBeforeAndAfter() {
        List<Profile> targets = targets(List.of(0.03, 0.15));
        Retention retention = SOLVER.retention(targets, 2e-3);
        for (int i = 0; i < targets.size(); i++) {
            Retention.TargetEffect effect = retention.effects().get(i);
            Fit all = SOLVER.solve(targets.get(i), SolverKind.BLUP, FilesToRead.ALL);
            assertThat(effect.target()).isEqualTo(targets.get(i));
            assertThat(effect.before())
                    .isCloseTo(all.predictedRelativeError(), within(1e-9 * all.predictedRelativeError()));
            assertThat(effect.after()).isBetween(effect.before(), effect.limit());
            assertThat(effect.limit()).isEqualTo(2e-3);
        }
    }

    @Test
    void letsTargetsThatAreAboveTheLimitAlreadyBecomeFivePercentWorse() {
        Retention.TargetEffect effect =
                SOLVER.retention(targets(List.of(0.02)), 1e-4).effects().getFirst();
        assertThat(effect.limit()).isCloseTo(1.05 * effect.before(), within(1e-9 * effect.before()));
        assertThat(effect.after()).isLessThanOrEqualTo(effect.limit());
    }

    @Test
    void keepsAFileAtTheEndOfTheRunAndOneForEveryTargetsEnd() {
        List<Profile> middle = List.of(Power.ofSigmaRel(0.1, FixtureRun.MIDDLE));
        List<Integer> deletable = SOLVER.retention(middle, 1).deletable();
        List<Double> ends = without(deletable).stored().stream()
                .map(s -> s.profile().endTime())
                .toList();
        assertThat(ends).containsExactly(FixtureRun.MIDDLE, FixtureRun.END);
    }

    @Test
    void knowsWhatARunCanExpress() {
        double[] widths = SOLVER.expressible(FixtureRun.END).stream()
                .mapToDouble(p -> SigmaRel.ofGamma(((Power) p).gamma()))
                .toArray();
        assertThat(DoubleStream.of(widths).min()).hasValueCloseTo(0.03, within(1e-9));
        assertThat(DoubleStream.of(widths).max()).hasValueCloseTo(0.25, within(1e-9));
        for (Profile target : SOLVER.expressible(FixtureRun.END))
            assertThat(SOLVER.solve(target, SolverKind.PAPER, FilesToRead.ALL).profileResidual())
                    .isLessThanOrEqualTo(0.1);
        assertThat(SOLVER.solve(Power.ofSigmaRel(0.01, FixtureRun.END), SolverKind.PAPER, FilesToRead.ALL)
                        .profileResidual())
                .isGreaterThan(0.1);
    }

    @Test
    void refusesLimitsThatAreNoErrorsAndRunsThatSayNothingOfMovement() {
        for (double wrong : new double[] {-1, Double.NaN})
            assertThatThrownBy(() -> SOLVER.retention(targets(List.of(0.1)), wrong))
                    .isInstanceOf(Problem.class)
                    .hasMessageContaining("maxError");
        var single = new Solver(RUN.stored().subList(0, 1));
        Profile own = RUN.stored().getFirst().profile();
        assertThatThrownBy(() -> single.retention(List.of(own), 1))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("single snapshot");
    }

    private static List<Profile> targets(List<Double> widths) {
        return widths.stream()
                .<Profile>map(sigmaRel -> Power.ofSigmaRel(sigmaRel, FixtureRun.END))
                .toList();
    }

    private static FixtureRun without(List<Integer> deleted) {
        List<StoredAverage> rest = new ArrayList<>();
        for (int i = 0; i < RUN.stored().size(); i++)
            if (!deleted.contains(i)) rest.add(RUN.stored().get(i));
        return new FixtureRun(rest);
    }
}
