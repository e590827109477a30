package phema.dashboard;

import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.util.StringUtils;
import phema.catalog.Run;
import phema.problem.Problem;
import phema.profile.Profile;
import phema.profile.ProfileFamily;
import phema.profile.ProfileFamily.LengthKind;

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

    private static final double USUAL_WIDTH = 0.1;
    private static final double USUAL_FRACTION = 0.05;

    /** A family, and one of its lengths where that is said. */
    record Chosen(SliderFamily family, Optional<Double> length) {}

    /** Those to choose from, the paper's first. */
    static List<SliderFamily> of(Run run) {
        return List.of(
                new SliderFamily(ProfileFamily.POWER, "power (EDM2's)", "", 0.01, 0.28, 0.001, USUAL_WIDTH),
                window(run, "decay:linear:{}", "learning rate that decays along a line"),
                window(run, "decay:cosine:{}", "learning rate that decays along a cosine"),
                window(run, "decay:1-sqrt:{}", "learning rate that decays as 1 - sqrt"),
                window(run, "exponential:halflife={}", "exponential"),
                fraction("torchtitan's half-life fraction"));
    }

    /**
     * @param profile a family, also one that is not offered, or one of its profiles; none for the paper's
     * @throws Problem naming the field where it is neither
     */
    static Chosen chosen(Run run, @Nullable String profile) {
        if (profile == null) return new Chosen(of(run).getFirst(), Optional.empty());
        if (profile.contains("{}"))
            return new Chosen(of(run, checked(() -> new ProfileFamily(profile))), Optional.empty());
        ProfileFamily family = checked(() -> ProfileFamily.of(profile));
        return new Chosen(of(run, family), Optional.of(checked(() -> family.length(profile))));
    }

    private static SliderFamily of(Run run, ProfileFamily family) {
        return of(run).stream()
                .filter(offered -> offered.family.equals(family))
                .findFirst()
                .orElseGet(() -> window(run, family.template(), family.template()));
    }

    private static <T> T checked(Supplier<T> read) {
        try {
            return read.get();
        } catch (IllegalArgumentException none) {
            throw Problem.invalid("profile", String.valueOf(none.getMessage()));
        }
    }

    private static SliderFamily fraction(String name) {
        return new SliderFamily(new ProfileFamily("halflife-fraction:{}"), name, "", 0.01, 0.3, 0.001, USUAL_FRACTION);
    }

    private static SliderFamily window(Run run, String template, String name) {
        double end = run.newestTime();
        double step = Math.pow(10, Math.floor(Math.log10(end)) - 3);
        return new SliderFamily(
                new ProfileFamily(template),
                name,
                run.countsKimg() ? "in images" : "in the run's clock",
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

    public String template() {
        return family.template();
    }

    /** What the length is, as a label begins. */
    public String noun() {
        return StringUtils.capitalize(family.kind().noun());
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
        return isPower() ? "sigmaRel" : "length";
    }

    /** As the field shows it. */
    String print(double length) {
        return family.print(length);
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
            return family.at(length, endTime);
        } catch (IllegalArgumentException outOfRange) {
            throw Problem.invalid(field(), String.valueOf(outOfRange.getMessage()));
        }
    }
}
