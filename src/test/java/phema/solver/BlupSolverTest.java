package phema.solver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import phema.problem.Problem;
import phema.profile.Exponential;
import phema.profile.Impulse;
import phema.profile.Power;
import phema.profile.Profile;
import phema.profile.ProfileSpec;
import phema.profile.Uniform;

class BlupSolverTest {
    private static final FixtureRun RUN = FixtureRun.averages();
    private static final Solver SOLVER = new Solver(RUN.stored());

    /**
     * Errors of the paper's method from a numpy implementation of docs/solver.md on the same files, all weights as the
     * sample; of {@code blup} as it was when it fitted distances of pairs and solved dense systems.
     */
    @ParameterizedTest
    @CsvSource({
        "262144, 0.02,  2.383e-3, 2.183e-3",
        "262144, 0.03,  9.615e-4, 9.146e-4",
        "262144, 0.075, 1.886e-4, 1.850e-4",
        "262144, 0.15,  2.010e-4, 1.841e-4",
        "262144, 0.20,  7.212e-4, 1.823e-4",
        "262144, 0.25,  4.980e-3, 6.954e-4",
        "131072, 0.02,  7.056e-3, 4.531e-3",
        "131072, 0.03,  2.460e-3, 1.661e-3",
        "131072, 0.075, 2.629e-4, 2.207e-4",
        "131072, 0.15,  6.904e-4, 3.387e-4",
        "131072, 0.20,  3.028e-3, 6.576e-4",
        "131072, 0.25,  1.174e-2, 2.243e-3",
    })
    void isNearerToTheTruthThanThePaperAndKnowsHowNear(
            double time, double sigmaRel, double paperError, double blupBefore) {
        var target = Power.ofSigmaRel(sigmaRel, time);
        double[] truth = FixtureRun.truth(sigmaRel, time);
        Fit paper = SOLVER.solve(target, SolverKind.PAPER, FilesToRead.ALL);
        Fit blup = SOLVER.solve(target, SolverKind.BLUP, FilesToRead.ALL);
        double error = RUN.error(blup, truth);
        assertThat(error).isLessThan(RUN.error(paper, truth));
        assertThat(error).isLessThan(1.03 * blupBefore);
        assertThat(blup.predictedRelativeError() / error).isBetween(0.85, 1.2);
        assertThat(RUN.error(paper, truth)).isCloseTo(paperError, within(1e-3 * paperError));
        assertThat(paper.predictedRelativeError() / paperError).isBetween(0.85, 1.2);
        assertThat(blup.conditionNumber()).isNaN();
        assertThat(blup.predictedRelativeErrors())
                .containsEntry(SolverKind.PAPER, paper.predictedRelativeError())
                .isEqualTo(paper.predictedRelativeErrors());
    }

    /** They are the weights themselves, as far as numbers can tell. */
    @Test
    void predictsTheSteepestTargetsAsRawWeights() {
        Fit raw = SOLVER.solve(new Impulse(FixtureRun.END), SolverKind.BLUP, FilesToRead.ALL);
        for (Profile steep : List.of(new Power(1e300, FixtureRun.END), new Exponential(1e300, FixtureRun.END))) {
            Fit fit = SOLVER.solve(steep, SolverKind.BLUP, FilesToRead.ALL);
            for (int i = 0; i < 32; i++)
                assertThat(fit.coefficients().get(i))
                        .isCloseTo(raw.coefficients().get(i), within(1e-6));
            assertThat(fit.predictedRelativeError())
                    .isCloseTo(raw.predictedRelativeError(), within(1e-6 * raw.predictedRelativeError()));
        }
    }

    @Test
    void refusesWeightsWhoseSquaresOverflow() {
        List<StoredAverage> stored = RUN.stored().stream()
                .map(s -> new StoredAverage(s.profile(), new double[] {s.sample()[0], 1e200}, 0))
                .toList();
        assertThatThrownBy(() -> new Solver(stored))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("hold NaN or infinity, or values beyond 1e+140");
    }

    @Test
    void saysThatThereIsNothingToAverage() {
        Solver solver = new Solver(RUN.stored().stream()
                .map(s -> new StoredAverage(s.profile(), new double[0], 0))
                .toList());
        Profile target = Power.ofSigmaRel(0.1, FixtureRun.END);
        assertThatThrownBy(() -> solver.solve(target, SolverKind.BLUP, FilesToRead.ALL))
                .isInstanceOf(Problem.class)
                .hasMessage("the snapshots hold no floating-point weights to average");
        assertThatThrownBy(solver::planning).hasMessage("the snapshots hold no floating-point weights to average");
    }

