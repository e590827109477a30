package phema.search;

import java.util.ArrayList;
import java.util.List;

/**
 * Computes a Gaussian process conditioned on noisy values (Rasmussen and Williams, Gaussian Processes for Machine
 * Learning, 2006, Alg. 2.1). Its mean is a quadratic polynomial with a wide prior, which is part of the covariance
 * (ibid., Sec. 2.7); what remains is a Matern process of smoothness 3/2, rough enough for curves that bend differently
 * on both sides of their minimum.
 */
final class GaussianProcess {
    /**
     * The variances of the polynomial's terms. Values are in units of a metric's logarithm, and coordinates span a few
     * units.
     */
    private static final double CONSTANT = 25;

    private static final double LINEAR = 1;
    private static final double QUADRATIC = 1;

    /** The share of a variance below which what is left of it may be rounding. */
    private static final double ROUNDING = 1e-11;

    /**
     * @param lengths of correlation, by coordinate
     * @param amplitude standard deviation of the Matern process
     * @param noise standard deviation of a single value
     */
    record Parameters(double[] lengths, double amplitude, double noise) {}

    /**
     * Repeats at one place.
     *
     * @param mean of the values
     * @param count how many
     * @param squares sum of squared deviations from the mean
     * @param error standard deviation of the mean; NaN where the parameters' noise tells it
     */
    record Datum(double[] x, double mean, int count, double squares, double error) {}

    /** Describes the value without noise at a place. */
    record Normal(double mean, double variance) {}

    /**
     * Describes what the others say of a datum.
     *
     * @param logDensity of the datum's values, up to the constant of {@link #logEvidence}
     */
    record LeftOut(double mean, double variance, double logDensity) {}

    /** Describes the values without noise at some places. */
    record Posterior(double[] mean, double[][] covariance) {}

    private final Parameters parameters;
    private final double[][] x;
    private final double[][] factor;
    private final double[] values;
    private final double[] whitened;
    private final double[] ofRepeats;
    private final double logEvidence;

    GaussianProcess(Parameters parameters, List<Datum> data) {
        this.parameters = parameters;
        this.x = data.stream().map(Datum::x).toArray(double[][]::new);
        double[][] covariance = new double[x.length][];
        ofRepeats = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            Datum datum = data.get(i);
            covariance[i] = covariances(x[i]);
            covariance[i][i] += Double.isNaN(datum.error())
                    ? parameters.noise() * parameters.noise() / datum.count()
                    : datum.error() * datum.error();
            ofRepeats[i] = (1 - datum.count()) * Math.log(parameters.noise())
                    - datum.squares() / (2 * parameters.noise() * parameters.noise());
        }
        this.factor = factor(covariance, ROUNDING); // far from the others, a place's own noise may be lost
        this.values = data.stream().mapToDouble(Datum::mean).toArray();
        this.whitened = whiten(values);
        double log = 0;
        for (int i = 0; i < x.length; i++) log += ofRepeats[i] - whitened[i] * whitened[i] / 2 - Math.log(factor[i][i]);
        this.logEvidence = log;
    }

    Parameters parameters() {
        return parameters;
    }

    /** Returns the log evidence of the parameters, up to a constant (ibid., Eq. 2.30). */
    double logEvidence() {
        return logEvidence;
    }

    /** What all others say of each datum, noise included (ibid., Eq. 5.10 to 5.12). */
    List<LeftOut> leavingOneOut() {
        int n = x.length;
        List<LeftOut> all = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            double[] unit = new double[n];
            unit[i] = 1;
            double[] column = whiten(unit);
            double precision = dot(column, column);
            double residual = dot(column, whitened) / precision;
            all.add(new LeftOut(
                    values[i] - residual,
                    1 / precision,
                    ofRepeats[i] - residual * residual * precision / 2 + Math.log(precision) / 2));
        }
        return all;
    }

    Normal at(double[] place) {
        double[] weights = whiten(covariances(place));
        return new Normal(dot(weights, whitened), Math.max(covariance(place, place) - dot(weights, weights), 0));
    }

    Posterior posterior(double[][] at) {
        double[] mean = new double[at.length];
        double[][] covariance = new double[at.length][at.length];
        double[][] weights = new double[at.length][];
        for (int i = 0; i < at.length; i++) {
            weights[i] = whiten(covariances(at[i]));
            mean[i] = dot(weights[i], whitened);
            for (int j = 0; j <= i; j++) {
                covariance[i][j] = covariance(at[i], at[j]) - dot(weights[i], weights[j]);
                covariance[j][i] = covariance[i][j];
            }
        }
        return new Posterior(mean, covariance);
    }

    private double[] covariances(double[] at) {
        double[] covariances = new double[x.length];
        for (int i = 0; i < x.length; i++) covariances[i] = covariance(at, x[i]);
        return covariances;
    }

    private double covariance(double[] a, double[] b) {
        double product = dot(a, b);
        double square = 0;
        for (int i = 0; i < a.length; i++) {
            double apart = (a[i] - b[i]) / parameters.lengths()[i];
            square += apart * apart;
        }
        double r = Math.sqrt(3 * square);
        double matern = (1 + r) * Math.exp(-r);
        return CONSTANT
                + LINEAR * product
                + QUADRATIC * product * product
                + parameters.amplitude() * parameters.amplitude() * matern;
    }

    private double[] whiten(double[] values) {
        double[] whitened = values.clone();
        for (int i = 0; i < whitened.length; i++) {
            for (int j = 0; j < i; j++) whitened[i] -= factor[i][j] * whitened[j];
            whitened[i] /= factor[i][i];
        }
        return whitened;
    }

    /** The lower factor of Cholesky's decomposition. Directions without variance get none. */
    static double[][] factor(double[][] matrix) {
        return factor(matrix, 0);
    }

    /** @param least share of its variance that a direction gets at least */
    private static double[][] factor(double[][] matrix, double least) {
        int n = matrix.length;
        double[][] factor = new double[n][n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j <= i; j++) {
                double rest = matrix[i][j];
                for (int k = 0; k < j; k++) rest -= factor[i][k] * factor[j][k];
                if (j < i) factor[i][j] = factor[j][j] == 0 ? 0 : rest / factor[j][j];
                else factor[i][i] = Math.sqrt(rest > ROUNDING * matrix[i][i] ? rest : least * matrix[i][i]);
            }
        }
        return factor;
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) sum += a[i] * b[i];
        return sum;
    }
}
