package phema.profile;

import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.apache.commons.math3.analysis.integration.gauss.GaussIntegrator;
import org.apache.commons.math3.analysis.integration.gauss.GaussIntegratorFactory;

/**
 * Computes the integrals over two profiles that the paper's solver is made of. Closed forms where both are of one kind;
 * Gauss-Legendre quadrature otherwise. Mixtures expand bilinearly.
 */
public final class Integrals {
    private static final GaussIntegrator GAUSS = new GaussIntegratorFactory().legendre(16);

    private Integrals() {}

    /**
     * {@code <a, b> = integral of a(t) b(t) dt} (arXiv 2312.02696, Eq. 151 and Algorithm 3). Parts without a
     * square-integrable density (impulses, power profiles with {@code gamma <= -1/2}, decays as {@code 1 - sqrt}) count
     * as 0.
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
            case Scheduled s -> s.endTime() > s.decay().begin();
            case Uniform u -> true;
            case LearningRateDecay d -> d.course() != LearningRateDecay.DecayCourse.MINUS_SQRT;
            case Mixture m -> m.parts().stream().allMatch(p -> isSquareIntegrable(p.profile()));
        };
    }

    private static List<Mixture.MixturePart> parts(Profile profile) {
        return profile instanceof Mixture m ? m.parts() : List.of(new Mixture.MixturePart(1, profile));
    }

    private static double innerOfParts(Profile a, Profile b) {
        if (!isSquareIntegrable(a) || !isSquareIntegrable(b)) return 0;
        if (a instanceof Uniform u) return spread(b, u.startTime(), u.endTime()) / u.window();
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
        return integral(t -> a.density(t) * b.density(t), end, a, b);
    }

    /** {@code integral of P(t) dt} up to the profile's end. */
    static double settled(Scheduled profile) {
        return integral(profile::cumulative, profile.endTime(), profile);
    }

    /** What lies between two times, without what sits at single moments. */
    private static double spread(Profile profile, double from, double to) {
        double begin = profile instanceof Scheduled s ? s.decay().begin() : 0;
        return profile.cumulative(Math.max(begin, to)) - profile.cumulative(Math.max(begin, from));
    }

    /** How fast {@code P(t)} falls, per unit of time, going back from {@code end}. */
    private static double steepness(Profile profile, double end) {
        return switch (profile) {
            case Power p -> (p.gamma() + 1) / end;
            case Exponential e -> e.rate();
            case Scheduled s -> s.decay().intake(end);
            case Impulse i -> 0; // nothing before its end
            case Uniform u -> 0; // a straight line
            case LearningRateDecay d -> 2 / d.window();
            case Mixture m -> throw new IllegalArgumentException("not a single part: " + profile);
        };
    }

    private static DoubleStream kinks(Profile profile) {
        return switch (profile) {
            case Scheduled s -> DoubleStream.of(s.decay().kinks());
            case LearningRateDecay d -> DoubleStream.of(d.startTime(), d.endTime());
            case Power p -> DoubleStream.empty();
            case Exponential e -> DoubleStream.empty();
            case Uniform u -> DoubleStream.empty();
            case Impulse i -> DoubleStream.empty();
            case Mixture m -> throw new IllegalArgumentException("not a single part: " + profile);
        };
    }

    /** Integral of what is smooth between the kinks of the profiles. */
    private static double integral(DoubleUnaryOperator f, double end, Profile... profiles) {
        double[] cuts = Stream.of(profiles)
                .flatMapToDouble(Integrals::kinks)
                .filter(t -> 0 < t && t < end)
                .sorted()
                .toArray();
        double sum = 0;
        double from = 0;
        for (int i = 0; i <= cuts.length; i++) {
            double start = from;
            double to = i < cuts.length ? cuts[i] : end;
            double steepness =
                    Stream.of(profiles).mapToDouble(p -> steepness(p, to)).sum();
            sum += quadrature(u -> f.applyAsDouble(start + u), to - start, steepness);
            from = to;
        }
        return sum;
    }

    /**
     * {@code integral of f(t) dt} from 0 on. Panels shrink geometrically towards both ends: towards the start because
     * powers of time have a singularity there, towards the end until {@code f} changes by less than a factor of e^4 in
     * the last one.
     */
    private static double quadrature(DoubleUnaryOperator f, double end, double steepness) {
        double sum = 0;
        double middle = end / 2;
        for (double from = end * 1e-18; from < middle; ) {
            double to = Math.min(4 * from, middle);
            sum += panel(f, from, to);
            from = to;
        }
        for (double from = middle; from < end; ) {
            double left = end - from;
            double to = left * steepness < 4 || left < 1e-15 * end ? end : end - left / 4;
            sum += panel(f, from, to);
            from = to;
        }
        return sum;
    }

    private static double panel(DoubleUnaryOperator f, double from, double to) {
        double sum = 0;
        for (int k = 0; k < GAUSS.getNumberOfPoints(); k++)
            sum += GAUSS.getWeight(k) * f.applyAsDouble(from + (to - from) * (1 + GAUSS.getPoint(k)) / 2);
        return sum * (to - from) / 2;
    }
}
