package phema.dashboard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import phema.evaluation.Axes;
import phema.evaluation.AxisValues;
import phema.evaluation.Guides;
import phema.evaluation.Seeds;
import phema.problem.Problem;
import phema.solver.FilesToRead;
import phema.solver.SolverKind;
import phema.sweep.SweepSpec;

class SweepFormTest {
    private static final SweepSpec SPEC = new SweepSpec(
            "run",
            SweepSpec.SweepMode.GRID,
            AxisValues.NONE
                    .with(Axes.LENGTH, List.of(0.05, 0.1))
                    .with(Axes.TIME, List.of(1e6, 2e6))
                    .with(Axes.GUIDANCE, List.of(1.0, 1.4))
                    .with(
                            Axes.GUIDES,
                            List.of(
                                    new Guides("small", List.of(0.07, 0.1), List.of(5e5)),
                                    new Guides("other", List.of(0.2), List.of())))
                    .with(Axes.PARAMS, Axes.PARAMS.parse("steps=16,32; mode=fast,0.70"))
                    .with(Axes.SEEDS, List.of(new Seeds(0, 7), new Seeds(8, 15))),
            "builtin",
            "fid",
            SolverKind.PAPER,
            FilesToRead.ALL,
            0.05,
            3);

    @Test
    void aFormThatNobodyTouchedExtendsByNothing() {
        assertThat(SweepForm.of(SPEC, true).extending(SPEC)).isEqualTo(SPEC);
    }

    @Test
    void asksWhichRunTimesBelongTo() {
        SweepForm form =
                SweepForm.of(Map.of("sigmaRel", "0.1", "evaluator", "builtin", "metric", "fid", "guideTime", "500000"));
        assertThatThrownBy(() -> form.spec("run"))
                .isInstanceOfSatisfying(
                        Problem.class,
                        problem -> assertThat(SweepForm.fieldOf(problem)).isEqualTo("guideRun"));
    }
}
