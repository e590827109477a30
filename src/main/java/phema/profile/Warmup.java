package phema.profile;

import org.apache.commons.math3.special.Gamma;

/**
 * Gives the decay of each step while averaging is young, rising from step to step; n counts steps from the first on.
 * Shares are products of decays, {@code n = s + 1, ..., t}, of all or of every k-th; here in closed forms, of which
 * some begin half an update later, as sums do that become integrals.
 */
public sealed interface Warmup {
    /** The step from which on the decay is at least {@code decay}, whole or not; 0 or less for all of them. */
    double end(double decay);

    /**
     * The logarithm of the product of the decays after {@code s}, up to {@code t}; of any real steps between 0 and the
     * {@link #end}.
     *
     * @param every steps from one update to the next
     */
    double logShare(double s, double t, double every);

    /** The slope of {@link #logShare} at {@code s}, per step. */
    double intake(double s, double every);

    /** None: the decay is what it is from the first step on. */
    record NoWarmup() implements Warmup {
        @Override
        public double end(double decay) {
            return 0;
        }

        @Override
        public double logShare(double s, double t, double every) {
            return 0;
        }

        @Override
        public double intake(double s, double every) {
            return 0;
        }
    }

    /** The plain mean of all updates, {@code (n - 1) / n}: exact. */
    record MeanWarmup() implements Warmup {
        @Override
        public double end(double decay) {
            return 1 / (1 - decay);
        }

        @Override
        public double logShare(double s, double t, double every) {
            return Math.log(s / t);
        }

        @Override
        public double intake(double s, double every) {
            return 1 / s;
        }
    }

    /**
     * {@code (1 + n) / (c + n)}, with c = 10 in nearly all trainers. The product is a ratio of gamma functions, of
     * many updates a power of time: for c = 10 and updates at each step, {@code ((s + 6) / (t + 6))^9}, off by at most
     * {@code 3 / t^2}.
     *
     * @param c above 1
     */
    record RatioWarmup(double c) implements Warmup {
        /** The number of updates from which on the limit of many is as good, and loses fewer digits. */
        private static final double MANY = 1e5;

        public RatioWarmup {
            if (!(c > 1 && c < Double.POSITIVE_INFINITY))
                throw new IllegalArgumentException("c of the warm-up (1+n)/(c+n) must be a number above 1, not " + c);
        }

        @Override
        public double end(double decay) {
            return (c * decay - 1) / (1 - decay);
        }

        @Override
        public double logShare(double s, double t, double every) {
            return logProduct(t, every) - logProduct(s, every);
        }

        /** Of all decays up to {@code n}, but for a constant. */
        private double logProduct(double n, double every) {
            double updates = n / every;
            return updates > MANY
                    ? -(c - 1) / every * Math.log(middle(n, every) / every)
                    : Gamma.logGamma(updates + 1 + 1 / every) - Gamma.logGamma(updates + 1 + c / every);
        }

        @Override
        public double intake(double s, double every) {
            double updates = s / every;
            return updates > MANY
                    ? (c - 1) / every / middle(s, every)
                    : (Gamma.digamma(updates + 1 + c / every) - Gamma.digamma(updates + 1 + 1 / every)) / every;
        }

        private double middle(double n, double every) {
            return n + (1 + c + every) / 2;
        }
    }

    /**
     * {@code 1 - (1 + n / g)^-p}, as in k-diffusion, diffusers, ema-pytorch and timm. With {@code x = 1 + n / g} half
     * an update on, the logarithm is the integral of {@code ln(1 - x^-p)}, which is summed as the series of the
     * logarithm: {@code -g sum over m of x^(1 - m p) / (m (1 - m p))} at both ends. Updated at each step, and for p up
     * to 3/4, it is off by at most 5e-6 from 100 steps on; for p = 1 by 0.05 / t.
     *
     * @param power p, in [0.1, 1]
     * @param gamma g, the trainers' {@code inv_gamma}, in (0, 1000]; beyond, the series has too many terms
     */
    record PowerWarmup(double power, double gamma) implements Warmup {
        private static final double NEGLIGIBLE = 1e-16;

        /** The logarithm of what is less than any number. */
        private static final double NOTHING_LEFT = -800;

        public PowerWarmup {
            if (!(power >= 0.1 && power <= 1))
                throw new IllegalArgumentException("the power of a warm-up must lie in [0.1, 1], not " + power);
            if (!(gamma > 0 && gamma <= 1000))
                throw new IllegalArgumentException("inv_gamma must lie in (0, 1000], not " + gamma);
        }

        @Override
        public double end(double decay) {
            return gamma * (Math.pow(1 - decay, -1 / power) - 1);
        }

        @Override
        public double logShare(double s, double t, double every) {
            double first = time(s, every);
            double last = time(t, every);
            double log = Math.log(first / last);
            double scale = gamma / every;
            double fallOfFirst = Math.pow(first, -power);
            double fallOfLast = Math.pow(last, -power);
            double sum = 0;
            double ofFirst = first;
            double ofLast = last;
            for (int m = 1; ; m++) {
                ofFirst *= fallOfFirst; // first^(1 - m p)
                ofLast *= fallOfLast;
                double exponent = 1 - m * power;
                // from the larger of the two: nothing overflows or cancels
                double term = exponent > 0
                        ? ofLast * Math.expm1(exponent * log) / exponent
                        : exponent == 0 ? log : ofFirst * -Math.expm1(-exponent * log) / exponent;
                sum += term / m;
                // all terms are negative
                if (!(term / m < NEGLIGIBLE * sum) || scale * sum < NOTHING_LEFT) return scale * sum;
            }
        }

        @Override
        public double intake(double s, double every) {
            return -Math.log1p(-Math.pow(time(s, every), -power)) / every;
        }

        private double time(double n, double every) {
            return 1 + (n + every / 2) / gamma;
        }
    }
}
