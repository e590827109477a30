package phema.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NumbersTest {
    @Test
    void stepsBetweenNumbersNeedNotBeWritten() {
        assertThat(Numbers.parse("0.010,0.015,...,0.030, 0.1")).containsExactly(0.010, 0.015, 0.020, 0.025, 0.030, 0.1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "0.1,many | 'many' in '0.1,many' is not a number",
                "0.1,...,0.3 | '...' stands between two numbers and a last one",
                "0.1,0.2,...,0.25 | no whole number of steps",
                "0.2,0.1,...,0.3 | never arrives at 0.3",
                "1,2,...,1e30 | more than 100000 numbers",
                "1,1e-999999999,...,2 | has more than 40 digits"
            })
    void whatIsNoListIsRefused(String text, String why) {
        assertThatThrownBy(() -> Numbers.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(why);
    }
}
