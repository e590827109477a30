package phema.profile;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import phema.text.Labels;

/**
 * Describes profiles that differ in one number, their length: what {@link ProfileSpec} reads, with {@code {}} where the
 * length stands.
 *
 * <pre>
 * power:{}                          sigma_rel
 * uniform:{}                        a window, in the training job's own unit
 * decay:cosine:{},floor=0.1         a window; linear and 1-sqrt as well, with or without a floor
 * exponential:halflife={}           a half-life, in the same unit
 * halflife-fraction:{}              the part of training after which half is left
 * </pre>
 */
public record ProfileFamily(String template) {
    /** The text that stands for the length. */
    private static final String HOLE = "{}";

    /** The regular expression of profiles of any family: what stands before the length, the length, and the rest. */
    private static final Pattern FORM = Pattern.compile(
            "(power:|uniform:|exponential:halflife=|halflife-fraction:|decay:[^:,{}]*:)([^,=]*)(,floor=[^{}]*)?");

    /** The length that every family has, at the end time 1. */
    private static final double USUAL = 0.1;

    /** The family of the paper, which is meant where none is named. */
    public static final ProfileFamily POWER = new ProfileFamily("power:{}");

    /** Says what the lengths of a family are. */
    public enum LengthKind {
        /** Relative widths, {@code sigma_rel}. */
        WIDTH("sigma_rel", "EMA length", "EMA lengths"),
        /** Lengths of windows, in the training job's own unit. */
        WINDOW("window", "window", "windows"),
        /** Half-lives, in the same unit. */
        HALF_LIFE("halflife", "half-life", "half-lives"),
        /** Half-lives as parts of all training before the end. */
        FRACTION("halflife_fraction", "half-life fraction", "half-life fractions");

        private final String column;
        private final String noun;
        private final String plural;

        LengthKind(String column, String noun, String plural) {
            this.column = column;
            this.noun = noun;
            this.plural = plural;
        }

        /** In tables. */
        public String column() {
            return column;
        }

        /** {@code EMA length}. */
        public String noun() {
            return noun;
        }

        /** The noun as labels begin with it: {@code Window}. */
        public String title() {
            return noun.substring(0, 1).toUpperCase(Locale.ROOT) + noun.substring(1);
        }

        /** {@code 1 window}, {@code 2 windows}. */
        public String counted(int count) {
            return count + " " + (count == 1 ? noun : plural);
        }
    }

    /**
     * @throws IllegalArgumentException saying, in a line for the user, why the template is no family with one length
     */
    public ProfileFamily {
        int hole = template.indexOf(HOLE);
        if (hole < 0 || template.indexOf(HOLE, hole + 1) >= 0)
            throw new IllegalArgumentException("the profile \"" + template + "\" must have exactly one {}, where its"
                    + " length stands, as in decay:cosine:{}");
        Matcher form = FORM.matcher(template);
        if (!form.matches() || !form.group(2).equals(HOLE))
            throw new IllegalArgumentException("\"" + template + "\" is no family of lengths; there are power:{},"
                    + " uniform:{}, decay:linear|cosine|1-sqrt:{}[,floor=SHARE], exponential:halflife={} and"
                    + " halflife-fraction:{}");
        ProfileSpec.parse(template.replace(HOLE, String.valueOf(USUAL)), 1);
    }

    /**
     * The family of a profile.
     *
     * @param spec as {@link #spec} writes it
     * @throws IllegalArgumentException where it is of none
     */
    public static ProfileFamily of(String spec) {
        return find(spec)
                .orElseThrow(() -> new IllegalArgumentException("\"" + spec + "\" is of no family of lengths"));
    }

    /** The family of a profile, as {@link #of} has it; empty for one of none, such as {@code impulse}. */
    public static Optional<ProfileFamily> find(String spec) {
        Matcher form = FORM.matcher(spec);
        if (!form.matches()) return Optional.empty();
        return Optional.of(new ProfileFamily(new StringBuilder(spec)
                .replace(form.start(2), form.end(2), HOLE)
                .toString()));
    }

    /**
     * The length of one of its profiles.
     *
     * @throws IllegalArgumentException where it is none of them
     */
    public double length(String spec) {
        int before = template.indexOf(HOLE);
        int after = template.length() - before - HOLE.length();
        if (!of(spec).equals(this)) throw new IllegalArgumentException("\"" + spec + "\" is not of " + template);
        return ProfileSpec.number(spec, spec.substring(before, spec.length() - after));
    }

    public LengthKind kind() {
        return template.startsWith("power:")
                ? LengthKind.WIDTH
                : template.startsWith("exponential:")
                        ? LengthKind.HALF_LIFE
                        : template.startsWith("halflife-") ? LengthKind.FRACTION : LengthKind.WINDOW;
    }

    public boolean isPower() {
        return equals(POWER);
    }

    /** {@code decay:cosine:800}. */
    public String spec(double length) {
        return template.replace(HOLE, Labels.plain(length));
    }

    /** @throws IllegalArgumentException when no profile that ends there has this length */
    public Profile at(double length, double endTime) {
        return ProfileSpec.parse(spec(length), endTime);
    }

    /** {@code 0.100}, {@code 800}: the length for people. */
    public String print(double length) {
        return isPower() ? SigmaRel.print(length) : Labels.plain(length);
    }

    /** {@code EMA length}, {@code Window of decay:cosine:{}}: beside axes of charts. */
    public String label() {
        return isPower() ? kind().title() : kind().title() + " of " + template;
    }
}
