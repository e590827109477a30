package phema.cli;

import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import phema.problem.Problem;
import phema.storage.Locations;
import phema.storage.PendingFile;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
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

    /** Each that can be written, where the report is a complaint: then that is what matters. */
    void write(SweepReport report) throws IOException {
        boolean all = report.complaint().isEmpty();
        if (junit != null && (all || isWritable(junit))) write(junit, report.junit());
        if (markdown != null && (all || isWritable(markdown))) write(markdown, report.markdown());
        if (csv != null && (all || isWritable(csv))) write(csv, report.csv());
    }

    private static boolean isWritable(Path file) {
        try {
            requireWritable("", file);
            return true;
        } catch (Problem e) {
            return false;
        }
    }

    /** Writes that nothing was begun, as far as the command line says where. */
    static void refuse(String[] args, String complaint) throws IOException {
        ReportOptions files = new ReportOptions();
        try {
            new CommandLine(CommandSpec.forAnnotatedObject(files))
                    .registerConverter(Path.class, Cli::path)
                    .setExpandAtFiles(false)
                    .setUnmatchedArgumentsAllowed(true)
                    .parseArgs(args);
        } catch (CommandLine.ParameterException e) {
            // It is these options that are wrong, or one of them.
        }
        files.write(SweepReport.refused("", complaint));
    }

    static void write(Path file, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        PendingFile.write(file, channel -> Channels.newOutputStream(channel).write(bytes));
    }
}
