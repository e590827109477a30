package phema.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ErrorCurvesTest {
    /** What a page waits for must not grow with the files; few lengths still make a curve. */
    @ParameterizedTest
    @CsvSource({"0, 48", "32, 48", "8192, 48", "16384, 24", "50000, 12", "1000000, 12"})
    void fitsFewerLengthsOfMoreSnapshots(int snapshots, int lengths) {
        assertThat(ErrorCurves.lengths(snapshots)).isEqualTo(lengths);
    }
}
