package phema.solver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import phema.profile.Impulse;
import phema.profile.Power;
import phema.profile.Profile;

/**
 * The filter against the same model solved densely, with 45 digits: closed-form covariances of all pairs of files, and
 * the bordered system of ordinary kriging.
 */
class DenseReferenceTest {
    private static final MathContext DIGITS = new MathContext(45);
    private static final int TIMES = 100;
    private static final int EVERY = 10;

    /** Steep enough to end between files, whole so that powers are exact. */
    private static final int[] EXPONENTS = {9, 18};

    @ParameterizedTest(name = "noise {0}, white {1}, raw {2}, target (t/{4})^{3}")
    @CsvSource({
        "1e-17, 0,    false, 50, 1000",
        "1e-17, 1e-9, false, 4,  1000",
        "1e-8,  1e-3, false, 24, 700",
        "1e-17, 0,    true,  14, 1000",
    })
    void agreesWithADenseSolveInHigherPrecision(
            double noise, double white, boolean raw, int targetExponent, double targetTime) {
        List<Profile> files = new ArrayList<>();
        for (int k = 1; k <= TIMES; k++) {
            double time = k * EVERY;
            if (raw) files.add(new Impulse(time));
            for (int exponent : EXPONENTS)
                if (!raw || exponent == EXPONENTS[1]) files.add(new Power(exponent - 1, time));
        }
        var rates = new Rates(new double[] {100, 300, 700}, new double[] {4e-3, 1e-3, 3e-4, 1e-5});
        var movement = new Movement(rates, white, 1e-8);
        double[] noises = new double[files.size()];
        Arrays.setAll(noises, i -> noise * (1 + i % 3)); // files of one run differ a little
        Profile target = new Power(targetExponent - 1, targetTime);

        var space = new StateSpace(files);
        Prediction found = new Predictor(space, movement, noises).best(space.all(), target);

        BigDecimal[] expected = new Dense(files, movement, noises, target).solve();
        double largest = Arrays.stream(expected, 0, files.size())
                .mapToDouble(c -> Math.abs(c.doubleValue()))
                .max()
                .orElseThrow();
        for (int i = 0; i < files.size(); i++)
            assertThat(found.coefficients()[i]).isCloseTo(expected[i].doubleValue(), within(1e-7 * largest));
        double variance = expected[files.size()].doubleValue();
        assertThat(found.variance()).isCloseTo(variance, within(1e-7 * variance));
        assertThat(Arrays.stream(found.coefficients()).sum()).isCloseTo(1, within(1e-12 * largest));
    }

    /** Everything with 45 digits. */
    private record Dense(List<Profile> files, Movement movement, double[] noise, Profile target) {
        /** Coefficients, and behind them the variance. */
        BigDecimal[] solve() {
            int n = files.size();
            BigDecimal[][] a = new BigDecimal[n + 1][n + 2];
            BigDecimal[] toTarget = new BigDecimal[n];
            for (int i = 0; i < n; i++) {
                for (int j = 0; j <= i; j++) a[i][j] = a[j][i] = covariance(files.get(i), files.get(j));
                a[i][i] = a[i][i].add(exact(noise[i]));
                toTarget[i] = a[i][n + 1] = covariance(files.get(i), target);
                a[i][n] = a[n][i] = BigDecimal.ONE;
            }
            a[n][n] = BigDecimal.ZERO;
            a[n][n + 1] = BigDecimal.ONE;
            BigDecimal[] x = eliminate(a);
            // x' K x - 2 k' x + k0, with K x = k - mu
            BigDecimal variance = covariance(target, target).subtract(x[n]);
            for (int i = 0; i < n; i++) variance = variance.subtract(x[i].multiply(toTarget[i], DIGITS), DIGITS);
            x[n] = variance;
            return x;
        }