    @ParameterizedTest
    @CsvSource({"0.03, 8", "0.075, 12", "0.15, 24"})
    void aFewFilesGiveNearlyTheAccuracyOfAll(double sigmaRel, int enough) {
        var target = Power.ofSigmaRel(sigmaRel, FixtureRun.END);
        double[] truth = FixtureRun.truth(sigmaRel, FixtureRun.END);
        Fit all = SOLVER.solve(target, SolverKind.BLUP, FilesToRead.ALL);
        Fit few = SOLVER.solve(target, SolverKind.BLUP, FilesToRead.FEWEST);
        assertThat(few.filesUsed()).isLessThanOrEqualTo(enough);
        assertThat(few.predictedRelativeError()).isLessThanOrEqualTo(1.05 * all.predictedRelativeError());
        assertThat(RUN.error(few, truth)).isLessThan(1.1 * RUN.error(all, truth));
    }

    @Test
    void anAccuracyThatRoundingHidesIsNotPaidFor() {
        var target = Power.ofSigmaRel(0.15, FixtureRun.END);
        double fp16 = RUN.stored().getLast().roundingVariance();
        FitOptions fewest = FitOptions.of(SolverKind.BLUP, FilesToRead.FEWEST);
        Fit exact = SOLVER.solve(target, fewest);
        Fit rounded = SOLVER.solve(target, fewest.withOutputVariance(fp16));
        assertThat(rounded.filesUsed()).isLessThan(exact.filesUsed());
    }

    /** Errors as they were when the model was fitted to distances of pairs. */
    @ParameterizedTest
    @CsvSource({
        "0.02, 1.45e-2",
        "0.03, 1.42e-2",
        "0.075, 1.05e-2",
        "0.15, 7.42e-3",
        "0.20, 6.46e-3",
        "0.25, 6.28e-3",
    })
    void averagesRawCheckpointsWithAnHonestError(double sigmaRel, double before) {
        FixtureRun run = FixtureRun.checkpoints();
        Fit fit = new Solver(run.stored())
                .solve(Power.ofSigmaRel(sigmaRel, FixtureRun.END), SolverKind.BLUP, FilesToRead.ALL);
        double error = run.error(fit, FixtureRun.truth(sigmaRel, FixtureRun.END));
        assertThat(error).isLessThan(1.03 * before);
        assertThat(fit.predictedRelativeError() / error).isBetween(0.85, 1.2);
        assertThat(fit.profileResidual()).isNaN();
        assertThat(fit.predictedRelativeErrors()).containsOnlyKeys(SolverKind.BLUP);
    }

    @Test
    void reachesEveryKindOfTargetFromEveryKindOfStoredAverage() {
        List<Profile> targets = List.of(
                Power.ofSigmaRel(0.12, 1024),
                Power.ofSigmaRel(0.12, 900),
                Exponential.ofHalfLife(60, 1024),
                new Uniform(300, 1024),
                ProfileSpec.parse("ema:0.985,warmup=10", 1024),
                new Impulse(960));
        Map<String, List<Profile>> kinds = Map.of(
                "power", profiles(t -> List.of(Power.ofSigmaRel(0.05, t), Power.ofSigmaRel(0.1, t))),
                "exponential", profiles(t -> List.of(Exponential.ofHalfLife(10, t), Exponential.ofHalfLife(50, t))),
                "scheduled",
                        profiles(t -> List.of(
                                ProfileSpec.parse("ema:0.9999,warmup=10", t),
                                ProfileSpec.parse("ema:0.98,warmup=2/3,after=100", t))),
                "raw", profiles(t -> List.of(new Impulse(t))));
        kinds.forEach((kind, profiles) -> {
            List<Profile> all = new ArrayList<>(profiles);
            all.addAll(targets);
            SimulatedRun run = SimulatedRun.track(all, 1024);
            List<StoredAverage> stored = run.stored(profiles);
            var solver = new Solver(stored);
            for (Profile target : targets) {
                Fit fit = solver.solve(
                        target, FitOptions.of(SolverKind.BLUP, FilesToRead.ALL).withLaterFiles());
                double error = run.relativeError(fit, stored);
                assertThat(error).as("%s from %s", target, kind).isLessThan(0.02);
                if (error > 1e-6)
                    assertThat(fit.predictedRelativeError())
                            .as("%s from %s", target, kind)
                            .isBetween(error / 2, error * 2);
            }
        });
    }

