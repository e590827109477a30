package phema.cli;

import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import phema.problem.Problem;
import phema.storage.Locations;
import phema.storage.PendingFile;
import picocli.CommandLine.Option;

/**
 * Holds the options that say which files a sweep's results go to. Each appears when it is complete, in the place of
 * what was there.
 */
final class ReportOptions {
    @Option(
            names = "--junit",
            paramLabel = "FILE",
            description = "Write a JUnit XML report: a test per trial and gate.")
    private @Nullable Path junit;

    @Option(names = "--markdown", paramLabel = "FILE", description = "Write a summary in Markdown.")
    private @Nullable Path markdown;

    @Option(names = "--csv", paramLabel = "FILE", description = "Write all trials as comma-separated values.")
    private @Nullable Path csv;

    /** Now, not after hours of work. */
    void requireWritable() {
        requireWritable("junit", junit);
        requireWritable("markdown", markdown);
        requireWritable("csv", csv);
    }

    /** @throws Problem unless a file can be written there */
    static void requireWritable(String option, @Nullable Path file) {
        if (file == null || !Locations.isLocal(file)) return; // a bucket has the folders that files lie in
        Path folder = file.toAbsolutePath().getParent();
        if (folder == null || Files.isDirectory(file))
            throw Problem.invalid(option, "--" + option + " " + file + " is a folder");
        if (!Files.isDirectory(folder) || !Files.isWritable(folder))
            throw Problem.invalid(option, "--" + option + ": " + folder + " is no folder that can be written to");
    }

    interface Csv {
        String text() throws IOException;
    }

    void write(SweepResults results, List<Verdict> gates, Csv trials) throws IOException {
        if (junit != null) write(junit, JUnitXml.of(results, gates));
        if (markdown != null) write(markdown, markdown(results, gates));
        if (csv != null) write(csv, trials.text());
    }

    private static String markdown(SweepResults results, List<Verdict> gates) {
        List<String> lines = new ArrayList<>(List.of("## " + cell(results.summary()), "", cell(results.optimum())));
        if (!results.caution().isEmpty()) lines.addAll(List.of("", results.caution()));
        List<String> header = results.header();
        if (!gates.isEmpty()) {
            lines.addAll(List.of("", "| gate | value | |", "|---|---|---|"));
            for (Verdict verdict : gates)
                lines.add(row(
                        List.of(verdict.gate().toString(), SweepResults.number(verdict.value()), verdict.outcome())));
        }
        lines.addAll(List.of("", row(header), "|" + "---|".repeat(header.size())));
        results.rows().forEach(row -> lines.add(row(row)));
        List<String> plot = results.plot();
        if (!plot.isEmpty()) {
            lines.addAll(List.of("", "```text"));
            lines.addAll(plot);
            lines.add("```");
        }
        return String.join("\n", lines) + "\n";
    }

    private static String row(List<String> cells) {
        return cells.stream().map(ReportOptions::cell).collect(Collectors.joining(" | ", "| ", " |"));
    }

    /** Names of runs are nobody's markup. */
    private static String cell(String text) {
        return text.replaceAll("[\\\\`*_|<>\\[\\]#]", "\\\\$0");
    }

    private static void write(Path file, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        PendingFile.write(file, channel -> Channels.newOutputStream(channel).write(bytes));
    }
}
