package phema.dashboard;

import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import phema.catalog.Catalog;
import phema.evaluation.Axes;
import phema.evaluation.Facet;
import phema.evaluation.MetricGoal;
import phema.evaluation.MetricGoal.MetricDirection;
import phema.evaluation.Point;
import phema.fleet.WorkState;
import phema.problem.ShownPaths;
import phema.search.Repeats;
import phema.sweep.ForeignMeasurement;
import phema.sweep.Measurements;
import phema.sweep.Optimum;
import phema.sweep.Sweep;
import phema.sweep.SweepFit;
import phema.sweep.SweepSpec;
import phema.sweep.Trial;

/**
 * Holds what is compared with others: the trials of a sweep that are done, or a run's measurements of one source.
 *
 * @param id of the sweep; empty for measurements
 * @param spec of the sweep; empty for measurements
 * @param name of its line
 * @param run whose weights were evaluated
 * @param about in what state it is and how many of its trials are done
 * @param running whether more may come
 * @param evaluator without the words that say where it runs
 * @param settings of the evaluator that decide metrics, as far as they are known
 * @param images of one evaluation, each number that there is
 * @param goals its metrics, and which way is better; empty where nobody says
 * @param values what was measured, by point
 * @param optimum by the first of the goals
 * @param remark what to be careful about with the optimum, in few words; empty for nothing
 * @param fits of the first of the goals
 * @param searches whether a search chose lengths and guidances: they are no rows of a grid
 */
