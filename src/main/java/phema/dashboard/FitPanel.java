package phema.dashboard;

import java.math.BigDecimal;
import java.util.List;
import java.util.stream.Stream;
import phema.catalog.Kimg;
import phema.catalog.Run;
import phema.catalog.Snapshot;
import phema.profile.Impulse;
import phema.solver.Fit;
import phema.solver.SolverKind;
import phema.synthesis.Names;

/**
 * A fit in figures, and the choices that led to it.
 *
 * @param width the EMA length as file names and revisions write it
 * @param times that can be chosen
 * @param paperApplies whether the published solver can use the run's files
 */
record FitPanel(
        String width,
        double sigmaRel,
        String solver,
        boolean paperApplies,
        List<Time> times,
        List<Figure> figures,
        List<String> warnings,
        String modelRepository,
        String revision,
        String address) {

    /** @param value as requests take it; empty for the newest snapshot's time */
    record Time(String value, String shown, boolean chosen) {}

    /** @param meaning for those who do not know the word */
    record Figure(String name, String value, String meaning) {}

    static FitPanel of(Run run, Fit fit, double sigmaRel, String address) {
        return new FitPanel(
                Names.width(fit.target()),
                sigmaRel,
                RunController.word(fit.method()),
                run.snapshots().stream().noneMatch(s -> s.profile() instanceof Impulse),
                times(run, fit.target().endTime()),
                figures(run, fit),
                fit.warnings(),
                "phema/" + run.name(),
                revision(run, fit),
                address);
    }

    private static List<Time> times(Run run, double chosen) {
        RunClock clock = RunClock.of(run);
        double newest = run.snapshots().getLast().time();
        return Stream.concat(run.snapshots().stream().map(Snapshot::time), Stream.of(chosen))
                .distinct()
                .sorted((a, b) -> Double.compare(b, a))
                .map(time -> new Time(time == newest ? "" : plain(time), clock.show(time), time == chosen))
                .toList();
    }

    private static List<Figure> figures(Run run, Fit fit) {
        return List.of(
                new Figure(
                        "Predicted error",
                        Show.percent(fit.predictedRelativeError()),
                        "Expected L2 distance from the weights that training itself would have averaged, over their own norm"),
                new Figure(
                        "Files read",
                        fit.filesUsed() + " of " + run.snapshots().size(),
                        "Snapshots whose coefficient is not zero"),
                new Figure(
                        "Profile residual",
                        Show.percent(fit.profileResidual()),
                        "L2 distance of the fitted profile from the target, over the target's norm"),
                new Figure(
                        "Sum of |coefficients|",
                        Show.magnitude(fit.coefficientNorm()),
                        "How much rounding errors of the stored files can grow"),
                new Figure(
                        "Condition number",
                        Show.magnitude(fit.conditionNumber()),
                        "Of the system that was solved, scaled to unit diagonal"));
    }

    /** As the hub endpoints name it: {@code ema-0.100}, {@code paper-0.100@2147483k}. */
    private static String revision(Run run, Fit fit) {
        double time = fit.target().endTime();
        String name = (fit.method() == SolverKind.BLUP ? "ema-" : "paper-") + Names.width(fit.target());
        if (time == run.snapshots().getLast().time()) return name;
        long kimg = Kimg.ofNimg(time);
        return name + "@" + (run.countsKimg() && Kimg.toNimg(kimg) == time ? kimg + "k" : plain(time));
    }

    static String plain(double number) {
        return BigDecimal.valueOf(number).stripTrailingZeros().toPlainString();
    }
}
