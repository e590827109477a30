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
