package phema.dashboard;

import java.util.List;
import org.jspecify.annotations.Nullable;
import phema.catalog.Run;
import phema.evaluation.LengthFields;
import phema.problem.Problem;
import phema.profile.Profile;
import phema.profile.ProfileFamily;
import phema.profile.ProfileFamily.LengthKind;
import phema.text.Labels;

/**
 * Describes the lengths of a family that the slider of a run's page moves over.
 *
 * @param name for people, who choose one
 * @param unit of lengths, for people; empty for shares
 * @param least of the slider's lengths, as {@code most}; all others can be typed
 * @param step between two of them
 * @param usual the length to begin with
 */
record SliderFamily(
        ProfileFamily family, String name, String unit, double least, double most, double step, double usual) {
    /** The part of a run that windows and half-lives begin with. */
    private static final double USUAL_SHARE = 0.2;

    /** The part of a run that the shortest window of the slider is. */
    private static final double LEAST_SHARE = 0.002;

    /**
     * The number of parts that logarithms are rounded to, outwards: browsers keep 15 digits of where a slider stands,
     * and take one that stands beyond its end for a mistake.
     */
    private static final double LOGARITHM_PARTS = 1e9;

    private static final double USUAL_WIDTH = 0.1;
    private static final double USUAL_FRACTION = 0.05;

    /** Those to choose from, the paper's first. @param end of the averages, which none of their windows passes */
    static List<SliderFamily> of(Run run, double end) {
        return List.of(
                new SliderFamily(ProfileFamily.POWER, "power (EDM2's)", "", 0.01, 0.28, 0.001, USUAL_WIDTH),
                window(run, end, "decay:linear:{}", "learning rate that decays along a line"),
                window(run, end, "decay:cosine:{}", "learning rate that decays along a cosine"),
                window(run, end, "decay:1-sqrt:{}", "learning rate that decays as 1 - sqrt"),
                window(run, end, "exponential:halflife={}", "exponential"),
                fraction("torchtitan's half-life fraction"));
    }

    /** @param template also of one that is not offered. @throws Problem naming the field where it is no family */
    static SliderFamily of(Run run, double end, String template) {
        try {
            return of(run, end, new ProfileFamily(template));
        } catch (IllegalArgumentException none) {
            throw Problem.invalid(LengthFields.PROFILE, "profile: " + none.getMessage());
        }
    }

    static SliderFamily of(Run run, double end, ProfileFamily family) {
        return of(run, end).stream()
                .filter(offered -> offered.family.equals(family))
                .findFirst()
                .orElseGet(() -> window(run, end, family, family.template()));
    }

    private static SliderFamily fraction(String name) {
        return new SliderFamily(new ProfileFamily("halflife-fraction:{}"), name, "", 0.01, 0.3, 0.001, USUAL_FRACTION);
    }

    private static SliderFamily window(Run run, double end, String template, String name) {
        return window(run, end, new ProfileFamily(template), name);
    }

    private static SliderFamily window(Run run, double end, ProfileFamily family, String name) {
        double step = Math.pow(10, Math.floor(Math.log10(end)) - 3);
        return new SliderFamily(
                family,
                name,
                run.countsKimg() ? "in images" : "in the run's clock",
                Math.max(step, LEAST_SHARE * end),
                end,
                step,
                rounded(USUAL_SHARE * end, step));
    }

    /** The same for averages that end at another time. */
    SliderFamily until(Run run, double end) {
        return clocked() ? window(run, end, family, name) : this;
    }

    /** Without the last digits of a division. */
    private static double rounded(double length, double step) {
        double steps = Math.rint(length / step);
        return step < 1 ? steps / Math.rint(1 / step) : steps * Math.rint(step);
    }

    public String template() {
        return family.template();
    }

    /** What the length is, as a label begins. */
    public String noun() {
        return family.kind().title();
    }

    /** Whether lengths are times of the run's clock. */
    boolean clocked() {
        return family.kind() == LengthKind.WINDOW || family.kind() == LengthKind.HALF_LIFE;
    }

    public boolean isPower() {
        return family.isPower();
    }

    /** The field of a request that has the length. */
    String field() {
        return LengthFields.of(family);
    }

    /** As the field shows it. */
    String print(double length) {
        return family.print(length);
    }

    /** Where the slider begins: a decimal logarithm, as where it ends. */
    public double begin() {
        return Math.floor(Math.log10(least) * LOGARITHM_PARTS) / LOGARITHM_PARTS;
    }

    public double end() {
        return Math.ceil(Math.log10(most) * LOGARITHM_PARTS) / LOGARITHM_PARTS;
    }

    /** The longest length that can be typed, where the end of the average says so. */
    public @Nullable String longest() {
        return family.kind() == LengthKind.WINDOW ? Labels.plain(most) : null;
    }

    /** {@code decay:cosine:800}. */
    String spec(double length) {
        return family.spec(length);
    }

    /** @throws Problem naming the field where none of this length ends then */
    Profile profile(String field, double length, double endTime) {
        try {
            return family.at(length, endTime);
        } catch (IllegalArgumentException outOfRange) {
            throw Problem.invalid(field, field + ": " + outOfRange.getMessage());
        }
    }
}
