package phema.dashboard;

import static java.util.stream.Collectors.joining;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.springframework.web.util.UriComponentsBuilder;
import phema.evaluation.Axes;
import phema.evaluation.Facet;
import phema.evaluation.LengthFields;
import phema.evaluation.MetricGoal;
import phema.evaluation.Point;
import phema.fleet.WorkState;
import phema.profile.ProfileFamily;
import phema.sweep.Evidence;
import phema.sweep.FailureCause;
import phema.sweep.Optimum;
import phema.sweep.Sweep;
import phema.sweep.SweepSpec;
import phema.sweep.SweepState;
import phema.sweep.Trial;
import phema.text.Labels;

/**
 * Describes how far a sweep is, and what it found.
 *
 * @param title of the browser's tab
 * @param ended whether nothing more happens by itself
 * @param summary of its trials by state
 * @param settings of its evaluator that decide metrics; empty where they are not known
 * @param pace how quickly it goes on; empty where nobody can tell
 * @param failed how many trials failed
 * @param causes why they did, the most frequent first
 * @param differs whether this service has other settings or files than the sweep, and could evaluate it with them
 * @param stuck whether trials wait and nobody takes them
 * @param left workers that leave its trials alone, each with the reason
 * @param optimum figures of the best point; none while no trial is done
 * @param optimumUrl of its weights
 * @param cautions what to be careful about with it, each as a sentence without its stop
 * @param beyond lengths that an extension beyond the edge adds; empty for none
 * @param actions that make sense now
 */
