package phema.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

class OptimumCommandTest {
    /** Of 2 + log(x / 0.09)^2, and a trial that failed, as a sweep exports them. */
    private static final String MEASURED = """
            trial,sigmaRel,time,guidance,seeds,state,cached,fid,kid
            0,0.03,8,1.0,0-63,done,false,3.207,1
            1,0.05,8,1.0,0-63,done,false,2.3455,2
            2,0.08,8,1.0,0-63,done,false,2.0139,3
            3,0.11,8,1.0,0-63,done,false,2.0403,4
            4,0.15,8,1.0,0-63,failed,false,,
            5,0.2,8,1.0,0-63,done,false,2.6376,5
            """;

    @TempDir
    private Path folder;

    private String file(String content) throws IOException {
        return Files.writeString(folder.resolve("measured.csv"), content).toString();
    }

    @Test
    void findsTheBestLengthOfWhatWasMeasured() throws IOException {
        String file = file(MEASURED);
        JsonNode found =
                Shell.phema("optimum", file, "--bounds", "0.02,0.25", "--json").json();
        assertThat(found.at("/optimum/length").asDouble()).isBetween(0.08, 0.1);
        assertThat(found.at("/optimum/value").asDouble()).isBetween(1.95, 2.05);
        assertThat(found.at("/optimum/lengthLow").asDouble())
                .isLessThan(found.at("/optimum/lengthHigh").asDouble());
        assertThat(Shell.phema("optimum", file).fine().out())
                .matches("(?s)best: length 0\\.0\\d+ \\(0\\.\\d+ to 0\\.\\d+\\), fid [12]\\.\\d+ \\+- 0\\.\\d+, of 5 "
                        + "measurements\\nnext: .*");
        // The greatest is at the end.
        assertThat(Shell.phema("optimum", file, "--metric", "kid:max", "--json")
                        .json()
                        .at("/optimum/length")
                        .asDouble())
                .isGreaterThan(0.15);
    }

    @Test
    void saysWhatToMeasureFirst() throws IOException {
        assertThat(Shell.phema("optimum", file("length,fid\n100,2\n"), "--bounds", "50,4000")
                        .fine()
                        .out())
                .startsWith(
                        "best: not known yet; a model of the metric needs four lengths, and values that a smooth curve goes"
                                + " through\nnext: length ");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            sigmaRel,kid;0.1,2                      | measured.csv has no column fid, but sigmaRel, kid
            a,fid;0.1,2                             | measured.csv has no column sigmaRel or length, but a, fid
            sigmaRel,fid;0.1,=1+1                   | measured.csv: row 2, column fid: '=1+1' is no number
            sigmaRel,fid;0.1,2;0.2,NaN              | measured.csv: row 3, column fid: 'NaN' is no number
            sigmaRel,fid;0.1                        | measured.csv: row 2 has 1 cells, the first one 2
            sigmaRel,fid;-0.1,2                     | points[0].length must lie in 1.0E-12..1.0E15 on a logarithmic scale, not be -0.1
            sigmaRel,guidance,fid;0.1,1,2;0.2,2,2   | column guidance has several values, such as 1 and 2
            sigmaRel,fid;0.1,2                      | --bounds must be two different lengths, not 0.1 and 0.1
            sigmaRel,fid                            | --bounds are missing
            ''                                      | measured.csv is empty
            """)
    void refusesByRowAndColumn(String content, String complaint) throws IOException {
        assertThat(Shell.phema("optimum", file(content.replace(';', '\n'))).complaint())
                .contains(complaint);
    }
}
