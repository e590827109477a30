package phema.solver;

import java.util.Comparator;
import java.util.List;
import java.util.function.DoubleFunction;
import java.util.function.DoubleUnaryOperator;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.apache.commons.math3.optim.MaxEval;
import org.apache.commons.math3.optim.nonlinear.scalar.GoalType;
import org.apache.commons.math3.optim.univariate.BrentOptimizer;
import org.apache.commons.math3.optim.univariate.SearchInterval;
import org.apache.commons.math3.optim.univariate.UnivariateObjectiveFunction;
import org.apache.commons.math3.optim.univariate.UnivariatePointValuePair;

/**
 * Finds when averages began, of one family after the other: at each time as likely as they are with the family's
 * likeliest number.
 *
 * @param asLikely the rise of the loss within which times are as likely
 * @param loss of a profile as text
 */
record LateSearch(Beginning beginning, double asLikely, ToDoubleFunction<String> loss) {
    private static final int TIMES = 7;
    private static final int NUMBERS = 12;
    private static final int ITERATIONS = 30;
    private static final int HALVINGS = 5;
    private static final double EXACT = 1e-4;

    /**
     * A time within those that are as likely.
     *
     * @param ends the profiles of the first and the last of these times
     */
    record Begun(double time, List<String> ends) {}

    /** @param low of the number, as a logarithm; {@code step} to the next one */
    private record Start(double time, double low, double step, int number, double loss) {
        private double log() {
            return low + number * step;
        }
    }

    Begun of(DoubleFunction<DecayFamily> family) {
        double earliest = beginning.earliest();
        double latest = beginning.latest();
        if (earliest == latest) return new Begun(earliest, List.of());
        Start start = start(family);
        double apart = (latest - earliest) / (TIMES - 1);
        DoubleUnaryOperator profile = time -> best(family, time, start).getValue();
        UnivariatePointValuePair best = least(
                profile,
                Math.max(earliest, start.time() - apart),
                Math.min(latest, start.time() + apart),
                start.time());
        double first = end(profile, best, earliest);
        double last = end(profile, best, latest);
        return new Begun(
                whole(DecayFamily.fewestDigits(best.getPoint(), first, last)),
                List.of(spec(family, first, start), spec(family, last, start)));
    }

    /** The nearest whole number, where it lies between others that are whole: clocks count steps. */
    private double whole(double time) {
        boolean whole = beginning.earliest() % 1 == 0
                && beginning.latest() % 1 == 0
                && beginning.latest() - beginning.earliest() > 1;
        return whole ? Math.rint(time) : time;
    }

    /** The best of times and numbers that are far apart. */
    private Start start(DoubleFunction<DecayFamily> family) {
        double apart = (beginning.latest() - beginning.earliest()) / (TIMES - 1);
        return IntStream.range(0, TIMES * NUMBERS)
                .parallel()
                .mapToObj(i -> {
                    double time = beginning.earliest() + i / NUMBERS * apart;
                    DecayFamily at = family.apply(time);
                    double low = Math.log(at.low());
                    double step = (Math.log(at.high()) - low) / (NUMBERS - 1);
                    return new Start(time, low, step, i % NUMBERS, loss(at, low + i % NUMBERS * step));
                })
                .min(Comparator.comparingDouble(Start::loss))
                .orElseThrow();
    }

    /** The likeliest number at a time, near that of the start. */
    private UnivariatePointValuePair best(DoubleFunction<DecayFamily> family, double time, Start start) {
        DecayFamily at = family.apply(time);
        if (start.step() == 0) return new UnivariatePointValuePair(start.log(), loss(at, start.log()));
        return least(
                x -> loss(at, x),
                Math.max(start.low(), start.log() - 2 * start.step()),
                Math.min(start.low() + (NUMBERS - 1) * start.step(), start.log() + 2 * start.step()),
                start.log());
    }

    private double loss(DecayFamily family, double log) {
        return loss.applyAsDouble(family.spec().apply(Math.exp(log)));
    }

    private String spec(DoubleFunction<DecayFamily> family, double time, Start start) {
        return family.apply(time)
                .spec()
                .apply(Math.exp(best(family, time, start).getPoint()));
    }

    /** The farthest time towards a limit that is as likely as the best. */
    private double end(DoubleUnaryOperator profile, UnivariatePointValuePair best, double limit) {
        double most = best.getValue() + asLikely;
        if (profile.applyAsDouble(limit) < most) return limit;
        double within = best.getPoint();
        double beyond = limit;
        for (int i = 0; i < HALVINGS; i++) {
            double middle = (within + beyond) / 2;
            if (profile.applyAsDouble(middle) < most) within = middle;
            else beyond = middle;
        }
        return within;
    }

    private static UnivariatePointValuePair least(DoubleUnaryOperator of, double from, double to, double start) {
        // Near zero, as the first time may be, only the width of the interval says what is exact.
        return new BrentOptimizer(EXACT, EXACT * (to - from), (iteration, before, now) -> iteration >= ITERATIONS)
                .optimize(
                        MaxEval.unlimited(),
                        GoalType.MINIMIZE,
                        new SearchInterval(from, to, Math.clamp(start, from, to)),
                        new UnivariateObjectiveFunction(of::applyAsDouble));
    }
}
