package phema.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import phema.Fixtures;
import phema.format.FormatException;
import phema.problem.Problem;

/** Files are NumPy's: fixtures/metrics/make.py. */
class ReferencesTest {
    private static final Path FIXTURES = Fixtures.fixture("metrics");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "fid.npz",
                "fid-compressed.npz",
                "fid-f32-fortran.npz",
                "reference-3.pkl",
                "reference-4.pkl",
                "reference-5.pkl"
            })
    void areReadFromNumpysFiles(String file) throws IOException {
        Statistics fid = References.read(FIXTURES.resolve(file)).of(Metric.FID);
        assertThat(fid.mu()).containsExactly(FrechetTest.uniform(2, 3), within(1e-7));
        assertThat(fid.sigma())
                .containsExactly(
                        new double[] {
                            0.3619984909781775,
                            -0.05354069792939073,
                            0.06756305609382127,
                            -0.05354069792939073,
                            0.29566683274829075,
                            -0.08115308967316456,
                            0.06756305609382127,
                            -0.08115308967316456,
                            0.23846961482843115
                        },
                        within(1e-7));
    }

    @Test
    void ofAPickleAreSeveral() throws IOException {
        References references = References.read(FIXTURES.resolve("reference-4.pkl"));
        assertThat(references.of(Metric.FD_DINOV2).mu()).containsExactly(FrechetTest.uniform(4, 4), within(1e-15));
        assertThatThrownBy(() -> references.of(Metric.FD_RANDOM))
                .isInstanceOf(Problem.class)
                .hasMessage(FIXTURES.resolve("reference-4.pkl")
                        + " holds no statistics for fd_random, only for fid, fd_dinov2");
    }

    /** Images of any size beside them are not looked at. */
    @Test
    void areReadOfAdmsFiles() throws IOException {
        Statistics statistics =
                References.read(Fixtures.fixture("images/npz/adm.npz")).of(Metric.FID);
        assertThat(statistics.mu()).containsExactly(0, 1, 2);
        assertThat(statistics.sigma()).containsExactly(1, 0, 0, 0, 1, 0, 0, 0, 1);
    }

    @Test
    void areNotImages() {
        Path images = Fixtures.fixture("images/npz/samples.npz");
        assertThatThrownBy(() -> References.read(images))
                .isInstanceOf(FormatException.class)
                .hasMessage(images + ": holds images, the array `arr_0`, and no statistics of them; make these first: "
                        + "phema metrics ref --data " + images + " --dest statistics.npz");
    }

    @Test
    void areWhatWasWritten(@TempDir Path folder) throws IOException {
        Map<Metric, Statistics> statistics = new EnumMap<>(Metric.class);
        statistics.put(Metric.FID, new Statistics(new double[] {1, 2}, new double[] {1, 0.5, 0.5, 2}));
        Path one = write(folder.resolve("one.npz"), statistics);
        assertThat(References.read(one).of(Metric.FID).mu()).containsExactly(1, 2);
        statistics.put(Metric.FD_RANDOM, new Statistics(new double[] {3}, new double[] {4}));
        Path two = write(folder.resolve("two.npz"), statistics);
        assertThat(References.read(two).of(Metric.FID).sigma()).containsExactly(1, 0.5, 0.5, 2);
        assertThat(References.read(two).of(Metric.FD_RANDOM).mu()).containsExactly(3);
    }

    private static Path write(Path path, Map<Metric, Statistics> statistics) throws IOException {
        try (OutputStream out = Files.newOutputStream(path)) {
            References.write(out, statistics);
        }
        return path;
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            objects.npz    | entry `mu.npy` has a header that is not an array's of numbers
            mismatched.npz | `mu` has the shape [3] and `sigma` [4, 4]; they are [D] and [D, D]
            nan.npz        | `mu` holds numbers that are not finite
            evil.pkl       | needs the global `builtins.print`, which is not part of a dictionary of NumPy arrays; refusing to go on
            missing.npz    | does not exist
            """)
    void thatAreNoneAreRefused(String file, String problem) {
        assertThatThrownBy(() -> References.read(FIXTURES.resolve(file)))
                .isInstanceOf(FormatException.class)
                .hasMessageStartingWith(FIXTURES.resolve(file) + ": ")
                .hasMessageContaining(problem);
    }
}
