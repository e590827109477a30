package phema.cli;

import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toCollection;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import phema.api.SuggestRequest;
import phema.api.SuggestView;
import phema.evaluation.MetricGoal;
import phema.evaluation.MetricGoals;
import phema.problem.Problem;
import phema.text.CsvRows;
import phema.text.Labels;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs {@code phema optimum}. */
@Command(
        name = "optimum",
        description = {
            "Finds the best length of what was measured anywhere, its uncertainty, and the length to measure next.",
            "FILE has a line of names first: sigmaRel or length, and the metric. What a sweep exports as CSV will do."
        },
        footer = {
            "",
            "  phema optimum measured.csv --metric fid",
            "  phema optimum windows.csv --metric accuracy:max --bounds 100,4000 --tolerance 0.01 --json"
        })
final class OptimumCommand implements Callable<Integer> {
    private static final List<String> LENGTHS = List.of("sigmaRel", "length");
    private static final long MOST_BYTES = 64 << 20;

    @Parameters(paramLabel = "FILE", description = "A CSV file with a line for each measurement.")
    private Path file = Path.of("");

    @Option(
            names = "--metric",
            paramLabel = "NAME",
            defaultValue = "fid",
            description = "The column that is minimised, or maximised as accuracy:max (default: ${DEFAULT-VALUE}).")
    private String metric = "";

    @Option(
            names = "--bounds",
            paramLabel = "LOW,HIGH",
            description = "Between which lengths to look (default: those that were measured).")
    private @Nullable NumberList bounds;

    @Option(
            names = "--scale",
            paramLabel = "SCALE",
            defaultValue = "log",
            description = "log (default) where ratios of lengths matter, linear where their differences do.")
    private String scale = "";

    @Option(
            names = "--tolerance",
            paramLabel = "SHARE",
            defaultValue = "0.02",
            description = "How much worse than the best what is found may be (default: ${DEFAULT-VALUE}).")
    private double tolerance;

    @Option(names = "--json", description = "Print JSON, as POST /api/v1/suggest answers.")
    private boolean json;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        Cli.requireLocal("FILE", file, "copy it to this machine");
        MetricGoals goals = MetricGoals.parse(metric);
        if (goals.all().size() != 1) throw Problem.invalid("metric", "--metric names one column here, not " + metric);
        MetricGoal goal = goals.first();
        List<SuggestRequest.@Nullable MeasuredRequest> points = points(goal.name());
        SuggestView found = new SuggestRequest(
                        points,
                        bounds == null ? null : new ArrayList<@Nullable Double>(bounds.values()),
                        scale,
                        Labels.of(goal.direction()),
                        tolerance)
                .suggestion();
        PrintWriter out = CommandOutput.of(spec);
        if (json) CommandOutput.json(out, found);
        else print(out, found, goal, points.size());
        return Cli.FINE;
    }

    private static void print(PrintWriter out, SuggestView found, MetricGoal goal, int count) {
        SuggestView.SuggestedOptimumView best = found.optimum();
        if (best == null)
            out.println("best: not known yet; a model of the metric needs four lengths, and values that a smooth curve"
                    + " goes through");
        else
            out.println("best: length %s (%s to %s), %s %s +- %s, of %d measurements"
                    .formatted(
                            Labels.plain(best.length()),
                            Labels.plain(best.lengthLow()),
                            Labels.plain(best.lengthHigh()),
                            goal.name(),
                            digits(best.value(), 5),
                            digits(best.standardError(), 2),
                            count));
        out.println(found.next() == null ? "next: none is needed" : "next: length " + Labels.plain(found.next()));
    }

    private static String digits(double value, int digits) {
        return String.format(Locale.ROOT, "%." + digits + "g", value);
    }

    private List<SuggestRequest.@Nullable MeasuredRequest> points(String metric) throws IOException {
        List<List<String>> rows = rows();
        List<String> names = rows.getFirst().stream().map(String::strip).toList();
        int length = LENGTHS.stream()
                .map(names::indexOf)
                .filter(index -> index >= 0)
                .findFirst()
                .orElseThrow(() -> lacks(LENGTHS.getFirst() + " or " + LENGTHS.getLast(), names));
        int value = names.indexOf(metric);
        if (value < 0) throw lacks(metric, names);
        requireOneOfEach(names, rows);
        List<SuggestRequest.@Nullable MeasuredRequest> points = new ArrayList<>();
        for (int i = 1; i < rows.size(); i++) {
            List<String> row = rows.get(i);
            if (row.size() != names.size())
                throw Problem.invalid(
                        "FILE",
                        "%s: row %d has %d cells, the first one %d".formatted(file, i + 1, row.size(), names.size()));
            // Of a trial that failed.
            if (!row.get(value).isBlank())
                points.add(new SuggestRequest.MeasuredRequest(
                        number(i, names, row, length), number(i, names, row, value), null));
        }
        return points;
    }

    private List<List<String>> rows() throws IOException {
        if (Files.size(file) > MOST_BYTES)
            throw Problem.invalid("FILE", file + " has " + Files.size(file) + " bytes, more than any list of lengths");
        try {
            List<List<String>> rows = CsvRows.parse(Files.readString(file));
            if (rows.isEmpty()) throw Problem.invalid("FILE", file + " is empty; its first line has names of columns");
            return rows;
        } catch (CharacterCodingException e) {
            throw Problem.invalid("FILE", file + " is no text in UTF-8");
        } catch (IllegalArgumentException e) {
            throw Problem.invalid("FILE", file + ": " + e.getMessage());
        }
    }

    private Problem lacks(String column, List<String> names) {
        return Problem.invalid("FILE", file + " has no column " + column + ", but " + String.join(", ", names));
    }

    /** A model of what differs in more than the length would be one of nothing. */
    private void requireOneOfEach(List<String> names, List<List<String>> rows) {
        for (int i = 0; i < names.size(); i++) {
            int column = i;
            if (!names.get(i).matches("guidance|time|guide.*|param\\..*")) continue;
            Set<String> values = rows.stream()
                    .skip(1)
                    .filter(row -> column < row.size())
                    .map(row -> row.get(column).strip())
                    .collect(toCollection(LinkedHashSet::new));
            if (values.size() > 1)
                throw Problem.invalid(
                        "FILE",
                        "%s: column %s has several values, such as %s; keep the rows of one of them"
                                .formatted(
                                        file,
                                        names.get(i),
                                        values.stream().limit(2).collect(joining(" and "))));
        }
    }

    private double number(int row, List<String> names, List<String> cells, int column) {
        String text = cells.get(column).strip();
        try {
            double number = Double.parseDouble(text);
            if (Double.isFinite(number) && text.matches("[-+.0-9eE]+")) return number;
        } catch (NumberFormatException e) {
            // said below
        }
        throw Problem.invalid(
                "FILE", "%s: row %d, column %s: '%s' is no number".formatted(file, row + 1, names.get(column), text));
    }
}
