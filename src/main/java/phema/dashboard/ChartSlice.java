package phema.dashboard;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import phema.evaluation.Axes;
import phema.evaluation.Facet;
import phema.evaluation.Point;
import phema.evaluation.ValuePrinter;
import phema.sweep.Optimum;
import phema.sweep.SweepSpec;
import phema.sweep.Trial;

/**
 * Chooses what of a sweep is drawn against EMA length: a series for each value of one facet, at one value of the
 * others.
 *
 * @param by what makes the series: the first that varies, unless readers choose another
 * @param values of each facet, as addresses have them and in the order in which they are shown, with a point that
 *     has it
 * @param chosen values of all facets but {@code by}
 * @param continuous whether {@code by} has any values: a search chose them
 */
record ChartSlice(Facet by, Map<Facet, Map<String, Point>> values, Map<Facet, String> chosen, boolean continuous) {
    /**
     * @param wanted values of requests by their parameters' names; what is no value of the sweep is passed over, and
     *     {@link #gone}
     */
    static ChartSlice of(SweepSpec spec, List<Trial> trials, Optional<Optimum> optimum, Map<String, String> wanted) {
        List<Point> points = trials.stream().map(Trial::point).toList();
        List<Facet> facets = Axes.curves(points);
        Map<Facet, Map<String, Point>> values = new LinkedHashMap<>();
        for (Facet facet : facets) values.put(facet, values(facet, points));
        Facet by = facets.stream()
                .filter(facet -> several(values, facet))
                .min(Comparator.comparing(facet -> !facet.column().equals(wanted.getOrDefault("by", ""))))
                .orElse(facets.getFirst());
        Map<Facet, String> chosen = new LinkedHashMap<>();
        values.forEach((facet, of) -> {
            if (facet.equals(by) || of.isEmpty()) return;
            String value = wanted.getOrDefault(facet.column(), "");
            String best = optimum.map(o -> plain(facet, o.point()))
                    .orElse(of.keySet().iterator().next());
            chosen.put(facet, of.containsKey(value) ? value : best);
        });
        boolean continuous = spec.mode() == SweepSpec.SweepMode.SEARCH
                && by.axis().isContinuous()
                && spec.axes().count(by.axis()) > 1;
        return new ChartSlice(by, values, chosen, continuous);
    }

    /** What was wanted and is no value of the sweep, a sentence each that says what is shown in its place. */
    List<String> gone(Map<String, String> wanted, RunClock clock) {
        List<String> gone = new ArrayList<>();
        String series = wanted.getOrDefault("by", "");
        if (!series.isEmpty() && !series.equals(by.column()))
            gone.add("The sweep has no lines for each " + series + "; they are for each " + by.shownAs() + ".");
        chosen.forEach((facet, value) -> {
            String asked = wanted.getOrDefault(facet.column(), "");
            if (!asked.isEmpty() && !asked.equals(value))
                gone.add("No trial has " + facet.shownAs() + " " + asked + "; " + shown(facet, value, clock)
                        + " is shown.");
        });
        return gone;
    }

    private static Map<String, Point> values(Facet facet, List<Point> points) {
        Map<String, Point> values = new LinkedHashMap<>();
        points.stream().sorted(facet.order()).forEach(point -> values.putIfAbsent(plain(facet, point), point));
        return values;
    }

    private static boolean several(Map<Facet, Map<String, Point>> values, Facet facet) {
        return values.getOrDefault(facet, Map.of()).size() > 1;
    }

    boolean varies(Facet facet) {
        return continuous && facet.equals(by) || several(values, facet);
    }

    List<String> valuesOf(Facet facet) {
        return List.copyOf(values.getOrDefault(facet, Map.of()).keySet());
    }

    boolean contains(Point point) {
        return chosen.entrySet().stream().allMatch(e -> plain(e.getKey(), point).equals(e.getValue()));
    }

    /** A control of the page. */
    record Choice(String name, String label, List<Option> options) {
        record Option(String value, String shown, boolean chosen) {}
    }

    /** What can be chosen: what makes the series, where several could, and the values of the others. */
    List<Choice> choices(RunClock clock) {
        List<Facet> varying = values.keySet().stream().filter(this::varies).toList();
        if (varying.size() < 2) return List.of();
        Choice series = new Choice(
                "by",
                "A line for each",
                varying.stream()
                        .map(facet -> new Choice.Option(facet.column(), facet.label(), facet.equals(by)))
                        .toList());
        Stream<Choice> others = varying.stream()
                .filter(facet -> !facet.equals(by))
                .map(facet -> new Choice(
                        facet.column(),
                        facet.label(),
                        valuesOf(facet).stream()
                                .map(v -> new Choice.Option(v, shown(facet, v, clock), v.equals(chosen.get(facet))))
                                .toList()));
        return Stream.concat(Stream.of(series), others).toList();
    }

    /** As people read a value of {@link #valuesOf}. */
    String shown(Facet facet, String value, RunClock clock) {
        Point point = values.getOrDefault(facet, Map.of()).get(value);
        return point == null ? value : text(facet, point, new PagePrinter(clock));
    }

    /** As addresses have it. */
    static String plain(Facet facet, Point point) {
        return text(facet, point, PagePrinter.PLAIN);
    }

    private static String text(Facet facet, Point point, ValuePrinter printer) {
        String text = facet.text(point, printer);
        return text.isEmpty() ? PagePrinter.NONE : text;
    }
}
