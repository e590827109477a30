package phema.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import phema.evaluation.Axes;
import phema.evaluation.AxisValues;
import phema.evaluation.Guides;
import phema.evaluation.LengthFields;
import phema.evaluation.Seeds;
import phema.solver.FilesToRead;
import phema.solver.SolverKind;
import phema.sweep.SweepSpec;

class SweepLinesTest {
    private static SweepSpec spec(SweepSpec.SweepMode mode, AxisValues axes, SolverKind solver) {
        return new SweepSpec("my run", mode, axes, "one", "fid,accuracy:max", solver, FilesToRead.FEWEST, 0.01, 0);
    }

    @Test
    void writesWhatTheCommandLineReads() {
        AxisValues axes = AxisValues.NONE
                .with(Axes.LENGTH, List.of(0.05, 0.1))
                .with(Axes.TIME, List.of(65536.0))
                .with(Axes.GUIDES, List.of(new Guides("small", List.of(0.1, 0.2), List.of(1024.0))))
                .with(Axes.SEEDS, List.of(new Seeds(0, 7), new Seeds(8, 15)))
                .with(Axes.PARAMS, Axes.PARAMS.parse("steps=16,32; mode=fast"));
        assertThat(SweepLines.command(spec(SweepSpec.SweepMode.GRID, axes, SolverKind.PAPER)))
                .isEqualTo("phema sweep 'my run' --outstd 0.05,0.1 --time 65536 --guide small@0.1,0.2@1024"
                        + " --seeds 0-7 --seeds 8-15 --param steps=16,32 --param mode=fast"
                        + " --evaluator one --metric fid,accuracy:max --solver paper");
    }

    @Test
    void writesSearchesOfOtherFamilies() {
        AxisValues axes =
                AxisValues.NONE.with(LengthFields.family("decay:cosine:{}")).with(Axes.LENGTH, List.of(800.0, 8000.0));
        assertThat(SweepLines.command(spec(SweepSpec.SweepMode.SEARCH, axes, SolverKind.BLUP)))
                .isEqualTo("phema sweep 'my run' --mode search --profile 'decay:cosine:{}' --lengths 800,8000"
                        + " --evaluator one --metric fid,accuracy:max --tolerance 0.01");
    }

    @Test
    void filesAreCalledAfterRunAndMetric() {
        assertThat(ChartSource.fileName("my run/2", "fid", "by", "EMA length")).isEqualTo("my-run-2-fid-by-ema-length");
    }
}
