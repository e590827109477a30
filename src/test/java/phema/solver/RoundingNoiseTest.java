package phema.solver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import phema.profile.Impulse;
import phema.profile.Profile;

class RoundingNoiseTest {
    private static final int FILES = 30;
    private static final int WEIGHTS = 4000;

    /** The noise given to each file of a run is such that the mean of all has the error that it has. */
    @ParameterizedTest(name = "moves by {0} ulps from one file to the next")
    @CsvSource({"1.0, 0.05", "0.3, 0.1", "0.1, 0.15", "0.02, 0.15", "0, 0.01"})
    void theMeanOfFilesIsAsGoodAsItIs(double ulps, double tolerance) {
        var random = new Random(3);
        double ulp = 1.0 / 128; // bf16, from 1 to 2
        double[] theta = random.doubles(WEIGHTS, 1.2, 1.8).toArray();
        double[][] stored = new double[FILES][WEIGHTS];
        double[] errors = new double[WEIGHTS];
        for (int i = 0; i < FILES; i++)
            for (int k = 0; k < WEIGHTS; k++) {
                theta[k] += ulps * ulp * random.nextGaussian();
                stored[i][k] = Math.rint(theta[k] / ulp) * ulp;
                errors[k] += (stored[i][k] - theta[k]) / FILES;
            }
        List<Profile> files =
                IntStream.rangeClosed(1, FILES).<Profile>mapToObj(Impulse::new).toList();
        double[] rounding = new double[FILES];
        Arrays.fill(rounding, ulp * ulp / 12);
        double[] noise = RoundingNoise.of(new StateSpace(files), rounding, stored);
        double predicted = Arrays.stream(noise).sum() / FILES / FILES;
        double actual = Arrays.stream(errors).map(e -> e * e).average().orElseThrow();
        assertThat(predicted / actual).isCloseTo(1, within(2 * tolerance + 0.03));
    }
}
