package phema.sweep;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import phema.evaluation.Axes;
import phema.evaluation.Axis;
import phema.evaluation.Point;
import phema.text.Labels;

/** Writes trials as comma-separated values (RFC 4180): a line each, a column for each metric,
 * and one for the source where measurements are among them. */
public final class ResultsCsv {
    private ResultsCsv() {}

    public static String of(List<Trial> trials) {
        Set<String> metrics = trials.stream()
                .flatMap(trial -> trial.metrics().keySet().stream())
                .collect(Collectors.toCollection(TreeSet::new));
        StringBuilder csv = new StringBuilder();
        Set<String> columns = columns(trials);
        List<Object> header = new ArrayList<>(List.of("trial"));
        header.addAll(columns);
        header.addAll(List.of("state", "cached"));
        boolean measured = trials.stream().anyMatch(Trial::isMeasured);
        if (measured) header.add("source");
        header.addAll(metrics);
        line(csv, header);
        for (Trial trial : trials) {
            Map<String, Object> place = cells(trial.point());
            List<Object> cells = new ArrayList<>();
            cells.add(trial.isMeasured() ? "" : trial.number());
            for (String column : columns) cells.add(place.getOrDefault(column, ""));
            cells.addAll(List.of(trial.isMeasured() ? "measured" : Labels.of(trial.state()), trial.cached()));
            if (measured) cells.add(trial.isMeasured() ? trial.worker().orElse("") : "");
            for (String metric : metrics) {
                Double value = trial.metrics().get(metric);
                cells.add(value == null ? "" : value);
            }
            line(csv, cells);
        }
        return csv.toString();
    }

    /** Axis by axis, or columns that only some points have would be scattered. */
    private static Set<String> columns(List<Trial> trials) {
        Set<String> columns = new LinkedHashSet<>();
        for (Axis<?, ?> axis : Axes.ALL)
            for (Trial trial : trials) columns.addAll(axis.cells(trial.point()).keySet());
        return columns;
    }

    private static Map<String, Object> cells(Point point) {
        Map<String, Object> cells = new LinkedHashMap<>();
        for (Axis<?, ?> axis : Axes.ALL) cells.putAll(axis.cells(point));
        return cells;
    }

    static void line(StringBuilder csv, List<Object> cells) {
        csv.append(cells.stream().map(ResultsCsv::cell).collect(Collectors.joining(",")))
                .append("\r\n");
    }

    private static String cell(Object value) {
        String text = value.toString();
        return text.matches("(?s).*[\",\r\n].*") ? '"' + text.replace("\"", "\"\"") + '"' : text;
    }
}