record SweepPanel(
        SweepRow row,
        String title,
        long version,
        boolean ended,
        boolean search,
        String seeds,
        String tolerance,
        int priority,
        String settings,
        String summary,
        String pace,
        int failed,
        List<FailureCause> causes,
        boolean differs,
        boolean stuck,
        List<String> left,
        List<FitPanel.Figure> optimum,
        @Nullable String optimumUrl,
        List<String> cautions,
        String beyond,
        List<SweepAction> actions) {
    private static final int MOST_CAUSES = 8;

    /** The number of trials for each second that a page waits before it asks for what is new. */
    private static final int TRIALS_A_SECOND = 500;

    private static final int MOST_LETTERS = 60;

    /** The settings that are shown elsewhere, or tell people nothing while they are equal. */
    private static final Set<String> OBVIOUS = Set.of("type", "meaning");

    /** How often its page asks for what is new. */
    public String rhythm() {
        return "every " + Math.clamp(row.trials() / TRIALS_A_SECOND, 1, 10) + "s";
    }

    /** Changes with what workers take and leave, which is no change of the sweep. */
    public int leftVersion() {
        return leftVersion(stuck, left);
    }

    static int leftVersion(Sweep sweep) {
        return leftVersion(sweep.isStuck(), left(sweep));
    }

    private static int leftVersion(boolean stuck, List<String> left) {
        return 31 * left.hashCode() + (stuck ? 1 : 0);
    }

    /**
     * A button.
     *
     * @param word as the address has it
     * @param question that is asked before; empty for none
     */
    record SweepAction(String word, String label, String question) {
        SweepAction(String word, String label) {
            this(word, label, "");
        }
    }

    static SweepPanel of(
            Sweep sweep, boolean differs, List<Double> beyond, List<Trial> trials, ChartSlice slice, RunClock clock) {
        SweepSpec spec = sweep.spec();
        ProfileFamily family = spec.axes().family();
        return new SweepPanel(
                SweepRow.of(sweep),
                title(sweep),
                sweep.version(),
                sweep.state().isEnd(),
                spec.mode() == SweepSpec.SweepMode.SEARCH,
                String.join(", ", spec.seeds().stream().map(String::valueOf).toList()),
                Show.percent(spec.tolerance()),
                spec.priority(),
                settings(sweep),
                summary(sweep),
                pace(sweep),
                sweep.count(WorkState.FAILED),
                causes(trials),
                differs,
                sweep.isStuck(),
                left(sweep),
                sweep.optimum().map(o -> figures(sweep, o, slice, clock)).orElse(List.of()),
                sweep.optimum().map(o -> url(spec.run(), o.point())).orElse(null),
                sweep.cautions(),
                beyond.stream().map(family::print).collect(joining(", ")),
                actions(sweep, differs));
    }

    /** As the browser's tab has it. */
    private static String title(Sweep sweep) {
        String what = sweep.spec().metric() + " of " + sweep.spec().run();
        int failed = sweep.count(WorkState.FAILED);
        if (!sweep.state().isEnd())
            return sweep.count(WorkState.DONE) + " of " + sweep.count() + (failed > 0 ? ", " + failed + " failed" : "")
                    + " · " + what;
        return sweep.state() == SweepState.DONE ? what : sweep.stateInWords() + " · " + what;
    }

    /** How quickly it goes on, and how long that takes; empty where nobody can tell. */
    private static String pace(Sweep sweep) {
        return sweep.pace()
                .map(perSecond -> Show.rate(perSecond)
                        + sweep.left()
                                .map(left -> ", about " + Show.duration(left) + " left")
                                .orElse(""))
                .orElse("");
    }

    private static List<FailureCause> causes(List<Trial> trials) {
        Map<Integer, String> errors = new TreeMap<>();
        for (Trial trial : trials)
            if (trial.state() == WorkState.FAILED)
                errors.put(trial.number(), trial.error().orElse(""));
        List<FailureCause> causes = FailureCause.of(errors);
        return causes.subList(0, Math.min(MOST_CAUSES, causes.size()));
    }

    /** What a page of one trial tells: all but the lack of a value. */
    static List<Facet> told(Trial trial) {
        return Axes.facets(Axes.ALL, List.of(trial.point())).stream()
                .filter(facet -> facet.isNumber() || facet.axis().isNotable(trial.point()))
                .toList();
    }

    private static String summary(Sweep sweep) {
        List<String> parts = new ArrayList<>();
        parts.add(sweep.count(WorkState.DONE) + " of " + sweep.count() + " trials done");
        for (WorkState state : List.of(WorkState.RUNNING, WorkState.QUEUED, WorkState.FAILED, WorkState.CANCELLED))
            if (sweep.count(state) > 0) parts.add(sweep.count(state) + " " + Labels.of(state));
        return String.join(", ", parts);
    }

    private static List<FitPanel.Figure> figures(Sweep sweep, Optimum optimum, ChartSlice slice, RunClock clock) {
        SweepSpec spec = sweep.spec();
        List<FitPanel.Figure> figures = new ArrayList<>();
        Point best = optimum.point();
        ProfileFamily family = best.family();
        figures.add(
                new FitPanel.Figure("Best " + family.kind().noun() + standing(sweep), family.print(best.length()), ""));
        if (optimum.low() < optimum.high())
            figures.add(new FitPanel.Figure(
                    optimum.isModelled() ? "With 90 % between" : "Between the neighbours",
                    family.print(optimum.low()) + " and " + family.print(optimum.high()),
                    ""));
        String goal = spec.goal().direction() == MetricGoal.MetricDirection.MAX ? "greatest " : "";
        figures.add(new FitPanel.Figure(goal + spec.metric() + " there", SweepRow.value(optimum), ""));
        for (Facet facet : Axes.curves(List.of(best))) {
            // Most sweeps have one time, the newest.
            boolean told = facet.axis() != Axes.TIME && facet.axis().isNotable(best);
            if (slice.varies(facet) || told)
                figures.add(new FitPanel.Figure(
                        facet.label(), slice.shown(facet, ChartSlice.plain(facet, best), clock), ""));
        }
        return figures;
    }

    /** What its name must not hide. */
    private static String standing(Sweep sweep) {
        if (!sweep.state().isEnd()) return " so far";
        return switch (sweep.evidence().map(Evidence::edge).orElse(Evidence.LengthEdge.NONE)) {
            case NONE -> "";
            case SHORTEST -> ", at the shortest tried";
            case LONGEST -> ", at the longest tried";
        };
    }

    /** The address of an average on its run's page. */
    static String url(String run, Point best) {
        return UriComponentsBuilder.fromPath("/runs/{run}")
                .queryParam(
                        best.family().isPower() ? LengthFields.SIGMA_REL : LengthFields.PROFILE,
                        best.family().isPower() ? Labels.plain(best.length()) : best.profile())
                .queryParam("time", Labels.plain(best.time()))
                .encode()
                .buildAndExpand(run)
                .toUriString();
    }

    private static String settings(Sweep sweep) {
        return sweep.shownSettings().entrySet().stream()
                .filter(setting -> !setting.getValue().isEmpty() && !OBVIOUS.contains(setting.getKey()))
                .map(setting -> setting.getKey() + " " + shortened(setting.getValue()))
                .collect(joining(", "));
    }

    private static String shortened(String value) {
        return value.length() > MOST_LETTERS ? value.substring(0, MOST_LETTERS) + "…" : value;
    }

    private static List<String> left(Sweep sweep) {
        return sweep.takers().others().stream()
                .map(other -> "Worker " + other.worker() + ": " + other.reason())
                .toList();
    }

    private static List<SweepAction> actions(Sweep sweep, boolean differs) {
        List<SweepAction> actions = new ArrayList<>();
        SweepState state = sweep.state();
        if (state == SweepState.PAUSED) actions.add(new SweepAction("resume", "Resume"));
        if (!state.isEnd() && state != SweepState.PAUSED) actions.add(new SweepAction("pause", "Pause"));
        if (sweep.count(WorkState.FAILED) + sweep.count(WorkState.CANCELLED) > 0)
            actions.add(new SweepAction("retry", "Retry failed and cancelled"));
        if (differs && state != SweepState.DONE)
            actions.add(new SweepAction("retry-own", "Evaluate all again with this service’s settings"));
        if (sweep.description().archived()) actions.add(new SweepAction("unarchive", "Take out of the archive"));
        else if (state.isEnd()) actions.add(new SweepAction("archive", "Archive"));
        if (state.isEnd())
            actions.add(new SweepAction(
                    "delete", "Delete", "Delete this sweep with its trials, their logs and what it found?"));
        else
            actions.add(new SweepAction(
                    "cancel",
                    "Cancel",
                    "Cancel this sweep? What runs is lost; what is done stays, and can be resumed."));
        return actions;
    }
}
