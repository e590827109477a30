package phema.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import phema.RandomCase;
import phema.RandomCases;

class ProfileSpecTest {
    private static final double END = 200_000;

    @Test
    void readsEveryKindOfProfile() {
        assertThat(ProfileSpec.parse("power:0.10", END)).isEqualTo(Power.ofSigmaRel(0.1, END));
        assertThat(ProfileSpec.parse("power:gamma=6.94", END)).isEqualTo(new Power(6.94, END));
        assertThat(ProfileSpec.parse("exponential:halflife=5e4", END)).isEqualTo(Exponential.ofHalfLife(50_000, END));
        assertThat(ProfileSpec.parse("exponential:decay=0.9999", END)).isEqualTo(Exponential.ofDecay(0.9999, END));
        assertThat(ProfileSpec.parse("exponential:rate=0.001", END)).isEqualTo(new Exponential(0.001, END));
        assertThat(ProfileSpec.parse("uniform:65536", END)).isEqualTo(new Uniform(65536, END));
        assertThat(ProfileSpec.parse("decay:linear:65536", END)).isEqualTo(new Uniform(65536, END));
        assertThat(ProfileSpec.parse("decay:cosine:65536,floor=0", END))
                .isEqualTo(new LearningRateDecay(LearningRateDecay.DecayCourse.COSINE, 65536, END));
        assertThat(ProfileSpec.parse("decay:linear:65536,floor=0.25", END))
                .isEqualTo(new Mixture(List.of(
                        new Mixture.MixturePart(0.75, new Uniform(65536, END)),
                        new Mixture.MixturePart(0.25, new Impulse(END)))));
        assertThat(ProfileSpec.parse("impulse", END)).isEqualTo(new Impulse(END));
        assertThat(ProfileSpec.parse("mixture:0.75*power:0.05,0.25*uniform:1e+4@131072", END))
                .isEqualTo(new Mixture(List.of(
                        new Mixture.MixturePart(0.75, Power.ofSigmaRel(0.05, END)),
                        new Mixture.MixturePart(0.25, new Uniform(10_000, 131_072)))));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "power:0.1",
                "power:0.288",
                "power:gamma=-0.82",
                "exponential:halflife=50000",
                "exponential:decay=0.9999",
                "uniform:65536",
                "impulse",
                "mixture:0.7*power:0.05,0.3*impulse@131072",
                "ema:0.9999,warmup=10",
                "ema:0.9999,warmup=10.5,after=1,every=5,batch=2048",
                "ema:0.9999,warmup=none,after=100",
                "ema:0.9999,warmup=2/3",
                "ema:0.999,warmup=0.7,inv_gamma=20,after=0.5,every=10",
                "ema:1,warmup=1,batch=0.5",
                "decay:cosine:65536",
                "decay:1-sqrt:65536",
                "decay:cosine:65536,floor=0.1",
                "swa:after=1000",
                "swa:after=1000,batch=2048",
                "swa:every=50",
                "swa:after=1000,every=50",
                "ema:0.8,warmup=none,every=1",
                "ema:0.999,warmup=10,every=1,batch=10",
                "mixture:0.25*ema:0.9999,warmup=3/4,after=1@131072,0.5*swa:after=5,batch=2,0.25*power:0.1"
            })
    void printsWhatItReads(String spec) {
        assertThat(ProfileSpec.print(ProfileSpec.parse(spec, END))).isEqualTo(spec);
    }

    @RandomCases
    void everyPowerProfileSurvivesTheRoundTrip(RandomCase random) {
        var power = new Power(random.between(-0.99, 1000), END);
        assertThat(ProfileSpec.parse(ProfileSpec.print(power), END)).isEqualTo(power);
    }

    @RandomCases
    void everyExponentialProfileSurvivesTheRoundTrip(RandomCase random) {
        var exponential = new Exponential(Math.exp(random.between(-20.0, 1)), END);
        assertThat(ProfileSpec.parse(ProfileSpec.print(exponential), END)).isEqualTo(exponential);
    }

    @RandomCases
    void everyScheduleSurvivesTheRoundTrip(RandomCase random) {
        ScheduledDecay decay = ScheduledDecayTest.any(random);
        if (decay.after() == 0
                && (decay.warmup() instanceof Warmup.NoWarmup || decay.warmup() instanceof Warmup.MeanWarmup))
            return; // an exponential, a power profile
        var scheduled = new Scheduled(decay, END);
        assertThat(ProfileSpec.parse(ProfileSpec.print(scheduled), END)).isEqualTo(scheduled);
    }

    @Test
    void decaysThatAreAnotherProfileBecomeIt() {
        assertThat(ProfileSpec.parse("ema:0.9999,warmup=none", END)).isEqualTo(Exponential.ofDecay(0.9999, END));
        assertThat(ProfileSpec.parse("ema:0.9999,warmup=none,batch=2", END))
                .isEqualTo(new Exponential(-Math.log(0.9999) / 2, END));
        assertThat(ProfileSpec.parse("ema:0.9999,warmup=none,every=5", END))
                .isInstanceOf(Scheduled.class); // changes at updates only
        assertThat(ProfileSpec.parse("swa:every=50,batch=2", END)).isEqualTo(ProfileSpec.parse("swa:every=100", END));
        assertThat(ProfileSpec.parse("swa", END)).isEqualTo(new Power(0, END));
        assertThat(ProfileSpec.parse("swa:batch=256", END)).isEqualTo(new Power(0, END));
        assertThat(ProfileSpec.parse("halflife-fraction:0.5", END)).isEqualTo(new Power(2 * Math.log(2) - 1, END));
    }

    @Test
    void aDecayAloneIsAskedHowItBegins() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ProfileSpec.parse("ema:0.999", END))
                .withMessage(
                        "ema:0.999 leaves open how the decay begins: ema:0.999,warmup=none for 0.999 from the first "
                                + "step on, ema:0.999,warmup=10 for min(0.999, (1+n)/(10+n)), ema:0.999,warmup=2/3 for "
                                + "min(0.999, 1-(1+n)^(-2/3))");
    }

    @Test
    void optionsOfSchedulesAreNamedWhenWrong() {
        refused(
                "ema:0.999,warmup=10,power=2",
                "\"power=2\" in ema:0.999,warmup=10,power=2 is no option; there are "
                        + "warmup, inv_gamma, after, every, batch");
        refused("swa:warmup=2", "\"warmup=2\" in swa:warmup=2 is no option; there are after, every, batch");
        refused("ema:0.999,warmup=10,after=1,after=2", "after stands twice in ema:0.999,warmup=10,after=1,after=2");
        refused(
                "ema:0.999,warmup=10,inv_gamma=2",
                "inv_gamma in ema:0.999,warmup=10,inv_gamma=2 belongs to a warm-up " + "such as warmup=2/3");
        refused("ema:1.5,warmup=10", "the decay must lie in (0, 1], not 1.5");
    }

    private static void refused(String spec, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ProfileSpec.parse(spec, END))
                .withMessage(message);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "ema",
                "ema:x,warmup=10",
                "ema:0.9,warmup=x",
                "ema:0.9,warmup=2/",
                "ema:0.9,warmup=10,after=",
                "swa5",
                "halflife-fraction:",
                "power",
                "power:",
                "power:abc",
                "gauss:3",
                "exponential:5",
                "exponential:halflife=",
                "uniform",
                "decay:cosine",
                "decay:cosine:x",
                "impulse:",
                "impulse:3",
                "mixture:",
                "mixture:1",
                "mixture:1*",
                "power:0.1@5"
            })
    void refusesWhatItCannotReadAndListsWhatItCan(String spec) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ProfileSpec.parse(spec, END))
                .withMessageContaining("uniform:WINDOW");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "power:0.3",
                "uniform:200001",
                "decay:cosine:200001",
                "decay:cosine:0",
                "decay:cosine:1000,floor=1",
                "decay:cosine:1000,floor=-0.1",
                "decay:cosine:1000,least=0.1",
                "decay:step:1000",
                "exponential:decay=1",
                "ema:1,warmup=none",
                "ema:0.9,warmup=0",
                "ema:0.9,warmup=2/3,inv_gamma=1e4",
                "ema:0.9,warmup=10,after=-1",
                "halflife-fraction:0",
                "mixture:0.5*impulse",
                "mixture:1*impulse@100000",
                "mixture:0.5*impulse,0.5*impulse@300000"
            })
    void refusesNumbersOutOfRange(String spec) {
        assertThatIllegalArgumentException().isThrownBy(() -> ProfileSpec.parse(spec, END));
    }
}
