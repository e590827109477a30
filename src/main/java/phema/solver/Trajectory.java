package phema.solver;

import java.util.Arrays;
import java.util.List;
import org.apache.commons.math3.stat.StatUtils;
import phema.profile.Integrals;
import phema.profile.Profile;

/**
 * Holds a model of how the weights move during training, fitted to the stored averages: a sum of independent components
 * of non-negative strength. Components are random walks whose variance per unit of time is {@code t^-alpha}, white
 * deviations, and a linear drift. Covariances are per weight; terms that are common to all averages are left out,
 * because they cancel in combinations whose coefficients sum to one.
 *
 * @param strengths of the components: one random walk per entry of {@link #ALPHAS}, white deviations, drift
 * @param start of the random walks
 * @param shares of the mean squared distance between stored averages that each component explains; they sum to one
 * @param misfit root mean square of {@code ln(measured / modelled)} of those distances
 */
record Trajectory(List<Double> strengths, double start, List<Double> shares, double misfit) {
    static final double[] ALPHAS = {0, 0.5, 1, 1.5, 2};
    private static final int COMPONENTS = ALPHAS.length + 2;
    private static final int ROUNDS = 400;

    /**
     * The walks start at this share of the first file's time. Stored files say nothing about movement before them, and
     * {@code t^-2} from the first step on would predict absurd errors for targets that hold a share of the initial
     * weights.
     */
    static final double BEFORE_FIRST = 0.1;

    /**
     * Share of the mean distance that is added to the random walks, so that no stretch of training is taken for
     * motionless.
     */
    private static final double FLOOR = 0.02;

    /** @param stored two or more, with samples */
    static Trajectory fit(List<StoredAverage> stored) {
        List<Profile> profiles = stored.stream().map(StoredAverage::profile).toList();
        double start = profiles.stream()
                .mapToDouble(p -> BEFORE_FIRST * p.endTime())
                .min()
                .orElseThrow();
        int n = stored.size();
        int pairs = n * (n - 1) / 2;
        double[][] own = new double[n][];
        for (int i = 0; i < n; i++) own[i] = covariances(profiles.get(i), profiles.get(i), start);

        double[] measured = new double[pairs];
        double[] rounding = new double[pairs];
        double[][] unit = new double[COMPONENTS][pairs]; // distances under each component of strength one
        int pair = 0;
        for (int i = 0; i < n; i++) {
            for (int j = i + 1; j < n; j++) {
                measured[pair] = meanSquaredDistance(
                        stored.get(i).sample(), stored.get(j).sample());
                rounding[pair] =
                        stored.get(i).roundingVariance() + stored.get(j).roundingVariance();
                double[] both = covariances(profiles.get(i), profiles.get(j), start);
                for (int m = 0; m < COMPONENTS; m++) unit[m][pair] = Math.max(own[i][m] + own[j][m] - 2 * both[m], 0);
                if (measured[pair] > 0) pair++; // copies of each other say nothing about movement
            }
        }
        for (int m = 0; m < COMPONENTS; m++) unit[m] = Arrays.copyOf(unit[m], pair);
        return fit(Arrays.copyOf(measured, pair), Arrays.copyOf(rounding, pair), unit, start);
    }

    private static Trajectory fit(double[] measured, double[] rounding, double[][] unit, double start) {
        int pairs = measured.length;
        double[] scale = new double[COMPONENTS];
        for (int m = 0; m < COMPONENTS; m++) {
            double mean = Arrays.stream(unit[m]).average().orElse(0);
            scale[m] = mean > 0 ? mean : 1;
            for (int p = 0; p < pairs; p++) unit[m][p] /= scale[m];
        }

        double[] strengths = mostLikely(unit, measured, rounding);
        double[] modelled = combine(unit, strengths, rounding);
        double squares = 0;
        for (int p = 0; p < pairs; p++) {
            double log = Math.log(measured[p] / modelled[p]);
            squares += log * log / pairs;
        }
        double[] means = new double[COMPONENTS];
        for (int m = 0; m < COMPONENTS; m++)
            means[m] = strengths[m] * Arrays.stream(unit[m]).average().orElse(0);
        double distance = Arrays.stream(means).sum();
        for (int m = 0; m < ALPHAS.length; m++) strengths[m] += FLOOR * distance / ALPHAS.length;
        for (int m = 0; m < COMPONENTS; m++) strengths[m] /= scale[m];
        return new Trajectory(
                Arrays.stream(strengths).boxed().toList(),
                start,
                Arrays.stream(means)
                        .map(x -> distance > 0 ? x / distance : 0)
                        .boxed()
                        .toList(),
                Math.sqrt(squares));
    }

    /** Covariance of two averages, without the rounding noise of their files. */
    double covariance(Profile a, Profile b) {
        double[] unit = covariances(a, b, start);
        double sum = 0;
        for (int m = 0; m < COMPONENTS; m++) sum += strengths.get(m) * unit[m];
        return sum;
    }

    /** Of all pairs. */
    double[][] covariances(List<StoredAverage> stored) {
        int n = stored.size();
        double[][] matrix = new double[n][n];
        for (int i = 0; i < n; i++)
            for (int j = 0; j <= i; j++)
                matrix[i][j] = matrix[j][i] =
                        covariance(stored.get(i).profile(), stored.get(j).profile());
        return matrix;
    }

    private static double[] covariances(Profile a, Profile b, double start) {
        double[] all = Arrays.copyOf(Integrals.moved(a, b, ALPHAS, start), COMPONENTS);
        all[ALPHAS.length] = Integrals.inner(a, b);
        all[ALPHAS.length + 1] = a.meanTime() * b.meanTime();
        return all;
    }

    /**
     * Maximises the likelihood of the measured distances when each is exponentially distributed about the modelled one
     * (Itakura-Saito divergence), by multiplicative updates (Fevotte and Idier, 2011), which keep the strengths
     * non-negative. Least squares would punish underestimates too little and declare whole stretches of training
     * motionless.
     */
    private static double[] mostLikely(double[][] unit, double[] measured, double[] rounding) {
        double[] strengths = new double[COMPONENTS];
        if (measured.length > 0) Arrays.fill(strengths, StatUtils.percentile(measured, 50) / COMPONENTS);
        for (int round = 0; round < ROUNDS; round++) {
            double[] modelled = combine(unit, strengths, rounding);
            for (int m = 0; m < COMPONENTS; m++) {
                double up = 0;
                double down = 0;
                for (int p = 0; p < measured.length; p++) {
                    double relative = unit[m][p] / modelled[p];
                    up += relative * measured[p] / modelled[p];
                    down += relative;
                }
                strengths[m] *= down > 0 ? Math.sqrt(up / down) : 0;
            }
        }
        return strengths;
    }

    private static double[] combine(double[][] unit, double[] strengths, double[] rounding) {
        double[] sum = rounding.clone();
        for (int m = 0; m < strengths.length; m++)
            for (int p = 0; p < sum.length; p++) sum[p] += strengths[m] * unit[m][p];
        return sum;
    }

    private static double meanSquaredDistance(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
        return sum / a.length;
    }
}
