package phema.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import phema.RandomCase;
import phema.RandomCases;

/** Closed forms against products of decays, step by step as trainers apply them. */
class ScheduledDecayTest {
    private static final int[] STEPS = {20, 1000, 20_000};

    /**
     * @param every steps from one update to the next
     * @param after the last step that copies
     * @param decay by step since
     * @param bounds of the error after each of the {@link #STEPS}
     */
    record Trainer(String spec, int every, int after, IntToDoubleFunction decay, double... bounds) {
        /** By step, what comes from at or before it. */
        double[] shares(int steps) {
            double[] shares = new double[steps + 1];
            double log = 0;
            for (int s = steps; s >= after; s--) {
                shares[s] = Math.exp(log);
                if (s > after && (s - after) % every == 0) log += Math.log(decay.applyAsDouble(s - after));
            }
            if (steps < after) shares[steps] = 1; // a copy
            return shares;
        }

        @Override
        public String toString() {
            return spec;
        }
    }

    static final List<Trainer> TRAINERS = List.of(
            // latent diffusion, torch_ema
            new Trainer("ema:0.9999,warmup=10", 1, 0, n -> Math.min(0.9999, (1 + n) / (10.0 + n)), 1e-12, 1e-11, 1e-10),
            new Trainer("ema:0.99,warmup=10", 1, 0, n -> Math.min(0.99, (1 + n) / (10.0 + n)), 1e-12, 1e-11, 1e-10),
            new Trainer("ema:0.9,warmup=3", 1, 0, n -> Math.min(0.9, (1 + n) / (3.0 + n)), 1e-12, 1e-11, 1e-10),
            // OneTrainer
            new Trainer(
                    "ema:0.9999,warmup=10,every=5",
                    5,
                    0,
                    n -> Math.min(0.9999, (1 + n) / (10.0 + n)),
                    1e-12,
                    1e-11,
                    1e-10),
            // diffusers, ema-pytorch, k-diffusion and timm: their first update copies
            new Trainer("ema:0.9999,warmup=2/3,after=1", 1, 1, n -> warmup(n, 2 / 3.0, 1, 0.9999), 2e-4, 3e-8, 1e-10),
            new Trainer("ema:0.99,warmup=2/3", 1, 0, n -> warmup(n, 2 / 3.0, 1, 0.99), 2e-4, 3e-8, 1e-11),
            new Trainer(
                    "ema:0.9999,warmup=3/4,inv_gamma=20", 1, 0, n -> warmup(n, 0.75, 20, 0.9999), 4e-5, 3e-8, 1e-10),
            new Trainer("ema:0.999,warmup=1/2,every=10", 10, 0, n -> warmup(n, 0.5, 1, 0.999), 1e-2, 5e-5, 1e-6),
            new Trainer("ema:0.9999,warmup=1", 1, 0, n -> warmup(n, 1, 1, 0.9999), 3e-3, 3e-5, 2e-6),
            new Trainer("ema:0.99,warmup=1/3", 1, 0, n -> warmup(n, 1 / 3.0, 1, 0.99), 2e-4, 3e-8, 1e-10),
            // a copy, then one decay
            new Trainer("ema:0.999,warmup=none,after=500", 1, 500, n -> 0.999, 0, 1e-13, 1e-12),
            new Trainer("ema:0.99,warmup=none,every=10", 10, 0, n -> 0.99, 1e-14, 1e-13, 1e-12),
            // torch's AveragedModel
            new Trainer("swa", 1, 0, n -> (n - 1) / (double) n, 1e-14, 1e-13, 1e-12),
            new Trainer("swa:after=500", 1, 500, n -> (n - 1) / (double) n, 0, 1e-13, 1e-12),
            // torchtitan
            new Trainer("halflife-fraction:0.05", 1, 0, n -> Math.pow(2, -1 / (0.05 * n)), 1.2e-2, 2e-4, 1e-5));

    private static double warmup(int n, double power, double gamma, double most) {
        return Math.min(most, 1 - Math.pow(1 + n / gamma, -power));
    }

    @ParameterizedTest
    @FieldSource("TRAINERS")
    void sharesAreProductsOfDecays(Trainer trainer) {
        for (int i = 0; i < STEPS.length; i++) {
            Profile profile = ProfileSpec.parse(trainer.spec, STEPS[i]);
            double[] shares = trainer.shares(STEPS[i]);
            double worst = 0;
            for (int s = 1; s <= STEPS[i]; s++) worst = Math.max(worst, Math.abs(profile.cumulative(s) - shares[s]));
            assertThat(worst).as("%s at %d", trainer, STEPS[i]).isLessThanOrEqualTo(trainer.bounds[i]);
        }
    }

    @ParameterizedTest
    @FieldSource("TRAINERS")
    void theyStayAfterAMillionSteps(Trainer trainer) {
        int steps = 1_000_000;
        Profile profile = ProfileSpec.parse(trainer.spec, steps);
        double[] shares = trainer.shares(steps);
        for (int s : new int[] {1000, 100_000, 500_000, 900_000, 990_000, 999_000, 999_900})
            assertThat(profile.cumulative(s)).isCloseTo(shares[s], within(1e-6));
    }