record Compared(
        Optional<String> id,
        Optional<SweepSpec> spec,
        String name,
        String run,
        String about,
        boolean running,
        String evaluator,
        Map<String, String> settings,
        Set<Long> images,
        List<MetricGoal> goals,
        List<Value> values,
        Optional<Optimum> optimum,
        String remark,
        List<SweepFit> fits,
        boolean searches,
        RunClock clock) {
    private static final int ID_DIGITS = 6;
    private static final String VERSION = "version";

    /** One evaluation. */
    record Value(Point point, Map<String, Double> metrics) {}

    /** The mean over seeds of one point. */
    record Mean(Point point, Repeats repeats) {}

    static Compared of(Sweep sweep, List<Trial> trials, List<SweepFit> fits, Catalog catalog) {
        SweepSpec spec = sweep.spec();
        String about =
                sweep.stateInWords() + ", " + sweep.count(WorkState.DONE) + " of " + sweep.count() + " trials done";
        return new Compared(
                Optional.of(sweep.id()),
                Optional.of(spec),
                spec.run() + " "
                        + sweep.name()
                                .orElse(sweep.id()
                                        .substring(
                                                0,
                                                Math.min(ID_DIGITS, sweep.id().length())))
                        + sweep.otherWeights()
                                .map(difference -> Measurements.OTHER_WEIGHTS)
                                .orElse(""),
                spec.run(),
                about,
                !sweep.state().isEnd(),
                bare(spec.evaluator()),
                sweep.settings(),
                spec.seeds().stream().map(seeds -> seeds.count()).collect(Collectors.toSet()),
                spec.metrics().all(),
                trials.stream()
                        .filter(trial -> trial.state() == WorkState.DONE)
                        .map(trial -> new Value(trial.point(), trial.metrics()))
                        .toList(),
                sweep.optimum(),
                SweepRow.remark(sweep),
                fits,
                spec.mode() == SweepSpec.SweepMode.SEARCH,
                RunClock.of(catalog, spec.run()));
    }

    /** @param all of a run, from one source and evaluator, and of averages of one family */
    static Compared of(String run, List<ForeignMeasurement> all, Catalog catalog) {
        ForeignMeasurement any = all.getFirst();
        Set<Long> images = new HashSet<>();
        for (ForeignMeasurement each : all) images.add(each.images().orElse(0L));
        return new Compared(
                Optional.empty(),
                Optional.empty(),
                run + " " + any.source(),
                run,
                all.size() + (all.size() == 1 ? " measurement" : " measurements") + " brought along",
                false,
                any.evaluator(),
                any.version().isEmpty() ? Map.of() : Map.of(VERSION, any.version()),
                images,
                List.of(),
                all.stream()
                        .map(each -> new Value(each.point(), each.metrics()))
                        .toList(),
                Optional.empty(),
                "",
                List.of(),
                false,
                RunClock.of(catalog, run));
    }

    /** The name alone, of {@code remote:NAME@VERSION} too. */
    private static String bare(String evaluator) {
        return evaluator.replaceFirst("^remote:", "").replaceFirst("@.*", "");
    }

    boolean has(String metric) {
        return values.stream().anyMatch(value -> value.metrics().containsKey(metric));
    }

    Set<String> metrics() {
        Set<String> names = new LinkedHashSet<>();
        for (MetricGoal goal : goals) if (has(goal.name())) names.add(goal.name());
        for (Value value : values) names.addAll(value.metrics().keySet());
        return names;
    }

    Optional<MetricDirection> direction(String metric) {
        return goals.stream()
                .filter(goal -> goal.name().equals(metric))
                .map(MetricGoal::direction)
                .findFirst();
    }

    /** Why values of a metric cannot be held against another's, as the end of a sentence; empty where they can. */
    Optional<String> difference(Compared other, String metric) {
        if (!evaluator.equals(other.evaluator)) return Optional.of(said("evaluator", evaluator, other.evaluator));
        for (String setting : differing(other)) {
            String name = setting.equals(VERSION) ? "evaluator’s version" : "evaluator’s setting " + setting;
            return Optional.of(said(name, shown(settings, setting), shown(other.settings, setting)));
        }
        if (!images.equals(other.images))
            return Optional.of(said("number of images", shown(images), shown(other.images)));
        Optional<MetricDirection> direction = direction(metric);
        if (direction.isPresent()
                && other.direction(metric).filter(d -> d != direction.get()).isPresent())
            return Optional.of("it looks for the " + (direction.get() == MetricDirection.MAX ? "most" : "least")
                    + " of it, not the other way");
        return Optional.empty();
    }

    private static String shown(Map<String, String> settings, String name) {
        return ShownPaths.withoutFolders(settings.getOrDefault(name, ""));
    }

    /** Settings that both state, and differently; the version also where one states none. */
    private List<String> differing(Compared other) {
        boolean both = id.isPresent() && other.id.isPresent() && !settings.isEmpty() && !other.settings.isEmpty();
        Set<String> names = new HashSet<>(Set.of(VERSION));
        if (both) {
            names.addAll(settings.keySet());
            names.addAll(other.settings.keySet());
        }
        return names.stream()
                .filter(name -> !settings.getOrDefault(name, "").equals(other.settings.getOrDefault(name, "")))
                .sorted(Comparator.comparing((String name) -> !name.equals(VERSION))
                        .thenComparing(name -> name))
                .toList();
    }

    private static String said(String what, String own, String other) {
        return "its " + what + " is " + word(own) + ", not " + word(other);
    }

    private static String word(String text) {
        return text.isEmpty() ? "not known" : text;
    }

    private static String shown(Set<Long> images) {
        return images.stream()
                .sorted()
                .map(n -> n == 0 ? "not known" : Long.toString(n))
                .collect(Collectors.joining(" and "));
    }

    /** Means over seeds, of all points. */
    List<Mean> means(String metric) {
        List<Value> having = values.stream()
                .filter(value -> value.metrics().containsKey(metric))
                .toList();
        return Repeats.by(
                        having,
                        value -> ParetoChart.seedless(value.point()),
                        value -> value.metrics().getOrDefault(metric, Double.NaN))
                .entrySet()
                .stream()
                .map(e -> new Mean(e.getKey(), e.getValue()))
                .toList();
    }

    /** The best mean for each value of x. @param direction of the metric */
    Map<Double, Mean> best(String metric, MetricDirection direction, ToDoubleFunction<Point> x) {
        Map<Double, Mean> best = new TreeMap<>();
        for (Mean mean : means(metric))
            best.merge(x.applyAsDouble(mean.point()), mean, (a, b) -> better(a, b, direction) ? a : b);
        return best;
    }

    /** The means by length, all else as at the best point; of a search, which has no rows, all of them. */
    Map<Double, Mean> atBest(String metric, MetricDirection direction) {
        List<Mean> means = means(metric);
        Mean best = bestMean(metric, direction).orElseThrow();
        List<Facet> others = Axes.curves(means.stream().map(Mean::point).toList()).stream()
                .filter(facet -> !(searches && facet.axis().isContinuous()))
                .toList();
        Map<Double, Mean> row = new TreeMap<>();
        for (Mean mean : means)
            if (others.stream().allMatch(facet -> facet.order().compare(mean.point(), best.point()) == 0))
                row.merge(mean.point().length(), mean, (a, b) -> better(a, b, direction) ? a : b);
        return row;
    }

    Optional<Mean> bestMean(String metric, MetricDirection direction) {
        return means(metric).stream()
                .min(Comparator.comparingDouble(
                        mean -> direction.cost(mean.repeats().mean())));
    }

    private static boolean better(Mean a, Mean b, MetricDirection direction) {
        return direction.cost(a.repeats().mean()) <= direction.cost(b.repeats().mean());
    }

    /** The best point, by a model where there is one, if this is the metric that is optimised. */
    Optional<Optimum> optimum(String metric) {
        return optimum.filter(o -> isFirst(metric));
    }

    /** The model of the metric about a point, if there is one. */
    Optional<SweepFit> fit(String metric, Point point) {
        return fits.stream().filter(fit -> isFirst(metric) && fit.covers(point)).findFirst();
    }

    private boolean isFirst(String metric) {
        return !goals.isEmpty() && goals.getFirst().name().equals(metric);
    }
}
