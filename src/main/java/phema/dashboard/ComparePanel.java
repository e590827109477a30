package phema.dashboard;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.web.util.UriComponentsBuilder;
import phema.evaluation.Axes;
import phema.evaluation.Facet;
import phema.evaluation.MetricGoal.MetricDirection;
import phema.evaluation.Point;
import phema.profile.ProfileFamily;
import phema.sweep.Optimum;

/**
 * Describes a comparison of sweeps: one chart of one metric, and the best point of each side by side.
 *
 * @param notShown what of the address is not shown, a sentence each
 * @param remarks what to know about what is shown, a sentence each
 * @param metric that is compared; empty where there is none
 * @param chart none where nothing can be compared
 */
record ComparePanel(
        List<String> notShown,
        List<String> remarks,
        String metric,
        List<ChartSlice.Choice> choices,
        List<BestRow> rows,
        @Nullable Chart chart) {
    /** Which axis a metric is drawn against. */
    enum Against {
        LENGTH("length"),
        GUIDANCE("best by guidance"),
        TIME("best by training time");

        private final String label;

        Against(String label) {
            this.label = label;
        }

        static Against of(String word) {
            return Stream.of(values())
                    .filter(each -> each.word().equals(word))
                    .findFirst()
                    .orElse(LENGTH);
        }

        String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * The best point of one.
     *
     * @param url of the sweep; none of measurements
     * @param remark what to be careful about with that length, in few words; empty for nothing
     * @param range that holds the best length, if one is known
     * @param rest what else the point has that differs among all points
     * @param weights the address of the average on the run's page
     * @param without the address of the comparison without this one; none of what a whole run brings
     */
    record BestRow(
            String name,
            @Nullable String url,
            String run,
            String length,
            String remark,
            String range,
            String rest,
            String value,
            String about,
            String weights,
            @Nullable String without) {}

    /**
     * @param asked all that the address names and that is there, in its order
     * @param gone a sentence for each of the others
     * @param metric empty for that of the first
     */
    static ComparePanel of(List<Compared> asked, List<String> gone, String metric, Against against, String address) {
        List<String> notShown = new ArrayList<>(gone);
        List<String> remarks = new ArrayList<>();
        Set<String> metrics = new LinkedHashSet<>();
        List<Compared> measured = new ArrayList<>();
        for (Compared each : asked) {
            if (each.values().isEmpty()) notShown.add(each.name() + ": no trial of it is done yet.");
            else measured.add(each);
            metrics.addAll(each.metrics());
        }
        if (measured.isEmpty()) return new ComparePanel(notShown, remarks, "", List.of(), List.of(), null);
        String shown = metrics.contains(metric) ? metric : metrics.iterator().next();
        if (!metric.isEmpty() && !shown.equals(metric))
            notShown.add("Nothing here has the metric " + metric + "; " + shown + " is shown.");
        List<Compared> comparable = comparable(measured, shown, against, notShown);
        Optional<MetricDirection> stated = comparable.stream()
                .flatMap(each -> each.direction(shown).stream())
                .findFirst();
        if (stated.isEmpty()) remarks.add("Nobody says whether more of " + shown + " is better; less is taken to be.");
        MetricDirection direction = stated.orElse(MetricDirection.MIN);
        if (comparable.stream().anyMatch(Compared::running))
            remarks.add("Some of it still runs: what is best is the best so far.");
        List<ChartSlice.Choice> choices = List.of(
                new ChartSlice.Choice("metric", "Metric", options(metrics, shown)),
                new ChartSlice.Choice(
                        "against",
                        "Against",
                        Stream.of(Against.values())
                                .map(each -> new ChartSlice.Choice.Option(each.word(), each.label, each == against))
                                .toList()));
        return new ComparePanel(
                notShown,
                remarks,
                shown,
                choices,
                comparable.stream()
                        .map(each -> row(each, shown, direction, comparable, address))
                        .toList(),
                new CompareChart(shown, direction, against, comparable).draw());
    }

    private static List<ChartSlice.Choice.Option> options(Set<String> names, String chosen) {
        return names.stream()
                .map(name -> new ChartSlice.Choice.Option(name, name, name.equals(chosen)))
                .toList();
    }

    /** Those that can be compared with the one with which most can. */
    private static List<Compared> comparable(
            List<Compared> measured, String metric, Against against, List<String> notShown) {
        List<Compared> having =
                measured.stream().filter(each -> each.has(metric)).toList();
        Compared first = Collections.max(
                having,
                Comparator.comparingLong(one -> having.stream()
                        .filter(other -> difference(other, one, metric, against).isEmpty())
                        .count()));
        List<Compared> comparable = new ArrayList<>();
        for (Compared each : measured)
            difference(each, first, metric, against)
                    .ifPresentOrElse(
                            why -> notShown.add(each.name() + " cannot be compared with " + first.name() + " in "
                                    + metric + ": " + why + "."),
                            () -> comparable.add(each));
        return comparable;
    }

    private static Optional<String> difference(Compared one, Compared other, String metric, Against against) {
        if (!one.has(metric)) return Optional.of("it has no " + metric + ", but " + String.join(", ", one.metrics()));
        ProfileFamily own = family(one);
        if (against == Against.LENGTH && !own.equals(family(other)))
            return Optional.of("its lengths are of " + own.template() + ", not of "
                    + family(other).template());
        if (against == Against.TIME
                && one.clock().unit().isEmpty() != other.clock().unit().isEmpty())
            return Optional.of("its run counts time otherwise");
        return one.difference(other, metric);
    }

    private static ProfileFamily family(Compared one) {
        return one.values().getFirst().point().family();
    }

    private static BestRow row(
            Compared each, String metric, MetricDirection direction, List<Compared> all, String address) {
        Compared.Mean mean = each.bestMean(metric, direction).orElseThrow();
        Optional<Optimum> optimum = each.optimum(metric);
        Point best = optimum.map(Optimum::point).orElse(mean.point());
        PagePrinter printer = new PagePrinter(each.clock());
        List<Point> points = all.stream()
                .flatMap(one -> one.values().stream().map(Compared.Value::point))
                .toList();
        String rest = Axes.curves(points).stream()
                .filter(facet -> facet.varies(points))
                .map(facet -> facet.shownAs() + " " + text(facet, best, printer))
                .collect(Collectors.joining(", "));
        String value = optimum.map(SweepRow::value).orElseGet(() -> {
            String number = Show.number(mean.repeats().mean());
            return mean.repeats().standardError().isPresent()
                    ? number + " ± "
                            + Show.uncertainty(mean.repeats().standardError().getAsDouble())
                    : number;
        });
        String range = optimum.filter(o -> o.low() < o.high())
                .map(o -> best.family().print(o.low()) + " to " + best.family().print(o.high()))
                .orElse("");
        return new BestRow(
                each.name(),
                each.id().map(id -> "/sweeps/" + id).orElse(null),
                each.run(),
                best.shown(),
                optimum.isPresent() ? each.remark() : "",
                range,
                rest,
                value,
                each.about(),
                SweepPanel.url(each.run(), best),
                each.id()
                        .filter(address::contains)
                        .map(id -> without(address, id))
                        .orElse(null));
    }

    private static String text(Facet facet, Point point, PagePrinter printer) {
        String text = facet.text(point, printer);
        return text.isEmpty() ? PagePrinter.NONE : text;
    }

    /** The address of the same comparison without a sweep. */
    private static String without(String address, String id) {
        UriComponentsBuilder less = UriComponentsBuilder.fromUriString(address);
        List<String> sweeps = less.build().getQueryParams().getOrDefault("sweep", List.of());
        List<String> kept = sweeps.stream().filter(sweep -> !sweep.equals(id)).toList();
        return less.replaceQueryParam("sweep", kept).build(true).toUriString();
    }
}
