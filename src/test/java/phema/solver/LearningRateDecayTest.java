package phema.solver;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import phema.profile.Impulse;
import phema.profile.Profile;
import phema.profile.ProfileSpec;

/** Decays of the learning rate after the fact, from raw checkpoints of a walk of constant rate. */
class LearningRateDecayTest {
    private static final int WEIGHTS = 4000;
    private static final int STEPS = 3200;

    /** The decay of a schedule, from 1 to 0. */
    private static double left(String course, double x) {
        DoubleUnaryOperator decay = switch (course) {
            case "linear" -> at -> 1 - at;
            case "cosine" -> at -> (1 + Math.cos(Math.PI * at)) / 2;
            default -> at -> 1 - Math.sqrt(at);
        };
        return decay.applyAsDouble(x);
    }

    /** What merge tools give the files of the window, oldest first: Megatron's discrete coefficients. */
    private static double[] merged(String course, int files) {
        double[] coefficients = new double[files];
        for (int i = 0; i < files; i++)
            coefficients[i] =
                    left(course, (double) i / files) - (i + 1 < files ? left(course, (double) (i + 1) / files) : 0);
        return coefficients;
    }

    @ParameterizedTest
    @CsvSource({"linear, 1600", "cosine, 1600", "1-sqrt, 1600", "linear, 1250", "cosine, 1250", "1-sqrt, 1250"})
    void comesNearerThanTheCoefficientsOfMergeToolsAndSaysHowNear(String course, int window) {
        Random random = new Random(5);
        double[] now = new double[WEIGHTS];
        Arrays.setAll(now, i -> random.nextGaussian());
        double[] truth = new double[WEIGHTS];
        List<StoredAverage> files = new ArrayList<>();
        List<double[]> inWindow = new ArrayList<>();
        int begin = STEPS - window;
        for (int step = 1; step <= STEPS; step++) {
            for (int k = 0; k < WEIGHTS; k++) now[k] += 0.01 * random.nextGaussian();
            if (step > begin) {
                // What training with the decay would have added of this step.
                double share =
                        left(course, (step - begin - 1.0) / window) - left(course, (step - begin) * 1.0 / window);
                for (int k = 0; k < WEIGHTS; k++) truth[k] += share * now[k];
            }
            if (step % 100 != 0) continue;
            files.add(new StoredAverage(new Impulse(step), now.clone(), 0));
            if (step > begin) inWindow.add(now.clone());
        }
        Profile target = ProfileSpec.parse("decay:" + course + ":" + window, STEPS);

        Fit fit = new Solver(files).solve(target, FitOptions.of(SolverKind.BLUP, FilesToRead.ALL));

        double[] coefficients = fit.coefficients().stream().mapToDouble(c -> c).toArray();
        double error = distance(
                truth, coefficients, files.stream().map(StoredAverage::sample).toList());
        double tool = distance(truth, merged(course, inWindow.size()), inWindow);
        assertThat(error).isLessThan(0.85 * tool);
        assertThat(fit.predictedRelativeError() / error).isBetween(0.85, 1.15);
    }

    /** Relative to the weights. */
    private static double distance(double[] truth, double[] coefficients, List<double[]> files) {
        double[] difference = truth.clone();
        for (int i = 0; i < coefficients.length; i++)
            for (int k = 0; k < WEIGHTS; k++) difference[k] -= coefficients[i] * files.get(i)[k];
        double square = Arrays.stream(truth).map(x -> x * x).sum();
        return Math.sqrt(Arrays.stream(difference).map(x -> x * x).sum() / square);
    }
}
