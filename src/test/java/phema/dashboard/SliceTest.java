package phema.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import phema.evaluation.Axes;
import phema.evaluation.AxisValues;
import phema.evaluation.Facet;
import phema.evaluation.Point;
import phema.evaluation.Seeds;
import phema.fleet.WorkState;
import phema.solver.FilesToRead;
import phema.solver.SolverKind;
import phema.sweep.Optimum;
import phema.sweep.SweepSpec;
import phema.sweep.Trial;

class SliceTest {
    private static final Seeds SEEDS = new Seeds(0, 7);

    private static Point point(double time, double guidance) {
        return values(guidance).with(Axes.TIME, List.of(time)).grid().getFirst();
    }

    private static AxisValues values(Double... guidances) {
        return AxisValues.NONE
                .with(Axes.LENGTH, List.of(0.1))
                .with(Axes.GUIDANCE, List.of(guidances))
                .with(Axes.SEEDS, List.of(SEEDS));
    }

    private static final Facet GUIDANCE =
            Axes.GUIDANCE.facets(List.of(point(1e6, 1.0))).getFirst();

    private static final Optional<Optimum> BEST =
            Optional.of(new Optimum(point(2e6, 1.4), 2, Optional.empty(), 0.09, 0.11));

    private static List<Trial> trials(double[] times, double... guidances) {
        List<Trial> trials = new ArrayList<>();
        for (double time : times)
            for (double guidance : guidances)
                trials.add(new Trial(
                        "s",
                        trials.size(),
                        point(time, guidance),
                        WorkState.QUEUED,
                        0,
                        Optional.empty(),
                        Map.of(),
                        false,
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        1));
        return trials;
    }

    private static ChartSlice slice(SweepSpec.SweepMode mode, List<Trial> trials, Map<String, String> wanted) {
        SweepSpec spec = new SweepSpec(
                "run", mode, values(1.0, 2.0), "builtin", "fid", SolverKind.BLUP, FilesToRead.FEWEST, 0.02, 0);
        return ChartSlice.of(spec, trials, BEST, wanted);
    }

    @Test
    void guidanceMakesTheSeriesWhereSeveralAxesVaryAndTheOthersAreThoseOfTheOptimum() {
        ChartSlice slice = slice(SweepSpec.SweepMode.GRID, trials(new double[] {1e6, 2e6}, 1.8, 1.0, 1.4), Map.of());
        assertThat(slice.by()).isEqualTo(GUIDANCE);
        assertThat(slice.valuesOf(GUIDANCE)).containsExactly("1", "1.4", "1.8");
        assertThat(slice.contains(point(2e6, 1.0))).isTrue();
        assertThat(slice.contains(point(1e6, 1.4))).isFalse();
        assertThat(slice.choices(new RunClock("Mimg", 1e6)))
                .extracting(ChartSlice.Choice::name)
                .containsExactly("by", "time");
    }

    @Test
    void readersChooseAnotherAxisAndAnotherValue() {
        ChartSlice slice = slice(
                SweepSpec.SweepMode.GRID,
                trials(new double[] {1e6, 2e6}, 1.0, 1.4),
                Map.of("by", "time", "guidance", "1"));
        assertThat(slice.by().axis()).isEqualTo(Axes.TIME);
        assertThat(slice.contains(point(1e6, 1.0))).isTrue();
        assertThat(slice.contains(point(1e6, 1.4))).isFalse();
    }

    @Test
    void whatTheSweepDoesNotHaveIsPassedOver() {
        ChartSlice slice = slice(
                SweepSpec.SweepMode.GRID,
                trials(new double[] {2e6}, 1.0, 1.4),
                Map.of("by", "guide", "time", "12", "guidance", "nonsense"));
        assertThat(slice.by()).isEqualTo(GUIDANCE);
        assertThat(slice.contains(point(2e6, 1.4))).isTrue();
        assertThat(slice.choices(new RunClock("Mimg", 1e6))).isEmpty();
    }

    @Test
    void guidancesOfASearchAreNoSeries() {
        List<Trial> trials = trials(new double[] {2e6}, 1.0, 1.37, 1.62);
        assertThat(slice(SweepSpec.SweepMode.SEARCH, trials, Map.of()).continuous())
                .isTrue();
        assertThat(slice(SweepSpec.SweepMode.GRID, trials, Map.of()).continuous())
                .isFalse();
    }

    @Test
    void whatIsNotThereIsSaidWithWhatIsShownInstead() {
        List<Trial> trials = trials(new double[] {1e6, 2e6}, 1.0, 1.4);
        RunClock clock = new RunClock("Mimg", 1e6);
        Map<String, String> wanted = Map.of("by", "steps", "time", "9000000");
        assertThat(slice(SweepSpec.SweepMode.GRID, trials, wanted).gone(wanted, clock))
                .containsExactly(
                        "The sweep has no lines for each steps; they are for each guidance.",
                        "No trial has time 9000000; 2 Mimg is shown.");
        Map<String, String> there = Map.of("by", "guidance", "time", "1000000");
        assertThat(slice(SweepSpec.SweepMode.GRID, trials, there).gone(there, clock))
                .isEmpty();
    }
}
