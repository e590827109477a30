package phema.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import phema.profile.SigmaRel;

class ShowTest {
    @ParameterizedTest
    @CsvSource({"0, 0 %", "0.5, 50 %", "1, 100 %", "0.00020848, 0.0208 %", "NaN, unknown"})
    void sharesAreShownInPercent(double share, String shown) {
        assertThat(Show.percent(share)).isEqualTo(shown);
    }

    @ParameterizedTest
    @CsvSource({
        "2147.483, '2,147'",
        "262.144, 262.1",
        "0.5, 0.5",
        "1e9, '1,000,000,000'",
        "0.00045678, 0.000457",
        "2.00215e-11, 2.002e-11"
    })
    void numbersTakeFourDigits(double value, String shown) {
        assertThat(Show.number(value)).isEqualTo(shown);
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "1.4612, 1.46", "331234, 3.3e+05", "0.00042, 4.2e-04", "Infinity, unknown"})
    void magnitudesHaveExponentsWhereThoseAreShorter(double value, String shown) {
        assertThat(Show.magnitude(value)).isEqualTo(shown);
    }

    @ParameterizedTest
    @CsvSource({"0.01349, 0.013", "0, 0", "1.41e-13, 1.4e-13"})
    void uncertaintiesTakeTwoDigits(double value, String shown) {
        assertThat(Show.uncertainty(value)).isEqualTo(shown);
    }

    @ParameterizedTest
    @CsvSource({"0.1, 0.100", "0.05, 0.050", "0.0755, 0.0755"})
    void lengthsAreWrittenAsInFileNames(double sigmaRel, String shown) {
        assertThat(SigmaRel.print(sigmaRel)).isEqualTo(shown);
    }

    @ParameterizedTest
    @CsvSource({"PT8.9S, 8 s", "PT4M12S, 4 min 12 s", "PT27H5M, 27 h 5 min", "PT-1S, 0 s"})
    void durationsTakeTwoUnits(Duration duration, String shown) {
        assertThat(Show.duration(duration)).isEqualTo(shown);
    }
}
