package phema.sweep;

import java.io.IOException;
import java.io.Reader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import phema.evaluation.LengthFields;
import phema.evaluation.Seeds;
import phema.problem.Problem;
import phema.text.CsvRows;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.MappingIterator;

/**
 * Reads and writes measurements as comma-separated values (RFC 4180): the columns {@code sigmaRel} or {@code profile},
 * {@code time}, {@code guidance}, {@code seeds}, {@code source}, {@code evaluator} and {@code version}, and one for
 * each metric. All but the first are optional.
 */
public final class MeasurementsCsv {
    private static final String TIME = "time";
    private static final String GUIDANCE = "guidance";
    private static final String SEEDS = "seeds";
    private static final String SOURCE = "source";
    private static final String EVALUATOR = "evaluator";
    private static final String VERSION = "version";
    private static final List<String> PLACE =
            List.of(LengthFields.SIGMA_REL, LengthFields.PROFILE, TIME, GUIDANCE, SEEDS, SOURCE, EVALUATOR, VERSION);

    /** The columns of a sweep's own file that are no metrics. */
    private static final Set<String> OF_SWEEPS = Set.of("trial", "state", "cached", LengthFields.LENGTH);

    private static final Pattern NUMBER = Pattern.compile("[-+]?(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][-+]?\\d+)?");

    private MeasurementsCsv() {}

    /** What rows have that do not say it themselves. */
    public record MeasuredBy(String source, String evaluator, String version) {}

    /**
     * Reads no more rows than there may be.
     *
     * @throws Problem naming the row, counted from 1 with the header, and the column that is wrong
     */
    public static List<MeasurementRow> read(Reader text, MeasuredBy by, int most) throws IOException {
        List<MeasurementRow> rows = new ArrayList<>();
        int number = 0;
        try (MappingIterator<String[]> lines = CsvRows.of(text)) {
            List<String> header = List.of();
            while (lines.hasNextValue()) {
                String[] cells = lines.nextValue();
                number++;
                if (number == 1) header = header(cells);
                else if (!isBlank(cells)) rows.add(row(number, header, cells, by));
                if (rows.size() > most)
                    throw Problem.tooLarge(
                            "row " + number + ": there are more than " + most + " rows, which is the most at once");
            }
        } catch (JacksonException e) {
            throw Problem.invalid(
                    "row", "row " + (number + 1) + " is no comma-separated values: " + e.getOriginalMessage());
        }
        if (number == 0) throw Problem.invalid("row", "row 1: the file is empty; it begins with the names of columns");
        return rows;
    }

    private static boolean isBlank(String[] cells) {
        return Arrays.stream(cells).allMatch(String::isBlank);
    }

    private static List<String> header(String[] cells) {
        List<String> names = new ArrayList<>();
        for (String cell : cells) names.add(cell.replace("\uFEFF", "").strip());
        Set<String> seen = new HashSet<>();
        for (String name : names) {
            if (name.isEmpty()) throw Problem.invalid("row", "row 1: column " + (seen.size() + 1) + " has no name");
            if (!seen.add(name)) throw Problem.invalid("row", "row 1: there are two columns " + name);
            if (OF_SWEEPS.contains(name)
                    || name.startsWith("guide") && !name.equals(GUIDANCE)
                    || name.contains("param."))
                throw Problem.invalid(
                        "row",
                        "row 1: column " + name + " is of a sweep's own results; of measurements there are "
                                + String.join(", ", PLACE) + " and metrics");
        }
        if (!names.contains(LengthFields.SIGMA_REL) && !names.contains(LengthFields.PROFILE))
            throw Problem.invalid(
                    "row",
                    "row 1: there is no column sigmaRel, and no column profile, but " + String.join(", ", names));
        if (PLACE.containsAll(names))
            throw Problem.invalid("row", "row 1: there is no column of a metric, such as fid");
        return names;
    }

