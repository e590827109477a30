package phema.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class DecayTest {
    @Test
    void sharesAreThoseOfTheProfileAndMultiply() {
        for (Profile profile : List.of(Power.ofSigmaRel(0.1, 200), new Exponential(0.03, 200), scheduled(200))) {
            Decay decay = Decay.of(profile).orElseThrow();
            for (double s : new double[] {1, 50, 150, 199}) {
                double share = Math.exp(decay.logShare(s, 200));
                assertThat(share).isCloseTo(profile.cumulative(s), within(1e-14));
                assertThat(decay.intake(s) * share).isCloseTo(profile.density(s), within(1e-12));
                assertThat(decay.logShare(s, 199.5) + decay.logShare(199.5, 200))
                        .isCloseTo(decay.logShare(s, 200), within(1e-12));
            }
        }
    }

    @Test
    void oneMayForgetMoreSlowlyOrChange() {
        Decay decay = new ExponentialDecay(0.03);
        Decay slower = new SlowerDecay(decay, 3);
        assertThat(slower.logShare(50, 200)).isCloseTo(new ExponentialDecay(0.01).logShare(50, 200), within(1e-14));
        assertThat(slower.intake(50)).isCloseTo(0.01, within(1e-16));
        Decay changed = new ChangedDecay(decay, slower, 120);
        assertThat(changed.logShare(20, 100)).isEqualTo(decay.logShare(20, 100));
        assertThat(changed.logShare(130, 200)).isEqualTo(slower.logShare(130, 200));
        assertThat(changed.logShare(20, 200)).isEqualTo(decay.logShare(20, 120) + slower.logShare(120, 200));
        assertThat(changed.intake(119)).isEqualTo(decay.intake(119));
        assertThat(changed.intake(120)).isEqualTo(slower.intake(120));
        assertThat(changed.kinks(0, 200)).containsExactly(120);
    }

    @Test
    void oneMayChangeAtUpdatesOnly() {
        Decay decay = Decay.of(ProfileSpec.parse("ema:0.9,warmup=none,after=100,every=50", 200))
                .orElseThrow();
        assertThat(Math.exp(decay.logShare(150, 199))).isEqualTo(1);
        assertThat(Math.exp(decay.logShare(149, 150))).isCloseTo(0.9, within(1e-14));
        assertThat(Math.exp(decay.logShare(100, 200))).isCloseTo(0.81, within(1e-14));
        assertThat(Math.exp(decay.logShare(50, 99))).isEqualTo(1); // a copy that was made at 50
        assertThat(Math.exp(decay.logShare(49, 99))).isZero();
        assertThat(decay.kinks(110, 240)).contains(150, 200);
        assertThat(decay.intake(75)).isZero();
        Profile profile = ProfileSpec.parse("ema:0.9,warmup=none,after=100,every=50", 1100);
        assertThat(profile.density(1030))
                .isCloseTo(-Math.log(0.9) / 50 * Math.pow(0.9, 70 / 50.0), within(1e-12)); // spread between them
    }

    @Test
    void updatesOfAClockThatCountsPartsOfStepsAreWhereTheyAreButForRounding() {
        Decay decay = Decay.of(ProfileSpec.parse("ema:0.5,warmup=none,every=1,batch=0.1", 3))
                .orElseThrow();
        for (int n = 1; n <= 30; n++)
            assertThat(Math.exp(decay.logShare(0, n * 0.1))).as(n + "").isCloseTo(Math.pow(0.5, n), within(1e-14));
    }

    @Test
    void aMeanOfUpdatesBeginsAsACopyOfTheFirst() {
        Decay decay = Decay.of(ProfileSpec.parse("swa:every=50", 200)).orElseThrow();
        assertThat(Math.exp(decay.logShare(49, 200))).isZero();
        assertThat(Math.exp(decay.logShare(50, 200))).isEqualTo(0.25);
        assertThat(Math.exp(decay.logShare(20, 30))).isEqualTo(1);
        assertThat(decay.intake(20)).isZero();
    }

    @Test
    void snapshotsOfOneTrackerShareIt() {
        assertThat(Decay.of(Power.ofSigmaRel(0.1, 100))).isEqualTo(Decay.of(Power.ofSigmaRel(0.1, 200)));
        assertThat(Decay.of(new Exponential(0.1, 100))).isEqualTo(Decay.of(new Exponential(0.1, 200)));
        assertThat(Decay.of(scheduled(100))).isEqualTo(Decay.of(scheduled(200)));
    }

    private static Profile scheduled(double endTime) {
        return ProfileSpec.parse("ema:0.99,warmup=2/3", endTime);
    }

    @Test
    void windowsAndMomentsHaveNone() {
        assertThat(Decay.of(new Uniform(10, 100))).isEmpty();
        assertThat(Decay.of(new Impulse(100))).isEmpty();
        assertThat(Decay.of(new Mixture(List.of(new Mixture.MixturePart(1, new Power(8, 100))))))
                .isEmpty();
    }
}
