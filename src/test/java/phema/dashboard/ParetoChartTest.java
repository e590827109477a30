package phema.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import phema.evaluation.Axes;
import phema.evaluation.AxisValues;
import phema.evaluation.MetricGoal;
import phema.evaluation.MetricGoals;
import phema.evaluation.Seeds;
import phema.fleet.WorkState;
import phema.sweep.Trial;

class ParetoChartTest {
    private static final List<MetricGoal> GOALS =
            MetricGoals.parse("fid,accuracy:max").all();

    /** Each has an EMA length of its own, and two seeds whose mean is the value. */
    private static List<Trial> trials(double[]... values) {
        List<Trial> trials = new ArrayList<>();
        for (double[] value : values)
            for (int seed = 0; seed < 2; seed++)
                trials.add(new Trial(
                        "s",
                        trials.size(),
                        AxisValues.NONE
                                .with(Axes.LENGTH, List.of(0.01 * (1 + trials.size() / 2)))
                                .with(Axes.TIME, List.of(1e6))
                                .with(Axes.GUIDANCE, List.of(1.0))
                                .with(Axes.SEEDS, List.of(new Seeds(8 * seed, 8 * seed + 7)))
                                .grid()
                                .getFirst(),
                        WorkState.DONE,
                        1,
                        Optional.empty(),
                        Map.of("fid", value[0] + (seed - 0.5), "accuracy", value[1]),
                        false,
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        1));
        return trials;
    }

    private static List<Double> front(Chart chart) {
        return chart.layers().getLast().points().stream()
                .map(ChartLayer.ChartPoint::x)
                .toList();
    }

    private static Chart chart(MetricGoal x, MetricGoal y, double[]... values) {
        return ParetoChart.of("pareto", x, y, trials(values), new RunClock("", 1));
    }

    @Test
    void theFrontHoldsWhatNothingBeatsInBothMetricsWhicheverWayTheyGo() {
        double[][] values = {{2, 0.5}, {3, 0.8}, {4, 0.7}, {2.5, 0.4}, {5, 0.9}};
        Chart chart = chart(GOALS.getFirst(), GOALS.getLast(), values);
        assertThat(front(chart)).containsExactly(2.0, 3.0, 5.0);
        assertThat(chart.layers().getFirst().points()).hasSize(2);
        assertThat(chart.layers().getLast().kind()).isEqualTo(ChartLayer.LayerKind.STEPS_AFTER);

        Chart turned = chart(GOALS.getLast(), GOALS.getFirst(), values);
        assertThat(front(turned)).containsExactly(0.5, 0.8, 0.9);
        assertThat(turned.layers().getLast().kind()).isEqualTo(ChartLayer.LayerKind.STEPS_BEFORE);
    }

    @Test
    void equalPointsAreBothOnTheFrontAndAPointThatIsAsGoodInOneIsNot() {
        assertThat(front(chart(
                        GOALS.getFirst(), GOALS.getLast(), new double[] {2, 0.5}, new double[] {2, 0.5}, new double[] {
                            2, 0.4
                        })))
                .containsExactly(2.0, 2.0);
    }
}
