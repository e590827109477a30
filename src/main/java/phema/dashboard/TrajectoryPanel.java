package phema.dashboard;

import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;
import phema.catalog.Run;
import phema.solver.RunReport;
import phema.solver.SolverKind;

/**
 * Says in words what the model of the trajectory sees in a run.
 *
 * @param summary how well files are predicted from one another
 * @param findings files that do not belong to the others, and statements that the files contradict
 */
record TrajectoryPanel(String summary, List<String> findings) {
    static TrajectoryPanel of(Run run, RunReport report) {
        String ratio = ratio(Objects.requireNonNull(report.actualToPredicted().get(SolverKind.BLUP)));
        String summary = "Each file predicted from all others: the actual error was " + ratio
                + " times the predicted one over " + report.filesPredicted() + " files"
                + (report.withoutOddFiles().isPresent()
                        ? ", " + ratio(report.withoutOddFiles().getAsDouble()) + " without those that do not belong."
                        : ".")
                + (report.assumed() ? " They are too few to say how the weights moved: its course is assumed." : "");
        Stream<String> odd = report.oddFiles().stream()
                .map(file -> String.format(
                        Locale.ROOT,
                        "%s does not belong to the others. It %s. Its squared distance from what they let expect is "
                                + "%.3g times the usual one.",
                        run.snapshots().get(file.file()).name(),
                        file.likeness(),
                        file.surprise()));
        Stream<String> doubts = report.doubts().stream().map(doubt -> "The " + doubt.inWords() + ".");
        return new TrajectoryPanel(summary, Stream.concat(odd, doubts).toList());
    }

    private static String ratio(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }
}
