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
                "mixture:0.7*power:0.05,0.3*impulse@131072"
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

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "power",
                "power:",
                "power:abc",
                "gauss:3",
                "exponential:5",
                "exponential:halflife=",
                "uniform",
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
                "exponential:decay=1",
                "mixture:0.5*impulse",
                "mixture:1*impulse@100000",
                "mixture:0.5*impulse,0.5*impulse@300000"
            })
    void refusesNumbersOutOfRange(String spec) {
        assertThatIllegalArgumentException().isThrownBy(() -> ProfileSpec.parse(spec, END));
    }
}
