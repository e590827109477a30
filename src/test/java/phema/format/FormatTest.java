package phema.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FormatTest {
    @ParameterizedTest
    @EnumSource
    void isReadFromItsExtension(Format format) {
        assertThat(Format.parse(format.extension())).isEqualTo(format);
    }

    @Test
    void isReadFromTheWordOfTheCommandLineAsWell() {
        assertThat(Format.parse("edm2")).isEqualTo(Format.EDM2_PICKLE);
        assertThat(Format.parse("PT")).isEqualTo(Format.TORCH_ZIP);
    }

    @Test
    void anotherWordIsRefusedWithThoseThatThereAre() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Format.parse("npz"))
                .withMessage("Unknown format npz; there are safetensors, pkl, pt, dcp");
    }
}