        private BigDecimal covariance(Profile a, Profile b) {
            double start = 0.1 * EVERY;
            double end = Math.min(a.endTime(), b.endTime());
            Rates rates = movement.rates();
            BigDecimal sum = BigDecimal.ZERO;
            for (int piece = 0; piece < rates.values().length; piece++) {
                double from = piece == 0 ? start : rates.edges()[piece - 1];
                double to = Math.min(end, piece < rates.edges().length ? rates.edges()[piece] : end);
                if (from >= to) continue;
                BigDecimal moved = exact(to)
                        .subtract(exact(from))
                        .subtract(settled(a, 1, b, 0, from, to))
                        .subtract(settled(a, 0, b, 1, from, to))
                        .add(settled(a, 1, b, 1, from, to));
                sum = sum.add(exact(rates.values()[piece]).multiply(moved, DIGITS), DIGITS);
            }
            if (a instanceof Power p && b instanceof Power q) { // p_a p_b = (ga+1)(gb+1) / t^2 P_a P_b
                int exponent = exponent(p) + exponent(q) - 1;
                BigDecimal both = power(end, exponent)
                        .subtract(power(start, exponent))
                        .multiply(BigDecimal.valueOf((long) exponent(p) * exponent(q)))
                        .divide(BigDecimal.valueOf(exponent), DIGITS)
                        .divide(power(p.endTime(), exponent(p)), DIGITS)
                        .divide(power(q.endTime(), exponent(q)), DIGITS);
                sum = sum.add(exact(movement.white()).multiply(both, DIGITS));
            }
            return sum.add(exact(movement.drift()).multiply(delay(a, start)).multiply(delay(b, start)), DIGITS);
        }

        /** What a drift of one adds from the start on. */
        private static BigDecimal delay(Profile a, double start) {
            return exact(a.endTime()).subtract(exact(start)).subtract(settled(a, 1, a, 0, start, a.endTime()));
        }

        /** Integral of {@code P_a^m P_b^n}, exponents 0 or 1. */
        private static BigDecimal settled(Profile a, int m, Profile b, int n, double from, double to) {
            BigDecimal scale = BigDecimal.ONE;
            int exponent = 1;
            for (Profile p : m == 1 && n == 1 ? List.of(a, b) : List.of(m == 1 ? a : b)) {
                if (!(p instanceof Power power)) return BigDecimal.ZERO;
                exponent += exponent(power);
                scale = scale.multiply(power(p.endTime(), exponent(power)), DIGITS);
            }
            return power(to, exponent)
                    .subtract(power(from, exponent))
                    .divide(scale, DIGITS)
                    .divide(BigDecimal.valueOf(exponent), DIGITS);
        }

        private static int exponent(Power p) {
            return (int) p.gamma() + 1;
        }

        private static BigDecimal power(double t, int exponent) {
            return exact(t).pow(exponent, DIGITS);
        }

        private static BigDecimal exact(double value) {
            return new BigDecimal(value);
        }

        /** Gauss, with the largest pivot of each column. */
        private static BigDecimal[] eliminate(BigDecimal[][] a) {
            int n = a.length;
            for (int k = 0; k < n; k++) {
                int pivot = k;
                for (int i = k + 1; i < n; i++) if (a[i][k].abs().compareTo(a[pivot][k].abs()) > 0) pivot = i;
                BigDecimal[] row = a[pivot];
                a[pivot] = a[k];
                a[k] = row;
                for (int i = k + 1; i < n; i++) {
                    if (a[i][k].signum() == 0) continue;
                    BigDecimal factor = a[i][k].divide(row[k], DIGITS);
                    for (int j = k + 1; j <= n; j++)
                        a[i][j] = a[i][j].subtract(factor.multiply(row[j], DIGITS), DIGITS);
                }
            }
            BigDecimal[] x = new BigDecimal[n];
            for (int k = n - 1; k >= 0; k--) {
                BigDecimal rest = a[k][n];
                for (int j = k + 1; j < n; j++) rest = rest.subtract(a[k][j].multiply(x[j], DIGITS), DIGITS);
                x[k] = rest.divide(a[k][k], DIGITS);
            }
            return x;
        }
    }
}
