package phema.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import phema.profile.ProfileFamily.LengthKind;

class ProfileFamilyTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            power:{}                      | 0.1   | power:0.1                      | WIDTH
            uniform:{}                    | 65536 | uniform:65536                  | WINDOW
            decay:cosine:{}               | 800   | decay:cosine:800               | WINDOW
            decay:linear:{}               | 800   | uniform:800                    | WINDOW
            decay:1-sqrt:{},floor=0.1     | 800.5 | decay:1-sqrt:800.5,floor=0.1   | WINDOW
            decay:linear:{},floor=0.25    | 800   | decay:linear:800,floor=0.25    | WINDOW
            exponential:halflife={}       | 50000 | exponential:halflife=50000     | HALF_LIFE
            halflife-fraction:{}          | 0.05  | power:gamma=12.862943611198904 | FRACTION
            """)
    void aLengthMakesAProfileAndIsFoundInItAgain(String template, double length, String profile, LengthKind kind) {
        ProfileFamily family = new ProfileFamily(template);
        assertThat(ProfileSpec.print(family.at(length, 100_000))).isEqualTo(profile);
        assertThat(family.kind()).isEqualTo(kind);
        assertThat(ProfileFamily.of(family.spec(length))).isEqualTo(family);
        assertThat(family.length(family.spec(length))).isEqualTo(length);
    }

    @ParameterizedTest
    @ValueSource(strings = {"power:0.1", "", "decay:cosine:{},floor={}", "{}{}", "decay:{}:{}"})
    void oneLengthIsFree(String template) {
        assertThatThrownBy(() -> new ProfileFamily(template))
                .hasMessage("the profile \"" + template
                        + "\" must have exactly one {}, where its length stands, as in decay:cosine:{}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "impulse:{}",
                "decay:{}:800",
                "decay:cosine:800,floor={}",
                "power:gamma={}",
                "exponential:decay={}",
                "ema:{},warmup=10",
                "mixture:0.5*power:{},0.5*impulse",
                "swa:after={}"
            })
    void otherNumbersAreNoLengths(String template) {
        assertThatThrownBy(() -> new ProfileFamily(template))
                .hasMessageStartingWith(
                        "\"" + template + "\" is no family of lengths; there are power:{}, uniform:{},");
    }

    @Test
    void theRestOfATemplateMustBeAProfile() {
        assertThatThrownBy(() -> new ProfileFamily("decay:sine:{}"))
                .hasMessageContaining("no course of a learning rate");
        assertThatThrownBy(() -> new ProfileFamily("decay:cosine:{},floor=2")).hasMessageContaining("from 0 to 1");
        assertThatThrownBy(() -> ProfileFamily.of("impulse")).hasMessageContaining("is of no family of lengths");
        assertThatThrownBy(() -> ProfileFamily.POWER.length("uniform:3")).hasMessageContaining("is not of power:{}");
    }

    @Test
    void aFamilySaysHowItsLengthsAreShown() {
        ProfileFamily cosine = new ProfileFamily("decay:cosine:{}");
        assertThat(ProfileFamily.POWER.print(0.1)).isEqualTo("0.100");
        assertThat(cosine.print(65536)).isEqualTo("65536");
        assertThat(ProfileFamily.POWER.label()).isEqualTo("EMA length");
        assertThat(cosine.label()).isEqualTo("Window of decay:cosine:{}");
        assertThat(cosine.kind().counted(1)).isEqualTo("1 window");
        assertThat(new ProfileFamily("exponential:halflife={}").kind().counted(2))
                .isEqualTo("2 half-lives");
    }
}
