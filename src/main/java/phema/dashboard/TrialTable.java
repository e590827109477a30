package phema.dashboard;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.joining;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.web.util.UriUtils;
import phema.evaluation.Axes;
import phema.evaluation.Facet;
import phema.evaluation.MetricGoal;
import phema.evaluation.MetricGoal.MetricDirection;
import phema.evaluation.Point;
import phema.fleet.WorkState;
import phema.sweep.SweepSpec;
import phema.sweep.Trial;
import phema.text.Labels;

/**
 * Shows a page of a sweep's trials, of one state and in an order where its address says so.
 *
 * @param state that is shown; empty for all
 * @param sort as the address has it; empty for the order of numbers
 * @param page from 0
 * @param shown trials of all pages
 * @param query what else the address says
 * @param notices what the address asks for and there is not
 * @param reasons whether one of its rows says why it failed
 * @param hidden how many metrics have no column, as they are too many
 * @param best the order that has the best trial first
 */
record TrialTable(
        String sweep,
        String state,
        String sort,
        int page,
        int pages,
        int shown,
        List<TrialFilter> filters,
        List<TrialColumn> columns,
        List<TrialRow> rows,
        boolean reasons,
        int hidden,
        List<String> notices,
        String best,
        Map<String, String> query) {
    static final int PAGE = 50;
    private static final int MOST_METRICS = 24;
    private static final String METRIC = "metric.";
    private static final String NUMBER = "number";
    private static final List<WorkState> FILTERS =
            List.of(WorkState.FAILED, WorkState.RUNNING, WorkState.DONE, WorkState.QUEUED, WorkState.CANCELLED);

    /** The parameters by which the address says what it shows. */
    private static final List<String> OWN = List.of("state", "sort", "page");

    /** The parameters of requests that are made by a page and not by its reader. */
    private static final List<String> LIVE = List.of("version", "left", "table", "at");

    /** @param count of trials that it shows */
    record TrialFilter(String state, String label, int count, boolean chosen) {}

    /**
     * What a column shows and sorts by.
     *
     * @param sort of the address that a click on it leads to
     * @param order as {@code aria-sort} says it; null where it is not in order
     */
    record TrialColumn(
            String key,
            String label,
            boolean number,
            String sort,
            @Nullable String order) {}

    /** @param down whether the best, or what people look for, is at the great end */
    private record Sortable(
            String key, String label, boolean number, boolean down, Predicate<Trial> lacks, Comparator<Trial> order) {
        /** What a trial lacks is last, whichever way. */
        Comparator<Trial> order(boolean reversed) {
            return Comparator.comparing(lacks::test)
                    .thenComparing(reversed ? order.reversed() : order)
                    .thenComparing(Trial::number);
        }
    }

    /** @param asked parameters of the address, also such that others read */
    static TrialTable of(
            SweepSpec spec,
            String sweep,
            List<Trial> trials,
            ChartSlice slice,
            RunClock clock,
            Map<String, String> asked) {
        List<String> notices = new ArrayList<>();
        List<Facet> facets = facets(trials, slice);
        List<String> measured = metrics(spec, trials);
        List<String> metrics = measured.stream().limit(MOST_METRICS).toList();
        Map<String, Sortable> sortable = sortable(spec, facets, metrics);

        String state = asked.getOrDefault("state", "");
        Optional<WorkState> wanted = Stream.of(WorkState.values())
                .filter(known -> Labels.of(known).equals(state))
                .findFirst();
        if (!state.isEmpty() && wanted.isEmpty()) notices.add("No trial can be " + state + "; all are shown.");
        List<Trial> chosen = trials.stream()
                .filter(trial -> wanted.isEmpty() || trial.state() == wanted.get())
                .toList();

        String sort = asked.getOrDefault("sort", "");
        boolean down = sort.startsWith("-");
        Sortable by = sortable.get(down ? sort.substring(1) : sort);
        if (!sort.isEmpty() && by == null) notices.add("There is no column to sort by that is called " + sort + ".");
        if (by != null) chosen = chosen.stream().sorted(by.order(down)).toList();

        int pages = Math.max(1, (chosen.size() + PAGE - 1) / PAGE);
        int page = page(asked.getOrDefault("page", ""), pages, notices);
        List<TrialRow> rows = chosen.stream()
                .skip((long) page * PAGE)
                .limit(PAGE)
                .map(trial -> TrialRow.of(trial, facets, metrics, clock))
                .toList();
        Map<String, String> query = new LinkedHashMap<>(asked);
        Stream.of(OWN, LIVE).flatMap(List::stream).forEach(query::remove);
        return new TrialTable(
                sweep,
                wanted.map(Labels::of).orElse(""),
                by == null ? "" : sort,
                page,
                pages,
                chosen.size(),
                filters(trials, wanted),
                sortable.values().stream()
                        .map(column -> column(column, by == null ? "" : sort))
                        .toList(),
                rows,
                rows.stream().anyMatch(row -> !row.reason().isEmpty()),
                measured.size() - metrics.size(),
                notices,
                (spec.goal().direction() == MetricDirection.MAX ? "-" : "") + METRIC + spec.metric(),
                query);
    }

    /** @param text of an address. @return the page that it means, from 0 */
    static int page(String text, int pages, List<String> notices) {
        if (text.isEmpty()) return 0;
        if (text.matches("\\d{1,9}")) {
            int page = Integer.parseInt(text);
            if (page < pages) return page;
            notices.add("The address asks for a page behind the last one, which is shown.");
            return pages - 1;
        }
        notices.add("The address asks for page " + text + "; there is no such page, and the first one is shown.");
        return 0;
    }

    /** What follows the path in the address of this table with another page, order or state; encoded. */
    public String query(String otherState, String otherSort, int otherPage) {
        Map<String, String> all = new LinkedHashMap<>(query);
        if (!otherState.isEmpty()) all.put("state", otherState);
        if (!otherSort.isEmpty()) all.put("sort", otherSort);
        if (otherPage > 0) all.put("page", Integer.toString(otherPage));
        return all.isEmpty()
                ? "?"
                : all.entrySet().stream()
                        .map(e -> UriUtils.encode(e.getKey(), UTF_8) + "=" + UriUtils.encode(e.getValue(), UTF_8))
                        .collect(joining("&", "?", ""));
    }

    /** Changes with what it shows. */
    public int version() {
        return Objects.hash(filters, columns, rows, page, pages);
    }

    private static Map<String, Sortable> sortable(SweepSpec spec, List<Facet> facets, List<String> metrics) {
        List<Sortable> all = new ArrayList<>();
        all.add(new Sortable(NUMBER, "Trial", true, false, trial -> false, Comparator.comparingInt(Trial::number)));
        for (Facet facet : facets)
            all.add(new Sortable(
                    facet.column(),
                    facet.label(),
                    facet.isNumber(),
                    false,
                    trial -> false,
                    Comparator.comparing(Trial::point, facet.order())));
        for (String metric : metrics)
            all.add(new Sortable(
                    METRIC + metric,
                    metric,
                    true,
                    goal(spec, metric) == MetricDirection.MAX,
                    trial -> !trial.metrics().containsKey(metric),
                    Comparator.comparingDouble(trial -> trial.metrics().getOrDefault(metric, Double.NaN))));
        all.add(new Sortable("state", "State", false, false, trial -> false, Comparator.comparing(Trial::state)));
        all.add(new Sortable(
                "host",
                "Host",
                false,
                false,
                trial -> trial.worker().isEmpty(),
                Comparator.comparing(trial -> TrialRow.host(trial.worker().orElse("")))));
        all.add(new Sortable(
                "duration",
                "Duration",
                true,
                true,
                trial -> TrialRow.took(trial).isEmpty(),
                Comparator.comparing(trial -> TrialRow.took(trial).orElse(Duration.ZERO))));
        Map<String, Sortable> byKey = new LinkedHashMap<>();
        all.forEach(sortable -> byKey.put(sortable.key(), sortable));
        return byKey;
    }

    /** A click sorts by what people look for first; another one the other way round. */
    private static TrialColumn column(Sortable column, String sort) {
        String first = column.down() ? "-" + column.key() : column.key();
        String other = column.down() ? column.key() : "-" + column.key();
        boolean up = sort.equals(column.key()) || sort.isEmpty() && column.key().equals(NUMBER);
        boolean down = sort.equals("-" + column.key());
        return new TrialColumn(
                column.key(),
                column.label(),
                column.number(),
                (column.down() ? down : up) ? other : first,
                up ? "ascending" : down ? "descending" : null);
    }

    private static List<TrialFilter> filters(List<Trial> trials, Optional<WorkState> chosen) {
        List<TrialFilter> filters = new ArrayList<>();
        filters.add(new TrialFilter("", "all", trials.size(), chosen.isEmpty()));
        Map<WorkState, Long> counts = trials.stream().collect(groupingBy(Trial::state, counting()));
        for (WorkState state : FILTERS) {
            int count = counts.getOrDefault(state, 0L).intValue();
            boolean shown = chosen.equals(Optional.of(state));
            if (count > 0 || shown) filters.add(new TrialFilter(Labels.of(state), Labels.of(state), count, shown));
        }
        return filters;
    }

    /** Lengths and seeds, what varies, and what a search could have varied. */
    private static List<Facet> facets(List<Trial> trials, ChartSlice slice) {
        List<Point> points = trials.stream().map(Trial::point).toList();
        return Axes.facets(Axes.ALL, points).stream()
                .filter(facet -> facet.axis() == Axes.LENGTH
                        || facet.axis().isRepeat()
                        || slice.varies(facet)
                        || facet.axis().isContinuous() && points.stream().anyMatch(facet.axis()::isNotable))
                .toList();
    }

    /** Those of the sweep first, then what else its evaluator gave. */
    private static List<String> metrics(SweepSpec spec, List<Trial> trials) {
        Set<String> metrics = new LinkedHashSet<>(spec.metrics().names());
        SortedSet<String> others = new TreeSet<>();
        trials.forEach(trial -> others.addAll(trial.metrics().keySet()));
        metrics.addAll(others);
        return List.copyOf(metrics);
    }

    private static MetricDirection goal(SweepSpec spec, String metric) {
        return spec.metrics().all().stream()
                .filter(goal -> goal.name().equals(metric))
                .map(MetricGoal::direction)
                .findFirst()
                .orElse(MetricDirection.MIN);
    }
}
