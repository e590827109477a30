package phema.solver;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import phema.profile.Impulse;
import phema.profile.Power;
import phema.profile.Profile;
import phema.profile.ProfileSpec;
import phema.profile.SigmaRel;

/** Raw weights and an average of 32 checkpoints, whose decay is what is stated in a part of the run, or nowhere. */
class PartsOfARunTest {
    private static final int WEIGHTS = 400;
    private static final int STEPS = 1600;
    private static final int SPACING = 50;

    /** @param rate of learning, by the share of training that is done */
    private static List<StoredAverage> files(String stated, IntToDoubleFunction decay, DoubleUnaryOperator rate) {
        var random = new Random(1);
        double[] weights = random.doubles(WEIGHTS, -0.5, 0.5).toArray();
        double[] average = weights.clone();
        List<StoredAverage> files = new ArrayList<>();
        for (int n = 1; n <= STEPS; n++) {
            double size = 0.003 * rate.applyAsDouble((double) n / STEPS);
            double keep = decay.applyAsDouble(n);
            for (int k = 0; k < WEIGHTS; k++) {
                weights[k] += size * random.nextGaussian();
                average[k] = keep * average[k] + (1 - keep) * weights[k];
            }
            if (n % SPACING != 0) continue;
            files.add(file(new Impulse(n), weights));
            files.add(file(ProfileSpec.parse(stated, n), average));
        }
        return files;
    }

    private static List<StoredAverage> files(String stated, IntToDoubleFunction decay) {
        return files(stated, decay, x -> 1 / (1 + 3 * x));
    }

    /** As fp32 files hold them. */
    private static StoredAverage file(Profile profile, double[] values) {
        double[] sample = new double[WEIGHTS];
        double variance = 0;
        for (int k = 0; k < WEIGHTS; k++) {
            sample[k] = (float) values[k];
            variance += Math.pow(Math.ulp((float) values[k]), 2) / 12 / WEIGHTS;
        }
        return new StoredAverage(profile, sample, variance);
    }

    private static RunReport report(List<StoredAverage> files) {
        return new Solver(files).report().orElseThrow();
    }

    private static double left(String spec) {
        return 1 - Double.parseDouble(spec.substring("exponential:decay=".length()));
    }

    @ParameterizedTest
    @CsvSource({"1200, 0.99, 0.995", "1150, 0.99, 0.995", "1330, 0.99, 0.995", "800, 0.99, 0.998", "1400, 0.99, 0.999"})
    void namesTheTimeFromWhichOnADecayIsAnother(int time, double stated, double then) {
        List<StoredAverage> files = files("exponential:decay=" + stated, n -> n < time ? stated : then);
        assertThat(report(files).doubts()).singleElement().satisfies(doubt -> {
            assertThat(doubt.stated())
                    .isEqualTo("the profile exponential:decay=" + stated + " from time "
                            + Math.round((double) time / SPACING) * SPACING + " on");
            assertThat(left(doubt.supported())).isBetween(0.95 * (1 - then), 1.05 * (1 - then));
            assertThat(doubt.nats()).isGreaterThan(5);
        });
        assertThat(report(files).oddFiles()).isEmpty();
        assertThat(new Solver(files)
                        .solve(Power.ofSigmaRel(0.1, STEPS), SolverKind.BLUP, FilesToRead.FEWEST)
                        .warnings())
                .anyMatch(warning -> warning.startsWith(
                                "the files contradict the profile exponential:decay=" + stated + " from time ")
                        && warning.contains(" on: exponential:decay="));
    }

    @ParameterizedTest
    @CsvSource({"800, 0.99, 0.998", "400, 0.99, 0.999"})
    void namesTheTimeUntilWhichADecayIsAnother(int time, double first, double stated) {
        assertThat(report(files("exponential:decay=" + stated, n -> n < time ? first : stated))
                        .doubts())
                .singleElement()
                .satisfies(doubt -> {
                    assertThat(doubt.stated())
                            .isEqualTo("the profile exponential:decay=" + stated + " until time " + time);
                    assertThat(left(doubt.supported())).isBetween(0.95 * (1 - first), 1.05 * (1 - first));
                });
    }

    @Test
    void doubtsADecayThatWarmedUpAndIsStatedWithout() {
        for (double most : new double[] {0.99, 0.999, 0.9999})
            assertThat(report(files("exponential:decay=" + most, n -> Math.min(most, (1.0 + n) / (10 + n))))
                            .doubts())
                    .as("%s", most)
                    .isNotEmpty();
    }

    @Test
    void doubtsAWarmUpThatThereWasNot() {
        assertThat(report(files("ema:0.999,warmup=10", n -> 0.999)).doubts())
                .singleElement()
                .satisfies(doubt -> {
                    assertThat(doubt.stated()).isEqualTo("the profile ema:0.999,warmup=10");
                    assertThat(doubt.supported()).matches("one that forgets [0-9]+ times as slowly");
                });
    }

    @Test
    void namesAWidthThatIsFarOffInAllOfTheRun() {
        assertThat(report(files("exponential:decay=0.99", n -> 0.998)).doubts())
                .singleElement()
                .satisfies(doubt -> {
                    assertThat(doubt.stated()).isEqualTo("the profile exponential:decay=0.99");
                    assertThat(left(doubt.supported())).isBetween(0.0019, 0.0021);
                });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "exponential:decay=0.9",
                "exponential:decay=0.99",
                "exponential:decay=0.9999",
                "power:0.05",
                "power:0.2",
                "swa",
                "ema:0.99,warmup=10",
                "ema:0.9999,warmup=2/3"
            })
    void doubtsNothingThatIsTrue(String stated) {
        IntToDoubleFunction decay = switch (stated) {
            case "power:0.05" -> n -> Math.pow(1 - 1.0 / n, SigmaRel.toGamma(0.05) + 1);
            case "power:0.2" -> n -> Math.pow(1 - 1.0 / n, SigmaRel.toGamma(0.2) + 1);
            case "swa" -> n -> 1 - 1.0 / n;
            case "ema:0.99,warmup=10" -> n -> Math.min(0.99, (1.0 + n) / (10 + n));
            case "ema:0.9999,warmup=2/3" -> n -> Math.min(0.9999, 1 - Math.pow(1 + n, -2.0 / 3));
            default -> n -> 1 - left(stated);
        };
        List<DoubleUnaryOperator> rates = List.of(
                x -> 1,
                x -> 1 - x,
                x -> Math.min(1, 10 * x) * (1 - 0.9 * x),
                x -> 0.05 + 0.475 * (1 + Math.cos(8 * Math.PI * x)));
        for (DoubleUnaryOperator rate : rates)
            assertThat(report(files(stated, decay, rate)).doubts()).isEmpty();
    }

    /** Steps of the clock that are longer, one after the other, explain any file. */
    @Test
    void aCopyOfAnotherFileIsOddWhateverTheClock() {
        List<StoredAverage> files = files("exponential:decay=0.999", n -> 0.999, x -> 1 - x);
        files.set(41, new StoredAverage(files.get(41).profile(), files.get(37).sample(), 1e-17));
        assertThat(report(files).oddFiles())
                .singleElement()
                .satisfies(odd -> assertThat(odd.file()).isEqualTo(41));
        assertThat(report(files).doubts()).isEmpty();
    }
}
