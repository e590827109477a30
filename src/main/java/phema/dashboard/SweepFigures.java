package phema.dashboard;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import phema.evaluation.MetricGoal;
import phema.fleet.WorkState;
import phema.sweep.ForeignMeasurement;
import phema.sweep.Sweep;
import phema.sweep.SweepFit;
import phema.sweep.Trial;

/**
 * Describes the charts of a sweep's page.
 *
 * @param version changes where they do
 * @param seconds after which a page asks for new ones; 0 for never
 * @param notices what was asked for and is not there, a sentence each
 * @param choices of what they show
 * @param power whether published optima can be marked, as {@code references} says they are
 * @param metric against the length
 * @param pareto two metrics against each other; none of a sweep with one
 * @param heat the metric against the length and what makes the series; none where nothing does
 */
record SweepFigures(
        String id,
        String version,
        int seconds,
        List<String> notices,
        List<ChartSlice.Choice> choices,
        boolean power,
        boolean references,
        Chart metric,
        @Nullable Chart pareto,
        @Nullable Chart heat) {
    private static final String METRIC = "metric";
    private static final String SECOND = "second";

    /** The number of points for which charts stay another second, so that an open page takes little of a network. */
    private static final int POINTS = 20;

    private static final int LONGEST = 240;

    /** @param view what readers chose, by the names of choices; of what there is not, {@link #notices} tell */
    static SweepFigures of(
            Sweep sweep,
            List<Trial> trials,
            List<SweepFit> fits,
            Map<String, List<ForeignMeasurement>> measured,
            RunClock clock,
            Map<String, String> view) {
        ChartSlice slice = ChartSlice.of(sweep.spec(), trials, sweep.optimum(), view);
        List<MetricGoal> goals = sweep.spec().metrics().all();
        MetricGoal goal = goal(goals, view.get(METRIC)).orElse(goals.getFirst());
        Optional<MetricGoal> second = goal(goals, view.get(SECOND)).filter(other -> !other.equals(goal));
        boolean references = !view.getOrDefault("references", "on").equals("off");
        SweepCharts charts = new SweepCharts(
                sweep, goal.name(), trials, goal.equals(sweep.spec().goal()) ? fits : List.of(), slice, clock);
        String length = sweep.spec().axes().family().kind().noun();
        List<CopyLine> lines = SweepLines.of(sweep.id(), sweep.spec());
        String run = sweep.spec().run();

        Chart drawn = charts.metric("metric-" + sweep.id(), measured, references);
        Chart metric = second.map(other -> drawn.beside(
                        ChartAxis.linear(other.name(), SweepCharts.METRIC_FORMAT),
                        new SweepCharts(
                                        sweep,
                                        other.name(),
                                        trials,
                                        other.equals(sweep.spec().goal()) ? fits : List.of(),
                                        slice,
                                        clock)
                                .beside(drawn)))
                .orElse(drawn);
        String shown = goal.name() + second.map(other -> " and " + other.name()).orElse("");
        Chart heat = !slice.varies(slice.by())
                ? null
                : charts.heat("heat-" + sweep.id())
                        .from(ChartSource.of(
                                        lines,
                                        run,
                                        goal.name(),
                                        "by",
                                        length,
                                        slice.by().shownAs())
                                .entitled(goal.name() + " by " + length + " and "
                                        + slice.by().shownAs()));
        Chart pareto = goals.size() < 2 ? null : pareto(sweep, goal, second, trials, clock, lines);
        Chart whole =
                metric.from(ChartSource.of(lines, run, shown, "by", length).entitled(shown + " by " + length));
        boolean ended = sweep.state().isEnd();
        return new SweepFigures(
                sweep.id(),
                version(sweep),
                ended ? 0 : seconds(whole, pareto, heat),
                notices(goals, goal, slice.gone(view, clock), view),
                choices(goals, goal, second, slice, clock),
                sweep.spec().axes().family().isPower(),
                references,
                whole,
                pareto,
                heat);
    }

    private static Chart pareto(
            Sweep sweep,
            MetricGoal goal,
            Optional<MetricGoal> second,
            List<Trial> trials,
            RunClock clock,
            List<CopyLine> lines) {
        MetricGoal other = second.orElseGet(() -> sweep.spec().metrics().all().stream()
                .filter(each -> !each.equals(goal))
                .findFirst()
                .orElse(goal));
        return ParetoChart.of("pareto-" + sweep.id(), goal, other, trials, clock)
                .from(ChartSource.of(lines, sweep.spec().run(), goal.name(), "and", other.name())
                        .entitled(goal.name() + " and " + other.name() + " of every point"));
    }

    private static List<String> notices(
            List<MetricGoal> goals, MetricGoal shown, List<String> gone, Map<String, String> view) {
        List<String> notices = new ArrayList<>();
        for (String name : List.of(METRIC, SECOND)) {
            String asked = view.getOrDefault(name, "");
            if (!asked.isEmpty() && goal(goals, asked).isEmpty())
                notices.add("The sweep has no metric " + asked + "; "
                        + (name.equals(SECOND) ? "none is shown beside " + shown.name() : shown.name() + " is shown")
                        + ".");
        }
        notices.addAll(gone);
        return notices;
    }

    private static Optional<MetricGoal> goal(List<MetricGoal> goals, @Nullable String name) {
        return goals.stream().filter(goal -> goal.name().equals(name)).findFirst();
    }

    private static List<ChartSlice.Choice> choices(
            List<MetricGoal> goals, MetricGoal goal, Optional<MetricGoal> second, ChartSlice slice, RunClock clock) {
        List<ChartSlice.Choice> choices = new ArrayList<>();
        if (goals.size() > 1) {
            choices.add(new ChartSlice.Choice(
                    METRIC,
                    "Metric",
                    goals.stream()
                            .map(each -> new ChartSlice.Choice.Option(each.name(), each.name(), each.equals(goal)))
                            .toList()));
            List<ChartSlice.Choice.Option> others = new ArrayList<>();
            others.add(new ChartSlice.Choice.Option("", "no other", second.isEmpty()));
            for (MetricGoal each : goals)
                others.add(new ChartSlice.Choice.Option(
                        each.name(), each.name(), second.filter(each::equals).isPresent()));
            choices.add(new ChartSlice.Choice(SECOND, "Beside it", others));
        }
        choices.addAll(slice.choices(clock));
        return choices;
    }

    /** Changes with each trial that is done, and with the end: what runs is on no chart. */
    static String version(Sweep sweep) {
        return sweep.count(WorkState.DONE) + "-" + (sweep.state().isEnd() ? sweep.version() : "");
    }

    private static int seconds(@Nullable Chart... charts) {
        int points = 0;
        for (Chart chart : charts)
            if (chart != null)
                for (ChartLayer layer : chart.layers()) points += layer.points().size();
        return Math.clamp(points / POINTS, 1, LONGEST);
    }

    /** All that is drawn, in their order. */
    public List<Chart> all() {
        List<Chart> all = new ArrayList<>();
        all.add(metric);
        if (pareto != null) all.add(pareto);
        if (heat != null) all.add(heat);
        return all;
    }

    /** Measurements by what is said of them. */
    static Map<String, List<ForeignMeasurement>> sources(
            List<ForeignMeasurement> counted, List<ForeignMeasurement> beside) {
        Map<String, List<ForeignMeasurement>> sources = new LinkedHashMap<>();
        for (ForeignMeasurement each : counted)
            sources.computeIfAbsent(each.source() + ", counted", of -> new ArrayList<>())
                    .add(each);
        for (ForeignMeasurement each : beside)
            sources.computeIfAbsent(each.source() + ", shown beside", of -> new ArrayList<>())
                    .add(each);
        return sources;
    }
}
