package phema.dashboard;

import java.util.List;
import org.jspecify.annotations.Nullable;
import phema.catalog.Run;
import phema.problem.Problem;
import phema.profile.Power;
import phema.profile.Profile;
import phema.profile.ProfileSpec;
import phema.synthesis.Names;
import phema.text.Labels;

/**
 * Describes profiles that differ in one number, their length, which the slider of a run's page moves.
 *
 * @param template what {@link ProfileSpec} reads, with {@code {}} where the length stands: {@code decay:cosine:{}}
 * @param name for people, who choose one
 * @param noun what the length is
 * @param unit of it, for people; empty for shares
 * @param clocked whether lengths are times of the run's clock
 * @param least of the slider's lengths, as {@code most}; all others can be typed
 * @param step between two of them
 * @param usual the length to begin with
 */
record SliderFamily(
        String template,
        String name,
        String noun,
        String unit,
        boolean clocked,
        double least,
        double most,
        double step,
        double usual) {
    private static final String LENGTH = "{}";
    private static final String POWER = "power:" + LENGTH;
    private static final String FRACTION = "halflife-fraction:" + LENGTH;

    /** The part of a run that windows and half-lives begin with. */
    private static final double USUAL_SHARE = 0.2;

    /** The part of a run that the shortest window of the slider is. */
    private static final double LEAST_SHARE = 0.002;

    private static final double USUAL_WIDTH = 0.1;
    private static final double USUAL_FRACTION = 0.05;

    /** Those to choose from, the paper's first. */
    static List<SliderFamily> of(Run run) {
        return List.of(
                new SliderFamily(POWER, "power (EDM2's)", "EMA length", "", false, 0.01, 0.28, 0.001, USUAL_WIDTH),
                window(run, "decay:linear:" + LENGTH, "learning rate that decays along a line", "Window"),
                window(run, "decay:cosine:" + LENGTH, "learning rate that decays along a cosine", "Window"),
                window(run, "decay:1-sqrt:" + LENGTH, "learning rate that decays as 1 - sqrt", "Window"),
                window(run, "exponential:halflife=" + LENGTH, "exponential", "Half-life"),
                new SliderFamily(
                        FRACTION,
                        "torchtitan's half-life fraction",
                        "Fraction",
                        "",
                        false,
                        0.01,
                        0.3,
                        0.001,
                        USUAL_FRACTION));
    }

    /** @param template of any family, also one that is not offered; none for the paper's */
    static SliderFamily of(Run run, @Nullable String template) {
        List<SliderFamily> offered = of(run);
        if (template == null) return offered.getFirst();
        if (template.indexOf(LENGTH) < 0 || template.indexOf(LENGTH) != template.lastIndexOf(LENGTH))
            throw Problem.invalid(
                    "profile",
                    "profile: \"" + template + "\" must have one {}, where the length stands, as in decay:cosine:{}");
        return offered.stream()
                .filter(family -> family.template.equals(template))
                .findFirst()
                .orElseGet(() -> window(run, template, template, "Length"));
    }

    private static SliderFamily window(Run run, String template, String name, String noun) {
        double end = run.newestTime();
        double step = Math.pow(10, Math.floor(Math.log10(end)) - 3);
        return new SliderFamily(
                template,
                name,
                noun,
                run.countsKimg() ? "in images" : "in the run's clock",
                true,
                Math.max(step, LEAST_SHARE * end),
                end,
                step,
                rounded(USUAL_SHARE * end, step));
    }

    /** Without the last digits of a division. */
    private static double rounded(double length, double step) {
        double steps = Math.rint(length / step);
        return step < 1 ? steps / Math.rint(1 / step) : steps * Math.rint(step);
    }

    public boolean isPower() {
        return template.equals(POWER);
    }

    /** The field of a request that has the length. */
    String field() {
        return isPower() ? "sigmaRel" : "length";
    }

    /** As the field shows it. */
    String print(double length) {
        return isPower() ? Names.width(profile(length, 1)) : Labels.plain(length);
    }

    /** Where the slider begins: a decimal logarithm, as where it ends. */
    public double begin() {
        return Math.log10(least);
    }

    public double end() {
        return Math.log10(most);
    }

    /** @throws Problem naming the field where none of this length ends then */
    Profile profile(double length, double endTime) {
        try {
            return isPower()
                    ? Power.ofSigmaRel(length, endTime)
                    : ProfileSpec.parse(template.replace(LENGTH, Labels.plain(length)), endTime);
        } catch (IllegalArgumentException outOfRange) {
            throw Problem.invalid(field(), String.valueOf(outOfRange.getMessage()));
        }
    }
}
