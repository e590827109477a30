package phema.api;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import phema.catalog.Run;
import phema.solver.Doubt;
import phema.solver.OddFile;
import phema.solver.RunReport;
import phema.text.Labels;

/**
 * Describes in JSON what the model of the trajectory sees in a run, for REST and the command line alike.
 *
 * @param actualToPredicted by solver: each file in turn is predicted from the others; the geometric mean of the error
 *     over the predicted one
 * @param filesPredicted how many were
 * @param innovations by file: its squared distance from what earlier files let expect, over the expected one
 * @param surprises by file: the same from all other files
 * @param oddFiles those that do not belong to the others
 * @param withoutOddFiles {@code actualToPredicted} of blup if they are left out; left out where there are none
 * @param doubts what is stated of the run but contradicted by its files
 * @param rates variance that a weight gains per unit of time, over the weights' mean square: the effective learning
 *     rate that the files saw
 * @param assumed whether there are too few files to say how the rates change, so that their course is assumed
 */
public record ReportView(
        Map<String, Double> actualToPredicted,
        int filesPredicted,
        Map<String, Double> innovations,
        Map<String, Double> surprises,
        List<OddFileView> oddFiles,
        @Nullable Double withoutOddFiles,
        List<Doubt> doubts,
        List<RunReport.RateStretch> rates,
        boolean assumed) {

    /**
     * A file that does not belong to the others.
     *
     * @param surprise by a model of the files around it that was fitted without it
     * @param apart its distance from what they let expect, over the weights' root mean square
     * @param likeness what it looks like, to follow "it"
     */
    public record OddFileView(String name, double surprise, double apart, String likeness) {}

    public static ReportView of(Run run, RunReport report) {
        Map<String, Double> ratios = new TreeMap<>();
        report.actualToPredicted().forEach((method, ratio) -> ratios.put(Labels.of(method), ratio));
        return new ReportView(
                ratios,
                report.filesPredicted(),
                byFile(run, report.innovations()),
                byFile(run, report.surprises()),
                report.oddFiles().stream().map(odd -> view(run, odd)).toList(),
                report.withoutOddFiles().isPresent() ? report.withoutOddFiles().getAsDouble() : null,
                report.doubts(),
                report.rates(),
                report.assumed());
    }

    private static OddFileView view(Run run, OddFile odd) {
        return new OddFileView(run.snapshots().get(odd.file()).name(), odd.surprise(), odd.apart(), odd.likeness());
    }

    private static Map<String, Double> byFile(Run run, List<Double> values) {
        Map<String, Double> byFile = new LinkedHashMap<>();
        for (int i = 0; i < values.size(); i++)
            byFile.put(run.snapshots().get(i).name(), values.get(i));
        return byFile;
    }
}
