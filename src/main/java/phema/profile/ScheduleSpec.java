package phema.profile;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import phema.text.Labels;

/**
 * Reads and writes trainers' decays as text. Steps n count the updates from {@code after} on, the first of which is n =
 * 1.
 *
 * <pre>
 * ema:0.9999,warmup=none            the same at each step
 * ema:0.9999,warmup=10              min(0.9999, (1 + n) / (10 + n))
 * ema:0.9999,warmup=2/3             min(0.9999, 1 - (1 + n)^(-2/3))
 *     ,inv_gamma=1                  1 - (1 + n / inv_gamma)^(-2/3)
 *     ,after=100                    a copy of the weights up to step 100, then n = 1
 *     ,every=10                     updates only every 10 steps after those, each with the decay of its step
 *     ,every=1                      updates at each step, and nothing between: where files are few steps apart
 *     ,batch=2048                   units of time in one step, where time is images
 * swa                               the mean of all weights
 * swa:after=100                     of those after step 100; batch as above
 * swa:every=50                      of those at every 50th step
 * </pre>
 */
final class ScheduleSpec {
    private static final int LARGEST_DENOMINATOR = 9;

    private ScheduleSpec() {}

    static Profile ema(String spec, String value, double endTime) {
        String beta = ProfileSpec.before(value, ',');
        double decay = ProfileSpec.number(spec, beta);
        Map<String, String> options =
                options(spec, ProfileSpec.after(value, ','), List.of("warmup", "inv_gamma", "after", "every", "batch"));
        String warmup = options.get("warmup");
        if (warmup == null)
            throw new IllegalArgumentException(("%1$s leaves open how the decay begins: ema:%2$s,warmup=none for %2$s "
                            + "from the first step on, ema:%2$s,warmup=10 for min(%2$s, (1+n)/(10+n)), "
                            + "ema:%2$s,warmup=2/3 for min(%2$s, 1-(1+n)^(-2/3))")
                    .formatted(spec, beta));
        var schedule = new ScheduledDecay(
                warmup(spec, warmup, options),
                decay,
                number(spec, options, "after", 0),
                number(spec, options, "every", 1),
                number(spec, options, "batch", 1),
                options.containsKey("every"));
        return warmup.equals("none") && schedule.after() == 0 && !schedule.stepped()
                ? new Exponential(schedule.rate() / schedule.batch(), endTime)
                : new Scheduled(schedule, endTime);
    }

    private static Warmup warmup(String spec, String word, Map<String, String> options) {
        double number = word.equals("none")
                ? 0
                : ProfileSpec.number(spec, ProfileSpec.before(word, '/'))
                        / (word.contains("/") ? ProfileSpec.number(spec, ProfileSpec.after(word, '/')) : 1);
        boolean isPower = !word.equals("none") && number <= 1;
        if (!isPower && options.containsKey("inv_gamma"))
            throw new IllegalArgumentException("inv_gamma in " + spec + " belongs to a warm-up such as warmup=2/3");
        return word.equals("none")
                ? new Warmup.NoWarmup()
                : isPower
                        ? new Warmup.PowerWarmup(number, number(spec, options, "inv_gamma", 1))
                        : new Warmup.RatioWarmup(number);
    }

    static Profile swa(String spec, double endTime) {
        if (spec.equals("swa")) return new Power(0, endTime);
        Map<String, String> options = options(spec, ProfileSpec.after(spec, ':'), List.of("after", "every", "batch"));
        double after = number(spec, options, "after", 0);
        boolean stepped = options.containsKey("every");
        if (after == 0 && !stepped) return new Power(0, endTime);
        double every = number(spec, options, "every", 1); // a mean counts its updates: these are its steps
        return new Scheduled(
                ScheduledDecay.mean(after / every, number(spec, options, "batch", 1) * every, stepped), endTime);
    }

    static String print(ScheduledDecay decay) {
        String options = option("after", decay.after(), 0)
                + (decay.stepped() ? ",every=" + Labels.plain(decay.every()) : "")
                + option("batch", decay.batch(), 1);
        return switch (decay.warmup()) {
            case Warmup.MeanWarmup m -> mean(decay);
            case Warmup.NoWarmup n -> ema(decay, "none") + options;
            case Warmup.RatioWarmup r -> ema(decay, Labels.plain(r.c())) + options;
            case Warmup.PowerWarmup p -> ema(decay, fraction(p.power())) + option("inv_gamma", p.gamma(), 1) + options;
        };
    }

    /** Where its updates are told apart, time counts in units of the clock, which most likely are steps. */
    private static String mean(ScheduledDecay decay) {
        String options = decay.stepped()
                ? option("after", decay.begin(), 0) + ",every=" + Labels.plain(decay.batch())
                : option("after", decay.after(), 0) + option("batch", decay.batch(), 1);
        return "swa" + options.replaceFirst(",", ":");
    }

    private static String ema(ScheduledDecay decay, String warmup) {
        return "ema:" + Labels.plain(decay.decay()) + ",warmup=" + warmup;
    }

    private static String option(String name, double value, double usual) {
        return value == usual ? "" : "," + name + "=" + Labels.plain(value);
    }

    /** {@code 2/3}; a decimal where it is no simple fraction. */
    private static String fraction(double value) {
        for (int denominator = 2; denominator <= LARGEST_DENOMINATOR; denominator++) {
            long numerator = Math.round(value * denominator);
            if (numerator < denominator && numerator / (double) denominator == value)
                return numerator + "/" + denominator;
        }
        return Labels.plain(value);
    }

    private static Map<String, String> options(String spec, String text, List<String> known) {
        Map<String, String> options = new HashMap<>();
        if (text.isEmpty()) return options;
        for (String option : text.split(",", -1)) {
            String name = ProfileSpec.before(option, '=');
            if (!known.contains(name))
                throw new IllegalArgumentException(
                        "\"" + option + "\" in " + spec + " is no option; there are " + String.join(", ", known));
            if (options.put(name, ProfileSpec.after(option, '=')) != null)
                throw new IllegalArgumentException(name + " stands twice in " + spec);
        }
        return options;
    }

    private static double number(String spec, Map<String, String> options, String name, double usual) {
        String value = options.get(name);
        return value == null ? usual : ProfileSpec.number(spec, value);
    }
}
