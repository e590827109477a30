package phema.profile;

import java.util.List;
import java.util.function.DoubleUnaryOperator;
import org.apache.commons.math3.analysis.integration.gauss.GaussIntegrator;
import org.apache.commons.math3.analysis.integration.gauss.GaussIntegratorFactory;

/**
 * Computes the integrals over two profiles that the solvers are made of. Closed forms wherever {@code P(t)} is a sum of
 * powers of {@code t} (power, impulse, uniform); Gauss-Legendre quadrature otherwise. Mixtures expand bilinearly.
 */
public final class Integrals {
    /**
     * The narrowest width for the closed form: narrower windows, relative to their end, lose too many digits in the
     * closed form, whose terms grow with the inverse square.
     */
    private static final double NARROW = 0.01;

    private static final GaussIntegrator GAUSS = new GaussIntegratorFactory().legendre(16);

    private Integrals() {}

    /**
     * {@code <a, b> = integral of a(t) b(t) dt} (arXiv 2312.02696, Eq. 151 and Algorithm 3). Parts without a
     * square-integrable density (impulses, power profiles with {@code gamma <= -1/2}) count as 0.
     */
    public static double inner(Profile a, Profile b) {
        double sum = 0;
        for (var p : parts(a))
            for (var q : parts(b)) sum += p.weight() * q.weight() * innerOfParts(p.profile(), q.profile());
        return sum;
    }

    /** Whether {@link #inner} sees all of a profile. */
    public static boolean isSquareIntegrable(Profile profile) {
        return switch (profile) {
            case Impulse i -> false;
            case Power p -> p.gamma() > -0.5;
            case Exponential e -> true;
            case Uniform u -> true;
            case Mixture m -> m.parts().stream().allMatch(p -> isSquareIntegrable(p.profile()));
        };
    }

    /**
     * How two averages of a random walk vary together when its variance per unit of time is {@code t^-alpha}, for each
     * alpha: {@code integral from t0 to min(Ta, Tb) of t^-alpha (1 - Pa(t)) (1 - Pb(t)) dt}, less the lower limit of
     * {@code integral of t^-alpha dt}. That limit is the same for all pairs, so it cancels between averages, and for
     * {@code alpha > 1} it would drown everything else.
     *
     * @param t0 where the walk starts, small against all end times
     */
    public static double[] moved(Profile a, Profile b, double[] alphas, double t0) {
        double[] sum = new double[alphas.length];
        for (var p : parts(a)) {
            for (var q : parts(b)) {
                double[] m = movedOfParts(p.profile(), q.profile(), alphas, t0);
                for (int i = 0; i < sum.length; i++) sum[i] += p.weight() * q.weight() * m[i];
            }
        }
        return sum;
    }

    private static List<Mixture.MixturePart> parts(Profile profile) {
        return profile instanceof Mixture m ? m.parts() : List.of(new Mixture.MixturePart(1, profile));
    }

    private static double innerOfParts(Profile a, Profile b) {
        if (!isSquareIntegrable(a) || !isSquareIntegrable(b)) return 0;
        if (a instanceof Uniform u) return (b.cumulative(u.endTime()) - b.cumulative(u.startTime())) / u.window();
        if (b instanceof Uniform) return innerOfParts(b, a);
        double end = Math.min(a.endTime(), b.endTime());
        if (a instanceof Power p && b instanceof Power q) {
            double later = Math.max(a.endTime(), b.endTime());
            double exponent = a.endTime() < b.endTime() ? q.gamma() : p.gamma();
            return (p.gamma() + 1)
                    * (q.gamma() + 1)
                    * Math.pow(end / later, exponent)
                    / ((p.gamma() + q.gamma() + 1) * later);
        }
        if (a instanceof Exponential p && b instanceof Exponential q) {
            double rate = p.rate() + q.rate();
            return a.density(end) * b.density(end) * -Math.expm1(-rate * end) / rate;
        }
        double start = end * 1e-18;
        return quadrature(
                t -> a.density(t) * b.density(t), start, end, steepness(a, end) + steepness(b, end), new double[] {0})[
                0];
    }

    private static double[] movedOfParts(Profile a, Profile b, double[] alphas, double t0) {
        double end = Math.min(a.endTime(), b.endTime());
        // (1 - Pa)(1 - Pb) = 1 - (Pa + Pb - Pa Pb)
        double[] ofA = settled(List.of(a), end, alphas, t0);
        double[] ofB = settled(List.of(b), end, alphas, t0);
        double[] ofBoth = settled(List.of(a, b), end, alphas, t0);
        double[] result = new double[alphas.length];
        for (int i = 0; i < alphas.length; i++) {
            double exponent = 1 - alphas[i];
            double whole = exponent == 0 ? Math.log(end) : Math.pow(end, exponent) / exponent;
            result[i] = whole - (ofA[i] + ofB[i] - ofBoth[i]);
        }
        return result;
    }

