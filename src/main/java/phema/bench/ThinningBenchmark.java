package phema.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.DoubleStream;
import org.apache.commons.math3.stat.regression.SimpleRegression;
import phema.problem.Problem;
import phema.profile.Power;
import phema.profile.Profile;
import phema.solver.FilesToRead;
import phema.solver.Fit;
import phema.solver.Retention;
import phema.solver.Solver;
import phema.solver.SolverKind;
import phema.solver.StoredAverage;
import phema.tensor.DType;

/**
 * Times the solver on a run with many files: averages of two lengths of a random walk whose steps shrink as those of
 * training do, as half-precision files would hold them. No files are read.
 */
public final class ThinningBenchmark {
    private static final double[] SIGMA_RELS = {0.050, 0.100};
    private static final int STEPS_PER_TIME = 8;
    private static final double ERROR = 0.01;

    private final List<StoredAverage> stored;
    private final double end;

    /** @param files two for each time */
    public ThinningBenchmark(int files) {
        if (files < 4 || files % 2 != 0)
            throw Problem.invalid("files", "files must be an even number from 4 on, not " + files);
        int times = files / SIGMA_RELS.length;
        stored = walk(times);
        end = (double) times * STEPS_PER_TIME;
    }

    /**
     * Seconds for each step, and what came of it.
     *
     * @param fit to fit the model of the trajectory, once per run
     * @param thin to find the fewest files for one EMA length
     * @param all to find the coefficients of all files for one
     * @param retention to find what may be deleted, so that 13 EMA lengths stay within 1 %
     */
    public record ThinningRound(double fit, double thin, int filesUsed, double all, double retention, int deletable) {}

    public ThinningRound round() {
        long begin = System.nanoTime();
        Solver solver = new Solver(stored);
        long fitted = System.nanoTime();
        Fit fit = solver.solve(Power.ofSigmaRel(0.075, end), SolverKind.BLUP, FilesToRead.FEWEST);
        long thinned = System.nanoTime();
        solver.solve(Power.ofSigmaRel(0.075, end), SolverKind.BLUP, FilesToRead.ALL);
        long solved = System.nanoTime();
        List<Profile> targets = DoubleStream.iterate(0.01, s -> s < 0.26, s -> s + 0.02)
                .<Profile>mapToObj(sigmaRel -> Power.ofSigmaRel(sigmaRel, end))
                .toList();
        Retention retention = solver.retention(targets, ERROR);
        long planned = System.nanoTime();
        return new ThinningRound(
                (fitted - begin) / 1e9,
                (thinned - fitted) / 1e9,
                fit.filesUsed(),
                (solved - thinned) / 1e9,
                (planned - solved) / 1e9,
                retention.deletable().size());
    }

    /**
     * The power of the number of files with which a time grows: the slope of the one's logarithm over the other's.
     *
     * @param seconds by number of files, of which there are two at least
     */
    public static double growth(Map<Integer, Double> seconds) {
        SimpleRegression line = new SimpleRegression();
        seconds.forEach((files, time) -> line.addData(Math.log(files), Math.log(time)));
        return line.getSlope();
    }

    private static List<StoredAverage> walk(int times) {
        int weights = weights(times * SIGMA_RELS.length);
        Random random = new Random(1);
        double[] theta = random.doubles(weights, -2, 2).toArray();
        double[][] averages = {theta.clone(), theta.clone()};
        List<StoredAverage> stored = new ArrayList<>();
        for (int step = 1; step <= times * STEPS_PER_TIME; step++) {
            for (int k = 0; k < weights; k++) theta[k] += 0.01 * random.nextGaussian() / Math.sqrt(1 + step / 256.0);
            for (int a = 0; a < averages.length; a++) {
                Power profile = Power.ofSigmaRel(SIGMA_RELS[a], step);
                // arXiv 2312.02696, Eq. 127
                double beta = Math.pow(1 - 1.0 / step, profile.gamma() + 1);
                for (int k = 0; k < weights; k++) averages[a][k] = beta * averages[a][k] + (1 - beta) * theta[k];
                if (step % STEPS_PER_TIME == 0) stored.add(inHalfPrecision(profile, averages[a]));
            }
        }
        return stored;
    }

    /** As many as are sampled of real files. */
    private static int weights(int files) {
        return files <= 256 ? 4096 : (int) Math.max(512, (1 << 22) / (2L * Integer.highestOneBit(files - 1)));
    }

    private static StoredAverage inHalfPrecision(Profile profile, double[] values) {
        double[] sample = new double[values.length];
        double variance = 0;
        for (int k = 0; k < values.length; k++) {
            sample[k] = Float.float16ToFloat(Float.floatToFloat16((float) values[k]));
            double ulp = DType.F16.ulp(sample[k]);
            variance += ulp * ulp / 12 / values.length;
        }
        return new StoredAverage(profile, sample, variance);
    }
}
