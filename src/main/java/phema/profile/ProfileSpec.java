package phema.profile;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import phema.text.Labels;

/**
 * Reads and writes profiles as text, for command lines, URLs and manifests. The end time is given separately; times and
 * windows are in the training job's own unit.
 *
 * <pre>
 * power:0.10                        the paper's, by sigma_rel
 * power:gamma=6.94                  the paper's, by exponent
 * exponential:halflife=50000
 * exponential:decay=0.9999          what is left of a weight after one unit of time
 * exponential:rate=0.0001           -ln(decay)
 * uniform:65536                     mean of the last 65536 units of time
 * decay:cosine:65536                training with a learning rate that decays over that time, after the fact: linear,
 *                                   cosine or 1-sqrt, with or without ,floor=0.1; see {@link LearningRateDecay}
 * impulse                           the moment itself
 * ema:0.9999,warmup=10              a trainer's decay, with or without a warm-up; see {@link ScheduleSpec}
 * swa                               the mean of all weights
 * halflife-fraction:0.05            what is left after this part of training is half: torchtitan's, a power profile
 * mixture:0.7*power:0.05,0.3*uniform:65536@131072
 *                                   weights sum to 1; @TIME where a part ends earlier
 * </pre>
 */
public final class ProfileSpec {
    /** The forms, for users. */
    public static final String FORMS =
            "power:SIGMA_REL, power:gamma=G, exponential:halflife=TIME, exponential:decay=BETA, "
                    + "exponential:rate=LAMBDA, uniform:WINDOW, "
                    + "decay:linear|cosine|1-sqrt:WINDOW[,floor=SHARE], impulse, "
                    + "ema:BETA,warmup=none|10|2/3[,inv_gamma=G][,after=STEP][,every=STEPS][,batch=IMAGES], "
                    + "swa[:after=STEP][,every=STEPS][,batch=IMAGES], halflife-fraction:F or "
                    + "mixture:WEIGHT*PROFILE[@TIME],...";

    private static final String LINEAR = "linear";
    private static final String FLOOR = "floor";

    private ProfileSpec() {}

    /**
     * @throws IllegalArgumentException with one line for the user when the text is none of the forms above or a number
     *     is out of range
     */
    public static Profile parse(String spec, double endTime) {
        String kind = before(spec, ':');
        String value = after(spec, ':');
        return switch (kind) {
            case "power" ->
                value.startsWith("gamma=")
                        ? new Power(number(spec, after(value, '=')), endTime)
                        : Power.ofSigmaRel(number(spec, value), endTime);
            case "exponential" ->
                switch (before(value, '=')) {
                    case "halflife" -> Exponential.ofHalfLife(number(spec, after(value, '=')), endTime);
                    case "decay" -> Exponential.ofDecay(number(spec, after(value, '=')), endTime);
                    case "rate" -> new Exponential(number(spec, after(value, '=')), endTime);
                    default -> throw unreadable(spec);
                };
            case "uniform" -> new Uniform(number(spec, value), endTime);
            case "decay" -> decay(spec, value, endTime);
            case "impulse" -> {
                if (spec.contains(":")) throw unreadable(spec);
                yield new Impulse(endTime);
            }
            case "ema" -> ScheduleSpec.ema(spec, value, endTime);
            case "swa" -> ScheduleSpec.swa(spec, endTime);
            case "halflife-fraction" -> {
                double fraction = number(spec, value);
                Require.positive("the fraction", fraction);
                yield new Power(Math.log(2) / fraction - 1, endTime);
            }
            case "mixture" -> mixture(spec, value, endTime);
            default -> throw unreadable(spec);
        };
    }

    /**
     * The text that {@link #parse} turns into an equal profile, given its end time; shortest where there are several.
     */
    public static String print(Profile profile) {
        return switch (profile) {
            case Power p -> print(p);
            case Exponential e -> print(e);
            case Uniform u -> "uniform:" + Labels.plain(u.window());
            case LearningRateDecay d -> "decay:" + d.course().word() + ":" + Labels.plain(d.window());
            case Impulse i -> "impulse";
            case Scheduled s -> ScheduleSpec.print(s.decay());
            case Mixture m -> withFloor(m).orElseGet(() -> parts(m));
        };
    }

    private static String parts(Mixture mixture) {
        return mixture.parts().stream()
                .map(p -> Labels.plain(p.weight()) + "*" + print(p.profile())
                        + (p.profile().endTime() == mixture.endTime()
                                ? ""
                                : "@" + Labels.plain(p.profile().endTime())))
                .collect(Collectors.joining(",", "mixture:", ""));
    }

