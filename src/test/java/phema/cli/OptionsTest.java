package phema.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

/** Values of options; lists are those of EDM2's {@code parse_std_list}. */
class OptionsTest {
    @Test
    void aListMayLeaveOutWhatLiesBetween() {
        assertThat(NumberList.parse("0.010,0.015,...,0.250").values())
                .hasSize(49)
                .startsWith(0.010, 0.015, 0.020)
                .contains(0.145)
                .endsWith(0.245, 0.250);
        assertThat(NumberList.parse("0.3,0.2,...,-0.1").values()).containsExactly(0.3, 0.2, 0.1, 0.0, -0.1);
        assertThat(NumberList.parse("0.01,0.02,...,0.04,0.1").values()).containsExactly(0.01, 0.02, 0.03, 0.04, 0.1);
        assertThat(NumberList.parse("0.1,0.2,...,0.4,0.6,...,1").values())
                .containsExactly(0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0);
        assertThat(NumberList.parse(" 0.1, 0.2 ,0.10").values()).containsExactly(0.1, 0.2);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "0.1,",
                ",0.1",
                "0.1,...,0.2",
                "...,0.1",
                "0.1,0.2,...",
                "0.1,0.1,...,0.2",
                "0.2,0.1,...,0.3",
                "0.1,0.2,...,0.35",
                "0.1,0.2,...,...,0.5",
                "0.1;0.2",
                "0.1,0.100001,...,9",
                "NaN",
                "1e999,x"
            })
    void aListThatMeansNothingIsRefused(String text) {
        assertThatThrownBy(() -> NumberList.parse(text))
                .isInstanceOf(TypeConversionException.class)
                .hasMessageContaining("'" + text + "'");
    }
}