    /**
     * {@code integral from t0 to end of t^-alpha} times the product of the profiles' {@code P(t)}, all of which end at
     * {@code end} or later.
     */
    private static double[] settled(List<Profile> profiles, double end, double[] alphas, double t0) {
        double start = t0;
        boolean closed = true;
        for (Profile p : profiles) {
            if (p instanceof Uniform u) start = Math.max(start, u.startTime());
            closed &= !(p instanceof Exponential || p instanceof Uniform u && u.window() < NARROW * u.endTime());
        }
        if (!(start < end)) return new double[alphas.length];
        if (closed) return closedForm(profiles, start, end, alphas);
        double steepness = profiles.stream().mapToDouble(p -> steepness(p, end)).sum();
        DoubleUnaryOperator product = t -> {
            double value = 1;
            for (Profile p : profiles) value *= p.cumulative(t);
            return value;
        };
        return quadrature(product, start, end, steepness, alphas);
    }

    private static double[] closedForm(List<Profile> profiles, double start, double end, double[] alphas) {
        double log = Math.log(end / start);
        double[] sum = new double[alphas.length];
        for (Term term : product(profiles, end)) {
            for (int i = 0; i < alphas.length; i++) {
                double exponent = term.exponent() + 1 - alphas[i];
                double shape = exponent == 0 ? log : -Math.expm1(-exponent * log) / exponent;
                sum[i] += term.atEnd() * Math.pow(end, 1 - alphas[i]) * shape;
            }
        }
        return sum;
    }

    /**
     * {@code atEnd (t / end)^exponent}: what {@code P(t)} is made of, scaled so that high powers of long times neither
     * overflow nor cancel.
     */
    private record Term(double atEnd, double exponent) {}

    private static List<Term> product(List<Profile> profiles, double end) {
        List<Term> product = List.of(new Term(1, 0));
        for (Profile p : profiles) {
            List<Term> factor = terms(p, end);
            product = product.stream()
                    .flatMap(x ->
                            factor.stream().map(y -> new Term(x.atEnd() * y.atEnd(), x.exponent() + y.exponent())))
                    .toList();
        }
        return product;
    }

    private static List<Term> terms(Profile profile, double end) {
        return switch (profile) {
            case Impulse i -> List.of();
            case Power p -> List.of(new Term(Math.pow(end / p.endTime(), p.gamma() + 1), p.gamma() + 1));
            case Uniform u -> List.of(new Term(end / u.window(), 1), new Term(-u.startTime() / u.window(), 0));
            case Exponential e -> throw new IllegalArgumentException("not a sum of powers: " + profile);
            case Mixture m -> throw new IllegalArgumentException("not a single part: " + profile);
        };
    }

    /** How fast {@code P(t)} falls, per unit of time, going back from {@code end}. */
    private static double steepness(Profile profile, double end) {
        return switch (profile) {
            case Power p -> (p.gamma() + 1) / end;
            case Exponential e -> e.rate();
            case Impulse i -> 0; // nothing before its end
            case Uniform u -> 0; // a straight line
            case Mixture m -> throw new IllegalArgumentException("not a single part: " + profile);
        };
    }

    /**
     * {@code integral of t^-alpha f(t) dt}. Panels shrink geometrically towards both ends: towards the start because of
     * {@code t^-alpha}, towards the end until {@code f} changes by less than a factor of e^4 in the last one.
     */
    private static double[] quadrature(
            DoubleUnaryOperator f, double start, double end, double steepness, double[] alphas) {
        double[] sum = new double[alphas.length];
        double middle = (start + end) / 2;
        for (double from = start; from < middle; ) {
            double to = Math.min(4 * from, middle);
            addPanel(f, from, to, alphas, sum);
            from = to;
        }
        for (double from = middle; from < end; ) {
            double left = end - from;
            double to = left * steepness < 4 || left < 1e-15 * end ? end : end - left / 4;
            addPanel(f, from, to, alphas, sum);
            from = to;
        }
        return sum;
    }

    private static void addPanel(DoubleUnaryOperator f, double from, double to, double[] alphas, double[] sum) {
        for (int k = 0; k < GAUSS.getNumberOfPoints(); k++) {
            double t = from + (to - from) * (1 + GAUSS.getPoint(k)) / 2;
            double weighted = GAUSS.getWeight(k) * (to - from) / 2 * f.applyAsDouble(t);
            for (int i = 0; i < alphas.length; i++) sum[i] += weighted * Math.pow(t, -alphas[i]);
        }
    }
}
