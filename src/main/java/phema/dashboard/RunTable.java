package phema.dashboard;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import phema.dashboard.RunsQuery.RunsFilter;
import phema.dashboard.RunsQuery.RunsOrder;
import phema.text.Labels;

/**
 * Shows a page of the runs that are asked for.
 *
 * @param matching how many are asked for
 * @param says how many are asked for, in words
 * @param previous the query of the page before; empty where there is none
 */
record RunTable(
        RunsQuery query,
        List<RunRow> rows,
        int matching,
        String says,
        List<Column> columns,
        List<Choice> filters,
        String previous,
        String next) {
    static final int PAGE = 50;

    /**
     * A column that the table can be sorted by.
     *
     * @param sorted how it is; null where the table is sorted by another one
     */
    record Column(String title, String query, @Nullable String sorted) {}

    /** A filter, and how many runs pass it. */
    record Choice(String value, String title, long runs, boolean chosen) {}

    static RunTable of(RunsQuery query, List<RunLine> all) {
        List<RunLine> matching = all.stream()
                .filter(line ->
                        line.is(query.show()) && query.matches(line.run().name()))
                .sorted(RunLine.by(query.order()))
                .toList();
        int pages = Math.max(1, (matching.size() + PAGE - 1) / PAGE);
        RunsQuery shown = query.onPage(Math.min(query.page(), pages - 1));
        return new RunTable(
                shown,
                matching.stream()
                        .skip((long) shown.page() * PAGE)
                        .limit(PAGE)
                        .map(RunRow::of)
                        .toList(),
                matching.size(),
                words(shown.page() * PAGE, matching.size(), all.size()),
                Arrays.stream(RunsOrder.values())
                        .map(order -> new Column(
                                order.title(),
                                shown.sortedBy(order).query(),
                                order == shown.order() ? order.direction() : null))
                        .toList(),
                Arrays.stream(RunsFilter.values())
                        .map(filter -> new Choice(
                                Labels.of(filter),
                                filter.title(),
                                all.stream().filter(line -> line.is(filter)).count(),
                                filter == shown.show()))
                        .toList(),
                shown.page() == 0 ? "" : shown.onPage(shown.page() - 1).query(),
                shown.page() == pages - 1 ? "" : shown.onPage(shown.page() + 1).query());
    }

    private static String words(int before, int matching, int all) {
        if (matching == 0) return all == 0 ? "There is no run yet" : "None of " + all + " runs is like that";
        int last = Math.min(before + PAGE, matching);
        return "Runs " + (before + 1) + " to " + last + " of " + matching
                + (matching == all ? "" : " that are like that, of " + all);
    }
}