    private static MeasurementRow row(int number, List<String> header, String[] cells, MeasuredBy by) {
        MeasurementRow.RowPlace place = new MeasurementRow.RowPlace(number, true);
        if (cells.length != header.size())
            throw Problem.invalid(
                    "row",
                    "row %d has %d cells, and the header has %d columns"
                            .formatted(number, cells.length, header.size()));
        Map<String, String> given = new LinkedHashMap<>();
        for (int i = 0; i < cells.length; i++) {
            String cell = cells[i].strip();
            if (!cell.isEmpty()) given.put(header.get(i), cell);
        }
        SortedMap<String, Double> metrics = new TreeMap<>();
        given.forEach((column, cell) -> {
            if (!PLACE.contains(column)) metrics.put(column, number(place, column, cell));
        });
        return new MeasurementRow(
                place,
                given.getOrDefault(SOURCE, by.source()),
                given.getOrDefault(EVALUATOR, by.evaluator()),
                given.getOrDefault(VERSION, by.version()),
                number(place, LengthFields.SIGMA_REL, given),
                Optional.ofNullable(given.get(LengthFields.PROFILE)),
                number(place, TIME, given),
                number(place, GUIDANCE, given),
                Optional.ofNullable(given.get(SEEDS)).map(text -> seeds(place, text)),
                metrics);
    }

    /** @throws Problem naming the place unless it is a range such as 0-49999 */
    public static Seeds seeds(MeasurementRow.RowPlace place, String text) {
        try {
            return Seeds.parse(text);
        } catch (Problem e) {
            throw place.problem(SEEDS, e.getMessage());
        }
    }

    private static Optional<Double> number(MeasurementRow.RowPlace place, String column, Map<String, String> given) {
        return Optional.ofNullable(given.get(column)).map(cell -> number(place, column, cell));
    }

    private static double number(MeasurementRow.RowPlace place, String column, String cell) {
        if (NUMBER.matcher(cell).matches()) return Double.parseDouble(cell);
        String shown = cell.length() > 40 ? cell.substring(0, 40) + "..." : cell;
        throw place.problem(
                column,
                "=+-@".indexOf(cell.charAt(0)) >= 0
                        ? "'" + shown + "' is a formula; save the file with its values"
                        : "'" + shown + "' is not a number");
    }

    /** With all columns, as {@link #read} reads them. */
    public static String write(List<ForeignMeasurement> measurements) {
        Set<String> lengths = new LinkedHashSet<>();
        Set<String> metrics = new TreeSet<>();
        for (ForeignMeasurement m : measurements) {
            lengths.add(m.point().family().isPower() ? LengthFields.SIGMA_REL : LengthFields.PROFILE);
            metrics.addAll(m.metrics().keySet());
        }
        if (lengths.isEmpty()) lengths.add(LengthFields.SIGMA_REL);
        StringBuilder csv = new StringBuilder();
        List<Object> header = new ArrayList<>(List.of(SOURCE, EVALUATOR, VERSION));
        header.addAll(lengths);
        header.addAll(List.of(TIME, GUIDANCE, SEEDS));
        header.addAll(metrics);
        ResultsCsv.line(csv, header);
        for (ForeignMeasurement m : measurements) {
            List<Object> cells = new ArrayList<>(List.of(m.source(), m.evaluator(), m.version()));
            boolean power = m.point().family().isPower();
            for (String column : lengths)
                cells.add(
                        column.equals(LengthFields.SIGMA_REL) != power
                                ? ""
                                : power ? m.point().length() : m.point().profile());
            cells.addAll(List.of(m.point().time(), m.point().guidance()));
            cells.add(m.seeds().map(Object.class::cast).orElse(""));
            for (String metric : metrics) {
                Double value = m.metrics().get(metric);
                cells.add(value == null ? "" : value);
            }
            ResultsCsv.line(csv, cells);
        }
        return csv.toString();
    }
}
