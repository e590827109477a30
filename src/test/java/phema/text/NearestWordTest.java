package phema.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NearestWordTest {
    private static final List<String> KNOWN = List.of("--gate", "--junit", "--max-trials", "--run", "--seeds");

    @ParameterizedTest
    @CsvSource({"--gates,--gate", "--gate-x,--gate", "--juint,--junit", "--max-trail,--max-trials", "--seed,--seeds"})
    void isTheOneThatDiffersInTheFewestLetters(String misspelt, String meant) {
        assertThat(NearestWord.among(KNOWN, misspelt)).contains(meant);
    }

    @Test
    void isNoneWhereTooManyDiffer() {
        assertThat(NearestWord.among(KNOWN, "--frobnicate")).isEmpty();
        assertThat(NearestWord.among(KNOWN, "x")).isEmpty();
        assertThat(NearestWord.among(KNOWN, "")).isEmpty();
        assertThat(NearestWord.among(List.of(), "--gate")).isEmpty();
    }
}
