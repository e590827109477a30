package phema.cli;

import java.io.PrintWriter;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import phema.catalog.Run;
import phema.solver.Doubt;
import phema.solver.OddFile;
import phema.solver.RunReport;
import phema.solver.SolverKind;

/** Prints what the model of the trajectory sees in a run. */
final class ReportPrinter {
    private ReportPrinter() {}

    static void print(PrintWriter out, Run run, RunReport report) {
        out.printf(
                Locale.ROOT,
                "trajectory model: leaving out each of %d files in turn, the actual error was %.2f times the "
                        + "predicted one,"
                        + " from %.2f to %.2f times by file%n",
                report.filesPredicted(),
                report.actualToPredicted().get(SolverKind.BLUP),
                Math.sqrt(Collections.min(report.surprises())),
                Math.sqrt(Collections.max(report.surprises())));
        if (!report.assumed()) rates(out, report.rates());
        for (OddFile odd : report.oddFiles())
            out.printf(
                    Locale.ROOT,
                    "does not belong to the others: %s, whose squared distance from what they let expect is %.3g times "
                            + "the usual one; it %s%n",
                    run.snapshots().get(odd.file()).name(),
                    odd.surprise(),
                    odd.likeness());
        report.withoutOddFiles()
                .ifPresent(ratio -> out.printf(
                        Locale.ROOT, "  without that, the actual error was %.2f times the predicted one%n", ratio));
        for (Doubt doubt : report.doubts())
            out.printf(
                    Locale.ROOT,
                    "contradicted by the files: %s; %s is likelier, by %.1f nats per weight%n",
                    doubt.stated(),
                    doubt.supported(),
                    doubt.nats());
    }

    /** The rate's course in a few numbers; all of them are in {@code --json}. */
    private static void rates(PrintWriter out, List<RunReport.RateStretch> rates) {
        RunReport.RateStretch fastest = Collections.max(rates, Comparator.comparingDouble(RunReport.RateStretch::rate));
        out.printf(
                Locale.ROOT,
                "effective learning rate: variance gained per unit of time, over the weights' mean square, from %.1e "
                        + "at first to %.1e at last; greatest %.1e at %.0f%n",
                rates.getFirst().rate(),
                rates.getLast().rate(),
                fastest.rate(),
                (fastest.from() + fastest.to()) / 2);
    }
}
