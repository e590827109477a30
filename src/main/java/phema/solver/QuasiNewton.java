package phema.solver;

import java.util.Arrays;

/**
 * Minimises a smooth function of some twenty variables by the method of Broyden, Fletcher, Goldfarb and Shanno (Nocedal
 * and Wright, Numerical Optimization, algorithm 6.1). Commons Math has none with derivatives but conjugate gradients,
 * which need three times as many evaluations here, and an evaluation goes through all files.
 */
final class QuasiNewton {
    private static final double SUFFICIENT = 1e-4;
    private static final int SHORTER = 12;

    /** The longest change of a variable at once; they are logarithms. */
    private static final double LONGEST = 3;

    private QuasiNewton() {}

    /** A function with its derivatives. */
    interface Smooth {
        /** @param gradient is filled in. @return the value; not finite where there is none */
        double at(double[] x, double[] gradient);
    }

    /** @param inverse what is known of the inverse of the second derivatives */
    @SuppressWarnings("ArrayRecordComponent")
    record Minimum(double[] x, double value, double[][] inverse) {}

    /** @param curvature a guess of the second derivatives, the same for all */
    static Minimum minimise(Smooth function, double[] start, double curvature, double tolerance, int iterations) {
        double[][] inverse = new double[start.length][start.length];
        for (int i = 0; i < inverse.length; i++) inverse[i][i] = 1 / curvature;
        return minimise(function, new Minimum(start, Double.NaN, inverse), tolerance, iterations);
    }

    /**
     * @param start also what is known of the second derivatives there; its value is not looked at
     * @param tolerance ends when two iterations in a row gain less
     */
    static Minimum minimise(Smooth function, Minimum start, double tolerance, int iterations) {
        int n = start.x().length;
        double[] x = start.x().clone();
        double[] gradient = new double[n];
        double value = function.at(x, gradient);
        double[][] inverse = Arrays.stream(start.inverse()).map(double[]::clone).toArray(double[][]::new);
        int idle = 0;
        for (int iteration = 0; iteration < iterations && idle < 2; iteration++) {
            double[] direction = new double[n];
            double slope = 0;
            double longest = 0;
            for (int i = 0; i < n; i++) {
                for (int j = 0; j < n; j++) direction[i] -= inverse[i][j] * gradient[j];
                slope += direction[i] * gradient[i];
                longest = Math.max(longest, Math.abs(direction[i]));
            }
            if (!(slope < 0)) break;
            double length = Math.min(1, LONGEST / longest);
            double[] next = new double[n];
            double[] nextGradient = new double[n];
            double nextValue = Double.NaN;
            int tries = 0;
            for (; tries < SHORTER; tries++) {
                for (int i = 0; i < n; i++) next[i] = x[i] + length * direction[i];
                nextValue = function.at(next, nextGradient);
                if (nextValue <= value + SUFFICIENT * length * slope) break;
                // the lowest point of the parabola through what is known, within reason
                double lowest = -slope * length * length / (2 * (nextValue - value - slope * length));
                length = lowest > 0.1 * length && lowest < 0.5 * length ? lowest : length * 0.25;
            }
            if (tries == SHORTER) break;
            idle = value - nextValue < tolerance ? idle + 1 : 0;
            update(inverse, x, next, gradient, nextGradient);
            x = next;
            gradient = nextGradient;
            value = nextValue;
        }
        return new Minimum(x, value, inverse);
    }

    private static void update(
            double[][] inverse, double[] x, double[] next, double[] gradient, double[] nextGradient) {
        int n = x.length;
        double[] s = new double[n];
        double[] y = new double[n];
        double sy = 0;
        double yy = 0;
        for (int i = 0; i < n; i++) {
            s[i] = next[i] == x[i] ? 0 : next[i] - x[i]; // also where both are infinite
            y[i] = nextGradient[i] - gradient[i];
            sy += s[i] * y[i];
            yy += y[i] * y[i];
        }
        if (!(sy > 1e-10 * yy * Arrays.stream(s).map(Math::abs).max().orElse(0))) return; // no positive curvature
        double[] hy = new double[n];
        double yhy = 0;
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) hy[i] += inverse[i][j] * y[j];
            yhy += y[i] * hy[i];
        }
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++)
                inverse[i][j] += (1 + yhy / sy) * s[i] * s[j] / sy - (hy[i] * s[j] + s[i] * hy[j]) / sy;
    }
}