    @ParameterizedTest
    @FieldSource("TRAINERS")
    void timesOfAClockThatCountsImagesAreScaled(Trainer trainer) {
        if (!trainer.spec.startsWith("ema")) return;
        Profile steps = ProfileSpec.parse(trainer.spec, 2000);
        Profile images = ProfileSpec.parse(trainer.spec + ",batch=256", 2000 * 256);
        for (double s : new double[] {0, 100, 499, 500, 600.5, 1000, 1999, 2000}) {
            assertThat(images.cumulative(256 * s)).isCloseTo(steps.cumulative(s), within(1e-12));
            assertThat(images.density(256 * s)).isCloseTo(steps.density(s) / 256, within(1e-12));
        }
        assertThat(images.meanTime()).isCloseTo(256 * steps.meanTime(), within(1e-6));
    }

    @RandomCases
    void sharesMultiplyAndTheirSlopeIsTheIntake(RandomCase random) {
        ScheduledDecay decay = any(random);
        double s = random.nextDouble(1, 5000);
        double t = s + random.nextDouble(0, 3000);
        double u = random.nextDouble(s, Math.nextUp(t));
        double whole = decay.logShare(s, t);
        assertThat(decay.logShare(s, s)).isZero();
        assertThat(Math.exp(whole)).isBetween(0.0, 1.0);
        assertThat(Math.exp(decay.logShare(s, u) + decay.logShare(u, t))).isCloseTo(Math.exp(whole), within(1e-12));
        double width = 1e-4 * s;
        if (Arrays.stream(decay.kinks()).anyMatch(kink -> Math.abs(s - kink) <= width) || s < decay.begin()) return;
        double slope = (decay.logShare(s + width, s + 1) - decay.logShare(s - width, s + 1)) / (2 * width);
        if (s - width - decay.begin() > 0.1 * s) // elsewhere it bends too much for a difference
        assertThat(slope).isCloseTo(decay.intake(s), within(1e-4 * decay.intake(s)));
    }

    static ScheduledDecay any(RandomCase random) {
        double after = random.of(List.of(0.0, 1.0, 100.0, random.nextDouble(1, 3000)));
        double batch = random.of(List.of(1.0, 0.5, 2.0));
        Warmup warmup = random.of(List.of(
                new Warmup.NoWarmup(),
                new Warmup.MeanWarmup(),
                new Warmup.RatioWarmup(random.of(List.of(10.0, random.nextDouble(1.1, 50)))),
                new Warmup.PowerWarmup(
                        random.of(List.of(2 / 3.0, 0.75, 0.5, 1.0, random.between(0.1, 1.0))),
                        random.of(List.of(1.0, random.nextDouble(0.5, 50))))));
        if (warmup instanceof Warmup.MeanWarmup) return ScheduledDecay.mean(after, batch, false);
        double left = Math.exp(random.nextDouble(-9, -1));
        double every = random.of(List.of(1.0, 5.0));
        return new ScheduledDecay(warmup, 1 - left, after, every, batch, every > 1 || random.of(List.of(false, true)));
    }

    @Test
    void aSnapshotFromBeforeAveragingIsTheWeightsThemselves() {
        Profile copy = ProfileSpec.parse("ema:0.999,warmup=10,after=500", 400);
        assertThat(copy.cumulative(399.9)).isZero();
        assertThat(copy.cumulative(400)).isEqualTo(1);
        assertThat(copy.density(300)).isZero();
        assertThat(copy.meanTime()).isEqualTo(400);
        assertThat(Integrals.isSquareIntegrable(copy)).isFalse();
        assertThat(Integrals.inner(copy, new Power(5, 400))).isZero();
    }

    /** Of averaging that began at step 500, what was there then is a part at that moment, in no inner product. */
    @Test
    void whatWasThereWhenAveragingBeganStaysAtThatMoment() {
        Profile late = ProfileSpec.parse("ema:0.999,warmup=none,after=500", 1000);
        double rest = Math.pow(0.999, 500);
        assertThat(late.cumulative(Math.nextDown(500.0))).isZero();
        assertThat(late.cumulative(500)).isCloseTo(rest, within(1e-14));
        assertThat(Integrals.inner(late, new Uniform(800, 1000))).isCloseTo((1 - rest) / 800, within(1e-14));
        assertThat(Integrals.inner(late, new Uniform(100, 400))).isZero();
    }

    @Test
    void refusesWhatIsNoSchedule() {
        Warmup none = new Warmup.NoWarmup();
        assertThatIllegalArgumentException().isThrownBy(() -> new ScheduledDecay(none, 1.1, 0, 1, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new ScheduledDecay(none, 0.9, -1, 1, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new ScheduledDecay(none, 0.9, 0, 0, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new ScheduledDecay(none, 0.9, 0, 1, 0));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ScheduledDecay(new Warmup.MeanWarmup(), 0.9, 1, 1, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new Warmup.RatioWarmup(1));
        assertThatIllegalArgumentException().isThrownBy(() -> new Warmup.PowerWarmup(1.5, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new Warmup.PowerWarmup(0.5, 0));
    }
}
