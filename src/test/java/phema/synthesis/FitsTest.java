package phema.synthesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import phema.catalog.Run;
import phema.catalog.Sample;
import phema.catalog.Snapshot;
import phema.problem.Problem;
import phema.profile.Power;
import phema.profile.Profile;
import phema.solver.FilesToRead;
import phema.solver.Fit;
import phema.solver.FitOptions;
import phema.solver.SolverKind;

class FitsTest {
    private static final Duration LONG = Duration.ofMinutes(1);

    private final Fits fits = new Fits();

    @Test
    void knowsHowFarTheModelIs() throws Exception {
        Run run = TestRuns.fixture("safetensors");
        assertThat(fits.modelState(run)).isEqualTo(ModelState.NONE);
        assertThat(fits.snapshotsRead(run)).isZero();
        assertThat(fits.awaitModel(run, LONG)).isTrue();
        assertThat(fits.modelState(run)).isEqualTo(ModelState.READY);
        assertThat(fits.snapshotsRead(run)).isEqualTo(32);
        assertThat(fits.report(run)).isPresent();

        Run again = TestRuns.fixture("safetensors");
        assertThat(fits.modelState(again)).isEqualTo(ModelState.NONE);
        assertThat(fits.snapshotsRead(again)).isZero();
        fits.report(again);
        assertThat(fits.modelState(again)).isEqualTo(ModelState.READY);
    }

    @Test
    void doesNotWaitLongerThanAsked() throws Exception {
        Run run = TestRuns.fixture("safetensors");
        boolean there = fits.awaitModel(run, Duration.ZERO);
        assertThat(fits.modelState(run)).isIn(there ? List.of(ModelState.READY) : List.of(ModelState.values()));
        assertThat(fits.awaitModel(run, LONG)).isTrue();
        assertThat(fits.modelState(run)).isEqualTo(ModelState.READY);
    }

    @Test
    void nothingIsMadeThatWouldBeAllError() throws Exception {
        Run run = TestRuns.fixture("safetensors");
        WeightsRequest request = WeightsRequest.of(
                List.of(Power.ofSigmaRel(0.1, run.newestTime())),
                FitOptions.of(SolverKind.BLUP, FilesToRead.FEWEST),
                OutputOptions.AS_STORED);
        PreparedWeights weights = fits.prepare(run, request);
        try (Engine engine = new Engine(1 << 24, 1)) {
            Syntheses syntheses = new Syntheses(engine);
            assertThat(syntheses.whole(withError(weights, 0.999)).size()).isPositive();
            assertThatThrownBy(() -> syntheses.whole(withError(weights, 1.5)))
                    .isInstanceOf(Problem.class)
                    .hasMessageStartingWith("These files cannot give power:0.1")
                    .hasMessageContaining("2e+00 times the weights' size");
            assertThat(syntheses.whole(withError(weights, 0.09, 83)).size()).isPositive();
            assertThatThrownBy(() -> syntheses.whole(withError(weights, 0.11, 83)))
                    .isInstanceOf(Problem.class)
                    .hasMessageStartingWith("These files cannot give power:0.1")
                    .hasMessageContaining("coefficients whose absolute values sum to 83");
        }
    }

    private static PreparedWeights withError(PreparedWeights weights, double error) {
        return withError(weights, error, weights.target().fit().coefficientNorm());
    }

    private static PreparedWeights withError(PreparedWeights weights, double error, double norm) {
        Fit fit = weights.target().fit();
        Fit other = new Fit(
                fit.target(),
                fit.method(),
                fit.coefficients(),
                Map.of(fit.method(), error),
                fit.conditionNumber(),
                norm,
                fit.profileResidual(),
                fit.warnings());
        return PreparedWeights.of(weights.run(), weights.target().baseName(), other, weights.output());
    }

    @Test
    void saysEachTimeWhyThereIsNone() throws Exception {
        List<Snapshot> broken = new ArrayList<>();
        for (Snapshot s : TestRuns.fixture("safetensors").snapshots())
            broken.add(new Snapshot(s.name(), s.file(), s.profile(), new Sample(new double[] {Double.NaN}, 0)));
        Run run = new Run("broken", Path.of("broken"), broken, List.of(), List.of());
        List<Profile> targets = List.of(Power.ofSigmaRel(0.1, run.newestTime()));
        WeightsRequest request =
                WeightsRequest.of(targets, FitOptions.of(SolverKind.BLUP, FilesToRead.FEWEST), OutputOptions.AS_STORED);

        assertThat(fits.awaitModel(run, LONG)).isTrue();
        for (int i = 0; i < 2; i++)
            assertThatThrownBy(() -> fits.prepare(run, request))
                    .isInstanceOf(Problem.class)
                    .hasMessageContaining("NaN");
        assertThat(fits.modelState(run)).isEqualTo(ModelState.NONE);
    }
}