    /** One that ends above nothing at all goes on with what is left of the rate, on the last weights. */
    private static Profile decay(String spec, String value, double endTime) {
        String course = before(value, ':');
        String rest = after(value, ':');
        double window = number(spec, before(rest, ','));
        Profile whole = course.equals(LINEAR)
                ? new Uniform(window, endTime)
                : new LearningRateDecay(
                        Arrays.stream(LearningRateDecay.DecayCourse.values())
                                .filter(known -> known.word().equals(course))
                                .findFirst()
                                .orElseThrow(() -> new IllegalArgumentException("\"" + course + "\" in " + spec
                                        + " is no course of a learning rate; there are linear, cosine and 1-sqrt")),
                        window,
                        endTime);
        String option = after(rest, ',');
        if (option.isEmpty()) return whole;
        double floor = number(spec, after(option, '='));
        if (!before(option, '=').equals(FLOOR) || !(floor >= 0 && floor < 1))
            throw new IllegalArgumentException("\"" + option + "\" in " + spec
                    + " must be floor=SHARE, the share of the learning rate that is left at the end, from 0 to 1");
        return floor == 0
                ? whole
                : new Mixture(List.of(
                        new Mixture.MixturePart(1 - floor, whole),
                        new Mixture.MixturePart(floor, new Impulse(endTime))));
    }

    private static Optional<String> withFloor(Mixture mixture) {
        List<Mixture.MixturePart> parts = mixture.parts();
        if (parts.size() != 2
                || !parts.getLast().profile().equals(new Impulse(mixture.endTime()))
                || parts.getFirst().profile().endTime() != mixture.endTime()
                || parts.getFirst().weight() != 1 - parts.getLast().weight()) return Optional.empty();
        Profile whole = parts.getFirst().profile();
        if (!(whole instanceof Uniform || whole instanceof LearningRateDecay)) return Optional.empty();
        return Optional.of(print(whole).replaceFirst("^uniform:", "decay:" + LINEAR + ":") + "," + FLOOR + "="
                + Labels.plain(parts.getLast().weight()));
    }

    private static Profile mixture(String spec, String parts, double endTime) {
        Mixture mixture = Mixture.wanted(Arrays.stream(parts.split(",(?![^,*]+=)", -1)) // options are not parts
                .map(part -> {
                    String profile = after(part, '*');
                    String time = after(profile, '@');
                    return new Mixture.MixturePart(
                            number(spec, before(part, '*')),
                            parse(before(profile, '@'), time.isEmpty() ? endTime : number(spec, time)));
                })
                .toList());
        if (mixture.endTime() != endTime)
            throw new IllegalArgumentException("the last part of \"" + spec + "\" must end at the end time "
                    + Labels.plain(endTime) + ", not at " + Labels.plain(mixture.endTime()));
        return mixture;
    }

    private static String print(Power p) {
        return shortest("power:", SigmaRel.ofGamma(p.gamma()), p).orElse("power:gamma=" + p.gamma());
    }

    private static String print(Exponential e) {
        return Stream.of(
                        shortest("exponential:halflife=", Math.log(2) / e.rate(), e),
                        shortest("exponential:decay=", Math.exp(-e.rate()), e))
                .flatMap(Optional::stream)
                .min(Comparator.comparing(String::length))
                .orElse("exponential:rate=" + e.rate());
    }

    /**
     * The fewest digits of {@code value} that give back the same profile; none where rounding makes that impossible.
     */
    private static Optional<String> shortest(String form, double value, Profile profile) {
        for (int digits = 1; digits <= 17; digits++) {
            String spec = form
                    + Labels.plain(
                            new BigDecimal(value).round(new MathContext(digits)).doubleValue());
            try {
                if (parse(spec, profile.endTime()).equals(profile)) return Optional.of(spec);
            } catch (IllegalArgumentException outOfRange) {
                continue; // rounded up to the end of its range
            }
        }
        return Optional.empty();
    }

    static double number(String spec, String text) {
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException e) {
            throw unreadable(spec);
        }
    }

    static IllegalArgumentException unreadable(String spec) {
        return new IllegalArgumentException("cannot read the profile \"" + spec + "\"; it is one of " + FORMS);
    }

    /** Up to the first {@code separator}, or all. */
    static String before(String text, char separator) {
        int i = text.indexOf(separator);
        return i < 0 ? text : text.substring(0, i);
    }

    /** Returns what follows the first {@code separator}, or nothing. */
    static String after(String text, char separator) {
        int i = text.indexOf(separator);
        return i < 0 ? "" : text.substring(i + 1);
    }
}