    @Test
    void losesNothingWhereTheSystemIsNearlySingular() {
        List<Profile> profiles = new ArrayList<>();
        for (int t = 10; t <= 640; t += 10) profiles.addAll(List.of(new Power(17, t), new Power(-0.2, t)));
        var target = new Uniform(160, 640);
        List<Profile> all = new ArrayList<>(profiles);
        all.add(target);
        SimulatedRun run = SimulatedRun.track(all, 640);
        List<StoredAverage> stored = run.stored(profiles);
        for (FilesToRead files : FilesToRead.values()) {
            Fit fit = new Solver(stored).solve(target, SolverKind.BLUP, files);
            assertThat(run.relativeError(fit, stored)).isLessThan(1e-6);
        }
    }

    @Test
    void copiesOfAFileDoNotUpsetTheModel() {
        List<StoredAverage> stored = new ArrayList<>(RUN.stored());
        // as when a tracker starts late: both averages still equal
        stored.set(
                0,
                new StoredAverage(
                        stored.get(0).profile(),
                        stored.get(1).sample(),
                        stored.get(0).roundingVariance()));
        var solver = new Solver(stored);
        Fit fit = solver.solve(Power.ofSigmaRel(0.15, FixtureRun.END), SolverKind.BLUP, FilesToRead.ALL);
        assertThat(RUN.error(fit, FixtureRun.truth(0.15, FixtureRun.END))).isLessThan(1.03 * 1.841e-4);
        assertThat(solver.report().orElseThrow().actualToPredicted().get(SolverKind.BLUP))
                .isBetween(0.5, 2.0);
    }

    private static List<Profile> profiles(DoubleFunction<List<Profile>> at) {
        List<Profile> profiles = new ArrayList<>();
        for (int t = 64; t <= 1024; t += 64) profiles.addAll(at.apply(t));
        return profiles;
    }

    @Test
    void laterFilesHelpOnlyWhereTheyAreAllowed() {
        var target = Power.ofSigmaRel(0.1, 140_000); // between two times of the run
        FitOptions options = FitOptions.of(SolverKind.BLUP, FilesToRead.ALL);
        Fit earlier = SOLVER.solve(target, options);
        Fit any = SOLVER.solve(target, options.withLaterFiles());
        assertThat(earlier.coefficients().subList(16, 32)).containsOnly(0.0);
        assertThat(earlier.warnings()).anyMatch(w -> w.contains("take later files"));
        assertThat(any.predictedRelativeError()).isLessThan(0.5 * earlier.predictedRelativeError());
        assertThat(any.warnings()).noneMatch(w -> w.contains("take later files"));
    }

    @Test
    void predictsEachStoredFileFromTheOthersAsWellAsItSays() {
        RunReport report = SOLVER.report().orElseThrow();
        assertThat(report.actualToPredicted().get(SolverKind.BLUP)).isBetween(0.9, 1.1);
        assertThat(report.filesPredicted()).isEqualTo(32);
        assertThat(report.assumed()).isFalse();
        for (double surprise : report.surprises()) assertThat(surprise).isBetween(0.5, 2.0);
        assertThat(report.rates().getLast().to()).isEqualTo(FixtureRun.END);
        double first = report.rates().getFirst().rate();
        assertThat(report.rates().getLast().rate() / first).isBetween(0.02, 0.5); // steps shrink like t^-1/2
    }

    @Test
    void theFittedCurveFollowsTheTarget() {
        Fit fit = SOLVER.solve(Power.ofSigmaRel(0.075, FixtureRun.END), SolverKind.BLUP, FilesToRead.FEWEST);
        ProfileCurve curve = SOLVER.curve(fit, 200);
        assertThat(curve.times()).hasSize(200).endsWith(FixtureRun.END);
        assertThat(curve.targetCumulative()).endsWith(1.0);
        for (int i = 0; i < 200; i++)
            assertThat(curve.fittedCumulative().get(i))
                    .isCloseTo(curve.targetCumulative().get(i), within(0.01));
    }

