package phema.solver;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleFunction;
import phema.text.Labels;

/**
 * Lists profiles that trainers use, with a number in them that nobody may have recorded.
 *
 * @param spec of each value of the number
 * @param low the least value that is tried
 * @param high the greatest
 */
record DecayFamily(DoubleFunction<String> spec, double low, double high) {
    private static final int MOST_DIGITS = 6;

    /** The fractions that schedules have for the power of their warm-up. */
    private static final List<String> FRACTIONS = List.of("2/3", "3/4", "1/2");

    /**
     * @param spacing the mean time from one file to the next
     * @param end of the last file
     * @param clockIsSteps whether decays that count steps are among them
     */
    static List<DecayFamily> of(double spacing, double end, boolean clockIsSteps) {
        List<DecayFamily> families = new ArrayList<>();
        families.add(new DecayFamily(sigmaRel -> "power:" + Labels.plain(sigmaRel), 0.008, 0.28));
        families.add(new DecayFamily(any -> "swa", 1, 1));
        if (!clockIsSteps) {
            families.add(new DecayFamily(time -> "exponential:halflife=" + Labels.plain(time), spacing / 20, 10 * end));
            return families;
        }
        families.add(new DecayFamily(
                left -> "exponential:decay=" + decay(left), Math.min(0.5, 0.05 / end), Math.min(0.5, 20 / spacing)));
        families.add(new DecayFamily(left -> "ema:" + decay(left) + ",warmup=10", 0.5 / end, 0.1));
        families.add(new DecayFamily(power -> "ema:0.9999,warmup=" + fraction(power), 0.3, 1));
        families.add(new DecayFamily(left -> "ema:" + decay(left) + ",warmup=2/3", 0.5 / end, 0.1));
        return families;
    }

    /** Those that trainers begin late, by the time at which they are a copy of the weights for the last time. */
    static List<DoubleFunction<DecayFamily>> late(double spacing, double end, boolean clockIsSteps, Beginning begun) {
        double every = begun.every();
        DoubleFunction<String> rest =
                after -> ",after=" + Labels.plain(after) + (every == 1 ? "" : ",every=" + Labels.plain(every));
        List<DoubleFunction<DecayFamily>> families = new ArrayList<>();
        families.add(after -> new DecayFamily(
                left -> "ema:" + decay(left) + ",warmup=none" + rest.apply(after),
                Math.min(0.5, 0.05 / end * every),
                Math.min(0.999, Math.min(0.5, 20 / spacing) * every)));
        families.add(after -> only(
                "swa:" + rest.apply(begun.counted() ? after - every : after).substring(1)));
        if (!clockIsSteps) return families;
        for (String warmup : List.of("10", "2/3"))
            families.add(after -> new DecayFamily(
                    left -> "ema:" + decay(left) + ",warmup=" + warmup + rest.apply(after), 0.5 / end, 0.1));
        families.add(
                after -> new DecayFamily(power -> "ema:0.9999,warmup=" + fraction(power) + rest.apply(after), 0.3, 1));
        return families;
    }

    /** Constant decays around one. */
    static DecayFamily around(double left) {
        return new DecayFamily(x -> "exponential:decay=" + decay(x), left / 1.2, Math.min(1.2 * left, 0.999));
    }

    /** A constant decay at updates that are several steps apart, around one. */
    static DecayFamily atUpdates(double every, double left) {
        return new DecayFamily(
                x -> "ema:" + decay(x) + ",warmup=none,every=" + Labels.plain(every),
                left / 1.1,
                Math.min(1.1 * left, 0.999));
    }

    /** One of a single profile. */
    static DecayFamily only(String spec) {
        return new DecayFamily(any -> spec, 1, 1);
    }

    /** The number of the fewest digits in an interval around a value. */
    static double fewestDigits(double value, double lowest, double highest) {
        for (int digits = 1; digits <= MOST_DIGITS; digits++) {
            double rounded =
                    new BigDecimal(value).round(new MathContext(digits)).doubleValue();
            if (lowest <= rounded && rounded <= highest) return rounded;
        }
        return value;
    }

    /** The value of the fewest digits in an interval. */
    double simplest(double value, double lowest, double highest) {
        for (String fraction : FRACTIONS) {
            double exact = exact(fraction);
            if (spec.apply(exact).contains(fraction) && lowest <= exact && exact <= highest) return exact;
        }
        return fewestDigits(value, lowest, highest);
    }

    /** @param left what the moment's weights get */
    private static String decay(double left) {
        return BigDecimal.ONE
                .subtract(new BigDecimal(left).round(new MathContext(MOST_DIGITS)))
                .stripTrailingZeros()
                .toPlainString();
    }

    private static String fraction(double power) {
        for (String fraction : FRACTIONS) if (Math.abs(exact(fraction) - power) < 1e-12) return fraction;
        return Labels.plain(power);
    }

    private static double exact(String fraction) {
        return (double) (fraction.charAt(0) - '0') / (fraction.charAt(2) - '0');
    }
}
