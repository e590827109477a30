package phema.synthesis;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import phema.catalog.Kimg;
import phema.catalog.Run;
import phema.problem.Problem;
import phema.profile.Power;
import phema.profile.Profile;
import phema.profile.ProfileSpec;
import phema.solver.FilesToRead;
import phema.solver.FitOptions;
import phema.solver.SolverKind;
import phema.text.Labels;

/**
 * Says in a word which average of a run is meant, at which time, and how it is solved for.
 *
 * <pre>
 * 0.100                 that EMA length (sigma_rel) at the newest snapshot
 * 0.100@2147483k        at an earlier time: the least of EDM2's times that is written as so many thousand images
 * 0.100@2500            the same on the clock of any run
 * ema-0.100             the same as 0.100
 * paper-0.100@131k      with the published solver
 * decay-cosine-800@131k another profile, as {@link ProfileName} writes it; its numbers are on the run's clock
 * </pre>
 *
 * @param target of which the end is the time
 */
public record WeightsReference(SolverKind solver, Profile target) {
    private static final String TIME = "\\d{1,15}(?:k|\\.\\d{1,15})?";

    /** The regular expression that references match, to be found in longer texts. */
    public static final String FORM = "(?:paper-0?\\.\\d{1,9}|" + ProfileName.FORM + ")(?:@" + TIME + ")?";

    private static final Pattern PARTS =
            Pattern.compile("(paper-(?=0?\\.))?(" + ProfileName.FORM + ")(?:@(" + TIME + "))?");

    /**
     * @throws Problem when the text has not the form, no average has this length, or the run's snapshots do not reach
     *     the time
     */
    public static WeightsReference parse(String text, Run run) {
        Matcher parts = PARTS.matcher(text);
        if (!parts.matches())
            throw Problem.invalid(
                    "reference",
                    text + " is not of the form 0.100, 0.100@131k or paper-0.100@131k, nor of that of decay-cosine-800,"
                            + " uniform-65536 or halflife-50000");
        double time = parts.group(3) == null ? run.newestTime() : time(parts.group(3), run);
        try {
            return new WeightsReference(
                    parts.group(1) == null ? SolverKind.BLUP : SolverKind.PAPER,
                    ProfileName.parse(parts.group(2), time));
        } catch (IllegalArgumentException outOfRange) {
            throw Problem.invalid("reference", String.valueOf(outOfRange.getMessage()));
        }
    }

    /** Names the weights at the newest snapshot. */
    public static WeightsReference newest(double sigmaRel, Run run) {
        return of(sigmaRel, run.newestTime());
    }

    public static WeightsReference of(double sigmaRel, double time) {
        return new WeightsReference(SolverKind.BLUP, length(sigmaRel, time));
    }

    /**
     * @param spec as {@link ProfileSpec} reads it
     * @throws Problem when it cannot be read, or no such average ends at this time
     */
    public static WeightsReference of(String spec, double time) {
        return new WeightsReference(SolverKind.BLUP, profile("profile", spec, time));
    }

    /**
     * {@code ema-0.100@131k}: with the time, so that equal references have equal texts; {@link #parse} gives it back,
     * where {@link #isNamed}.
     */
    public String print(Run run) {
        return word() + "@" + printTime(target.endTime(), run);
    }

    /**
     * {@code ema-0.100}: without the time where that is the newest snapshot's, and so one that moves on with the run.
     */
    public String printMoving(Run run) {
        return target.endTime() == run.newestTime() ? word() : print(run);
    }

    /** Whether there is a name that {@link #parse} reads; mixtures have none. */
    public boolean isNamed() {
        return ProfileName.of(target).isPresent();
    }

    private String word() {
        String name = ProfileName.of(target).orElseGet(() -> ProfileSpec.print(target));
        return solver == SolverKind.BLUP ? name : name.replaceFirst("^ema-", "paper-");
    }

    /** Asks for these weights, from as few files as will do. */
    public WeightsRequest request(OutputOptions output) {
        return WeightsRequest.of(target, FitOptions.of(solver, FilesToRead.FEWEST), output);
    }

    /** The power-function profile of an EMA length. @throws Problem when no average has it */
    public static Power length(double sigmaRel, double time) {
        try {
            return Power.ofSigmaRel(sigmaRel, time);
        } catch (IllegalArgumentException outOfRange) {
            throw Problem.invalid("sigmaRel", String.valueOf(outOfRange.getMessage()));
        }
    }

    /** The profile that a text says. @throws Problem naming the field when it says none */
    public static Profile profile(String field, String spec, double time) {
        try {
            return ProfileSpec.parse(spec, time);
        } catch (IllegalArgumentException wrong) {
            throw Problem.invalid(field, field + ": " + wrong.getMessage());
        }
    }

    /**
     * A time on the clock of a run: {@code 131k} or {@code 2500}.
     *
     * @throws Problem when it is none, or the run's snapshots do not reach it
     */
    public static double time(String text, Run run) {
        if (!text.matches(TIME)) throw Problem.invalid("time", text + " is no time such as 131k or 2500");
        double number = Double.parseDouble(text.replace("k", ""));
        double time = !text.endsWith("k") ? number : run.countsKimg() ? Kimg.toNimg((long) number) : number * 1000;
        requireReached("time", text, run, time);
        return time;
    }

    /** Writes a time as {@link #time(String, Run)} reads it, with a {@code k} where the run's file names have it. */
    public static String printTime(double time, Run run) {
        long kimg = Kimg.ofNimg(time);
        return run.countsKimg() && Kimg.toNimg(kimg) == time ? kimg + "k" : Labels.plain(time);
    }

    /**
     * Says where an average ends: at a time that is asked for, or at the newest snapshot. @throws Problem naming the
     * field when no average ends there
     */
    public static double end(String field, Run run, Optional<Double> time) {
        run.requireUsable();
        double end = time.orElseGet(run::newestTime);
        if (!(end > 0 && end < Double.POSITIVE_INFINITY))
            throw Problem.invalid(field, field + " must be a number above 0, not " + end);
        return end;
    }

    /** @throws Problem naming the field unless the run's snapshots reach this time */
    public static void requireReached(String field, Run run, double time) {
        requireReached(field, field + " " + (Double.isFinite(time) ? Labels.plain(time) : time), run, time);
    }

    private static void requireReached(String field, String shown, Run run, double time) {
        if (!(time >= run.oldestTime() && time <= run.newestTime()))
            throw Problem.invalid(
                    field,
                    "%s lies outside of the snapshots of run %s, which reach from %s to %s"
                            .formatted(
                                    shown,
                                    run.name(),
                                    printTime(run.oldestTime(), run),
                                    printTime(run.newestTime(), run)));
    }
}
