package phema.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import phema.sweep.ResultsCsv;

/**
 * Tells of a sweep and how it ended, in files for people and machines.
 *
 * @param run as the command line names it; empty where it could not be read
 * @param results so far; none where there is no sweep
 * @param csv its trials as comma-separated values
 * @param failuresAllowed whether all trials that failed may
 * @param complaint what kept the sweep from its end, or from its beginning; empty for nothing
 */
record SweepReport(
        String run,
        @Nullable SweepResults results,
        List<Verdict> verdicts,
        String csv,
        boolean failuresAllowed,
        String complaint) {
    SweepReport {
        verdicts = List.copyOf(verdicts);
    }

    /** Of a sweep that was not begun. */
    static SweepReport refused(String run, String complaint) {
        return new SweepReport(run, null, List.of(), ResultsCsv.of(List.of()), false, complaint);
    }

    String title() {
        return "phema sweep " + (results == null ? run : results.sweep().run());
    }

    String junit() {
        return JUnitXml.of(this);
    }

    String markdown() {
        List<String> lines = new ArrayList<>();
        lines.add("## " + cell(results == null ? title() : results.summary()));
        if (!complaint.isEmpty()) lines.addAll(List.of("", "**" + cell(complaint) + "**"));
        if (results != null) add(results, lines);
        return String.join("\n", lines) + "\n";
    }

    private void add(SweepResults found, List<String> lines) {
        if (!found.causes().isEmpty()) {
            lines.add("");
            found.causes().forEach(cause -> lines.add("- " + cell(cause)));
        }
        lines.addAll(List.of("", cell(found.optimum())));
        found.cautions().forEach(caution -> lines.addAll(List.of("", cell(caution))));
        List<String> header = found.header();
        if (!verdicts.isEmpty()) {
            lines.addAll(List.of("", "| gate | value | |", "|---|---|---|"));
            for (Verdict verdict : verdicts)
                lines.add(row(
                        List.of(verdict.gate().toString(), SweepResults.number(verdict.value()), verdict.outcome())));
        }
        lines.addAll(List.of("", row(header), "|" + "---|".repeat(header.size())));
        found.rows().forEach(row -> lines.add(row(row)));
        List<String> plot = found.plot();
        if (!plot.isEmpty()) {
            lines.addAll(List.of("", "```text"));
            lines.addAll(plot);
            lines.add("```");
        }
    }

    private static String row(List<String> cells) {
        return cells.stream().map(SweepReport::cell).collect(Collectors.joining(" | ", "| ", " |"));
    }

    /** Names of runs are nobody's markup. */
    private static String cell(String text) {
        return text.replaceAll("\\s*\\R\\s*", " ").replaceAll("[\\\\`*_|<>\\[\\]#]", "\\\\$0");
    }
}