    @Test
    void warnsWhenTheTargetIsOutsideWhatTheFilesExpress() {
        assertThat(SOLVER.solve(Power.ofSigmaRel(0.005, FixtureRun.END), SolverKind.BLUP, FilesToRead.ALL)
                        .warnings())
                .anyMatch(w -> w.contains("only roughly"));
        assertThat(SOLVER.solve(Power.ofSigmaRel(0.1, FixtureRun.END), SolverKind.BLUP, FilesToRead.ALL)
                        .warnings())
                .isEmpty();
    }

    @Test
    void namesAFileThatDoesNotBelong() {
        List<StoredAverage> stored = new ArrayList<>(RUN.stored());
        StoredAverage strange = stored.get(23);
        stored.set(23, new StoredAverage(strange.profile(), stored.get(19).sample(), strange.roundingVariance()));
        Fit fit = new Solver(stored).solve(Power.ofSigmaRel(0.1, FixtureRun.END), SolverKind.BLUP, FilesToRead.ALL);
        assertThat(fit.warnings())
                .anyMatch(w -> w.startsWith("the file power:0.1 at time 196608 does not belong to the others"));
    }

    @Test
    void oneFileIsReadAsItIsAndNoErrorPromised() {
        Fit fit = new Solver(RUN.stored().subList(31, 32))
                .solve(Power.ofSigmaRel(0.05, FixtureRun.END), SolverKind.BLUP, FilesToRead.FEWEST);
        assertThat(fit.coefficients()).containsExactly(1.0);
        assertThat(fit.predictedRelativeError()).isNaN();
        assertThat(fit.warnings()).anyMatch(w -> w.contains("only one stored average"));
    }

    @Test
    void equalFilesPromiseNoError() {
        double[] same = RUN.stored().getFirst().sample();
        List<StoredAverage> equal = RUN.stored().stream()
                .map(s -> new StoredAverage(s.profile(), same.clone(), s.roundingVariance()))
                .toList();
        Solver solver = new Solver(equal);
        for (SolverKind kind : SolverKind.SOLVERS) {
            Fit fit = solver.solve(Power.ofSigmaRel(0.07, FixtureRun.END), kind, FilesToRead.FEWEST);
            assertThat(fit.predictedRelativeErrors()).isEmpty();
            assertThat(fit.coefficients().stream().mapToDouble(c -> c).sum()).isCloseTo(1, within(1e-9));
            assertThat(fit.warnings())
                    .anyMatch(w -> w.startsWith("all 32 stored files are equal in the ") && w.contains("bf16"))
                    .noneMatch(w -> w.contains("only roughly"));
        }
        assertThat(solver.solve(Power.ofSigmaRel(0.07, FixtureRun.END), SolverKind.BLUP, FilesToRead.FEWEST)
                        .filesUsed())
                .isEqualTo(1);
        assertThat(solver.report()).isEmpty();
        assertThatThrownBy(() -> solver.retention(List.of(Power.ofSigmaRel(0.07, FixtureRun.END)), 0.1))
                .isInstanceOf(Problem.class)
                .hasMessage("errors cannot be predicted from snapshots that are all equal");
    }

    @Test
    void refusesATimeThatNoSnapshotReachesAndNamesTheLast() {
        assertThatThrownBy(() -> SOLVER.solve(Power.ofSigmaRel(0.1, 300_000), SolverKind.BLUP, FilesToRead.ALL))
                .isInstanceOf(Problem.class)
                .hasMessage("no snapshot reaches time 300000: the last is at 262144");
        assertThatThrownBy(() -> SOLVER.solve(Power.ofSigmaRel(0.1, 10_000), SolverKind.BLUP, FilesToRead.ALL))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("before the first snapshot, at 16384");
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY})
    void refusesWeightsThatAreNoNumbersAndNamesTheFile(double broken) {
        List<StoredAverage> stored = new ArrayList<>(RUN.stored());
        double[] sample = stored.get(3).sample().clone();
        sample[17] = broken;
        stored.set(3, new StoredAverage(stored.get(3).profile(), sample, 0));
        assertThatThrownBy(() -> new Solver(stored))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("power:0.1 at time 32768")
                .hasMessageContaining("NaN or infinity");
    }

    @Test
    void refusesARunWithoutFiles() {
        assertThatThrownBy(() -> new Solver(List.of())).isInstanceOf(Problem.class);
    }
}
