package phema.dashboard;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import phema.evaluation.Point;
import phema.sweep.Optimum;
import phema.sweep.SweepSpec;
import phema.sweep.Trial;

/**
 * What of a sweep is drawn against EMA length: a series for each value of one axis, at one value of the others.
 *
 * @param values of each axis, as texts, in the order in which they are shown
 * @param chosen values of all axes but {@code by}
 * @param continuous whether guidance has any values: a search chose them
 */
record ChartSlice(
        Dimension by, Map<Dimension, List<String>> values, Map<Dimension, String> chosen, boolean continuous) {
    /** What may vary beside EMA length and seeds. The first that does makes the series of a chart, unless readers choose another. */
    enum Dimension {
        GUIDANCE("Guidance"),
        TIME("Time"),
        GUIDE("Guiding network");

        final String label;

        Dimension(String label) {
            this.label = label;
        }

        String word() {
            return Show.word(this);
        }

        String of(Point point) {
            return switch (this) {
                case GUIDANCE -> FitPanel.plain(point.guidance());
                case TIME -> FitPanel.plain(point.time());
                case GUIDE -> guide(point.guide());
            };
        }
    }

    /** @param wanted values of requests by their parameters' names; what is no value of the sweep is passed over */
    static ChartSlice of(SweepSpec spec, List<Trial> trials, Optional<Optimum> optimum, Map<String, String> wanted) {
        Map<Dimension, List<String>> values = new TreeMap<>();
        for (Dimension dimension : Dimension.values()) values.put(dimension, values(dimension, trials));
        boolean continuous =
                spec.mode() == SweepSpec.SweepMode.SEARCH && spec.guidance().size() > 1;
        Dimension by = Stream.of(Dimension.values())
                .filter(dimension -> varies(values, dimension))
                .min(Comparator.comparing(dimension -> !dimension.word().equals(wanted.getOrDefault("by", ""))))
                .orElse(Dimension.GUIDANCE);
        Map<Dimension, String> chosen = new TreeMap<>();
        values.forEach((dimension, of) -> {
            if (dimension == by || of.isEmpty()) return;
            String value = wanted.getOrDefault(dimension.word(), "");
            String best = optimum.map(o -> dimension.of(o.point())).orElse(of.getFirst());
            chosen.put(dimension, of.contains(value) ? value : best);
        });
        return new ChartSlice(by, values, chosen, continuous);
    }

    private static List<String> values(Dimension dimension, List<Trial> trials) {
        Comparator<Point> order = Comparator.comparingDouble(point -> switch (dimension) {
            case GUIDANCE -> point.guidance();
            case TIME -> point.time();
            case GUIDE -> point.guide().map(Point.Guide::sigmaRel).orElse(0.0);
        });
        return trials.stream()
                .map(Trial::point)
                .sorted(order)
                .map(dimension::of)
                .distinct()
                .toList();
    }

    private static boolean varies(Map<Dimension, List<String>> values, Dimension dimension) {
        return values.getOrDefault(dimension, List.of()).size() > 1;
    }

    boolean varies(Dimension dimension) {
        return continuous && dimension == Dimension.GUIDANCE || varies(values, dimension);
    }

    List<String> valuesOf(Dimension dimension) {
        return values.getOrDefault(dimension, List.of());
    }

    boolean contains(Point point) {
        return chosen.entrySet().stream().allMatch(e -> e.getKey().of(point).equals(e.getValue()));
    }

    /** A control of the page. */
    record Choice(String name, String label, List<Option> options) {
        record Option(String value, String shown, boolean chosen) {}
    }

    /** What can be chosen: which axis makes the series, where several could, and the values of the others. */
    List<Choice> choices(RunClock clock) {
        List<Dimension> varying =
                Stream.of(Dimension.values()).filter(this::varies).toList();
        if (varying.size() < 2) return List.of();
        Choice series = new Choice(
                "by",
                "A line for each",
                varying.stream()
                        .map(d -> new Choice.Option(d.word(), d.label, d == by))
                        .toList());
        Stream<Choice> others = varying.stream()
                .filter(dimension -> dimension != by)
                .map(dimension -> new Choice(
                        dimension.word(),
                        dimension.label,
                        valuesOf(dimension).stream()
                                .map(v -> new Choice.Option(
                                        v, shown(dimension, v, clock), v.equals(chosen.get(dimension))))
                                .toList()));
        return Stream.concat(Stream.of(series), others).toList();
    }

    static String shown(Dimension dimension, String value, RunClock clock) {
        return dimension == Dimension.TIME ? clock.show(Double.parseDouble(value)) : value;
    }

    private static String guide(Optional<Point.Guide> guide) {
        return guide.map(g -> g.run() + " " + Show.length(g.sigmaRel()) + " at " + FitPanel.plain(g.time()))
                .orElse("none");
    }
}
