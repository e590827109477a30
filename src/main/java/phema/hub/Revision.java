package phema.hub;

import java.math.BigDecimal;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import phema.catalog.Kimg;
import phema.catalog.Run;
import phema.catalog.Snapshot;
import phema.profile.Power;
import phema.profile.SigmaRel;
import phema.solver.SolverKind;
import phema.synthesis.Names;

/**
 * Which weights of a run, as the name of a branch says it: {@code ema-0.100} at the newest snapshot, {@code ema-0.100@2147483k} earlier, and {@code paper-...} with the
 * published solver.
 *
 * @param target of which the end is the time
 */
record Revision(SolverKind method, Power target) {
    static final String MAIN = "main";

    private static final Pattern NAME = Pattern.compile("(ema|paper)-(0\\.\\d{1,9})(?:@(\\d{1,15})(k?))?");

    /** @throws HubError when the text is no name of a revision, or out of range; it says what is possible */
    static Revision parse(String name, Run run) {
        Matcher matcher = NAME.matcher(name);
        if (!matcher.matches()) throw none(name + " is no revision of run " + run.name(), run);
        double sigmaRel = Double.parseDouble(matcher.group(2));
        if (!(sigmaRel > 0 && sigmaRel < SigmaRel.LIMIT)) throw none(name + ": no average has this EMA length", run);
        double time = matcher.group(3) == null
                ? newest(run)
                : time(run, Long.parseLong(matcher.group(3)), !matcher.group(4).isEmpty());
        if (!(time >= oldest(run) && time <= newest(run)))
            throw none(name + ": the run has no snapshots around this time", run);
        return new Revision(
                matcher.group(1).equals("ema") ? SolverKind.BLUP : SolverKind.PAPER, Power.ofSigmaRel(sigmaRel, time));
    }

    static Revision of(double sigmaRel, Run run) {
        return new Revision(SolverKind.BLUP, Power.ofSigmaRel(sigmaRel, newest(run)));
    }

    /** The least of EDM2's times that is written as this many thousands, or just that many thousands. */
    private static double time(Run run, long number, boolean thousands) {
        return !thousands ? number : run.countsKimg() ? Kimg.toNimg(number) : number * 1000.0;
    }

    /** The whole name, with its time; equal revisions have equal names. */
    String name(Run run) {
        return shortName() + "@" + time(run, target.endTime());
    }

    /** Without the time where that is the newest snapshot's: the branch that moves on with the run. */
    String branch(Run run) {
        return target.endTime() == newest(run) ? shortName() : name(run);
    }

    private String shortName() {
        return (method == SolverKind.BLUP ? "ema-" : "paper-") + Names.width(target);
    }

    /** @param wrong with the revision that was asked for */
    static HubError none(String wrong, Run run) {
        return HubError.noRevision("""
                %s. Revisions are main; ema-S for an EMA length (sigma_rel) S in (0, 0.288675), such as ema-0.100; \
                paper-S for the published solver; ema-S@T and paper-S@T for an earlier time T, %s to %s; \
                and the 40 digits of a commit that was given out""".formatted(wrong, time(run, oldest(run)), time(run, newest(run))));
    }

    private static String time(Run run, double time) {
        long kimg = Kimg.ofNimg(time);
        return run.countsKimg() && Kimg.toNimg(kimg) == time
                ? kimg + "k"
                : BigDecimal.valueOf(time).stripTrailingZeros().toPlainString();
    }

    private static double oldest(Run run) {
        return snapshots(run).getFirst().time();
    }

    private static double newest(Run run) {
        return snapshots(run).getLast().time();
    }

    private static List<Snapshot> snapshots(Run run) {
        if (run.snapshots().isEmpty())
            throw HubError.noRevision("Run " + run.name() + " has no usable snapshots and so no revisions; "
                    + "phema inspect " + run.folder() + " says why");
        return run.snapshots();
    }
}
