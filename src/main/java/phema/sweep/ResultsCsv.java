package phema.sweep;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import phema.evaluation.Point;
import phema.text.Labels;

/** Trials as comma-separated values (RFC 4180): a line each, a column for each metric. */
public final class ResultsCsv {
    private static final List<String> COLUMNS = List.of(
            "trial",
            "sigmaRel",
            "time",
            "guidance",
            "guideRun",
            "guideSigmaRel",
            "guideTime",
            "seeds",
            "state",
            "cached");

    private ResultsCsv() {}

    public static String of(List<Trial> trials) {
        Set<String> metrics = trials.stream()
                .flatMap(trial -> trial.metrics().keySet().stream())
                .collect(Collectors.toCollection(TreeSet::new));
        StringBuilder csv = new StringBuilder();
        List<Object> header = new ArrayList<>(COLUMNS);
        header.addAll(metrics);
        line(csv, header);
        for (Trial trial : trials) {
            Point point = trial.point();
            List<Object> cells =
                    new ArrayList<>(List.of(trial.number(), point.sigmaRel(), point.time(), point.guidance()));
            point.guide()
                    .ifPresentOrElse(
                            g -> cells.addAll(List.of(g.run(), g.sigmaRel(), g.time())),
                            () -> cells.addAll(List.of("", "", "")));
            cells.addAll(List.of(point.seeds(), Labels.of(trial.state()), trial.cached()));
            for (String metric : metrics) {
                Double value = trial.metrics().get(metric);
                cells.add(value == null ? "" : value);
            }
            line(csv, cells);
        }
        return csv.toString();
    }

    private static void line(StringBuilder csv, List<Object> cells) {
        csv.append(cells.stream().map(ResultsCsv::cell).collect(Collectors.joining(",")))
                .append("\r\n");
    }

    private static String cell(Object value) {
        String text = value.toString();
        return text.matches("(?s).*[\",\r\n].*") ? '"' + text.replace("\"", "\"\"") + '"' : text;
    }
}
