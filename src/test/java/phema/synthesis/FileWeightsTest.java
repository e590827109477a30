package phema.synthesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import phema.catalog.Run;
import phema.catalog.RunScanner;
import phema.catalog.Selection;
import phema.problem.Problem;
import phema.profile.ProfileSpec;
import phema.solver.FilesToRead;
import phema.solver.Fit;
import phema.solver.FitOptions;
import phema.solver.SolverKind;

/** Sixteen raw checkpoints, at 16384, 32768, ... 262144. */
class FileWeightsTest {
    private static final FitOptions BLUP = FitOptions.of(SolverKind.BLUP, FilesToRead.ALL);
    private static final String NEWEST = "step-00262144.safetensors";

    private final Fits fits = new Fits();

    private FittedTarget fitted(Run run, FileWeights weights) {
        return fits.prepare(run, WeightsRequest.of(weights, BLUP, OutputOptions.AS_STORED))
                .target();
    }

    private static FileWeights weights(String spec) {
        return new FileWeights(spec, false, Optional.empty());
    }

    /** What Megatron's own test of weighted_merge expects of four checkpoints. */
    @Test
    void givesFilesOfARangeWhatMegatronDoes() throws IOException {
        Run run = TestRuns.fixture("checkpoints");
        double[] decay = {1, 1 - Math.sqrt(0.25), 1 - Math.sqrt(0.5), 1 - Math.sqrt(0.75)};

        FittedTarget sqrt = fitted(run, weights("minus-sqrt:212992-262144"));
        FittedTarget linear = fitted(run, weights("linear:200000-262144"));

        double[] expected = {
            1 - ((decay[1] - decay[2]) + (decay[2] - decay[3]) + decay[3]),
            decay[1] - decay[2],
            decay[2] - decay[3],
            decay[3]
        };
        assertThat(coefficients(sqrt)).startsWith(new double[12]);
        assertThat(Arrays.copyOfRange(coefficients(sqrt), 12, 16)).containsExactly(expected, within(1e-15));
        assertThat(Arrays.copyOfRange(coefficients(linear), 12, 16))
                .containsExactly(new double[] {0.25, 0.25, 0.25, 0.25}, within(1e-15));
        assertThat(sqrt.baseName()).isEqualTo("phema-262144-minus-sqrt-212992-262144");
        assertThat(ProfileSpec.print(linear.fit().target()))
                .isEqualTo("mixture:0.25*impulse@212992,0.25*impulse@229376,0.25*impulse@245760,0.25*impulse");
    }

    private static double[] coefficients(FittedTarget target) {
        return target.fit().coefficients().stream().mapToDouble(c -> c).toArray();
    }

    @Test
    void predictsHowNearTheyComeToWhatTheyAreAskedToBeAndThatBlupComesNearer() throws IOException {
        Run run = TestRuns.fixture("checkpoints");
        String spec = "minus-sqrt:147456-262144";

        Fit alone = fitted(run, weights(spec)).fit();
        Fit asked = fitted(run, new FileWeights(spec, false, Optional.of("decay:1-sqrt:131072")))
                .fit();

        assertThat(alone.predictedRelativeErrors()).isEmpty();
        assertThat(asked.coefficients()).isEqualTo(alone.coefficients());
        double blup = fits.prepare(
                        run,
                        WeightsRequest.of(
                                ProfileSpec.parse("decay:1-sqrt:131072", 262144), BLUP, OutputOptions.AS_STORED))
                .target()
                .predictedRelativeError();
        assertThat(asked.predictedRelativeErrors())
                .containsEntry(SolverKind.BLUP, blup)
                .hasEntrySatisfying(SolverKind.GIVEN, error -> assertThat(error).isBetween(1.1 * blup, 3 * blup));
    }

    @Test
    void takesFilesByNamePathAndFolder(@TempDir Path folder) throws IOException {
        Run run = TestRuns.fixture("checkpoints");
        String path = run.folder().resolve("step-00131072.safetensors").toString();
        assertThat(fitted(run, weights(NEWEST + "=0.25," + path + "=0.75"))
                        .fit()
                        .coefficients())
                .startsWith(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.75)
                .endsWith(0.0, 0.25);

        for (String time : List.of("500", "1000")) {
            Path checkpoint = Files.createDirectories(folder.resolve("checkpoint-" + time));
            String step = time.equals("500") ? "step-00131072" : "step-00262144";
            Files.copy(run.folder().resolve(step + ".safetensors"), checkpoint.resolve("model.safetensors"));
        }
        Run folders = RunScanner.scan(folder, Selection.DEFAULT);
        assertThat(fitted(folders, weights("checkpoint-500=0.5,checkpoint-1000/=0.5"))
                        .fit()
                        .coefficients())
                .containsExactly(0.5, 0.5);
    }

    @Test
    void dividesBySumsOnlyWhenAsked() throws IOException {
        Run run = TestRuns.fixture("checkpoints");
        String three = NEWEST + "=2,step-00245760.safetensors=1,step-00229376.safetensors=1";
        assertThat(fitted(run, new FileWeights(three, true, Optional.empty()))
                        .fit()
                        .coefficients())
                .endsWith(0.25, 0.25, 0.5);
        assertThat(fitted(run, weights(three.replace("=2", "=0.3333333").replace("=1", "=0.3333333")))
                        .fit()
                        .coefficients()
                        .stream()
                        .mapToDouble(c -> c)
                        .sum())
                .isCloseTo(1, within(1e-15));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ''                                     | weights name no file
            a.safetensors                          | "a.safetensors" is not FILE=WEIGHT
            a.safetensors=1                        | has no file a.safetensors; its files are called like step-00262144
            /other/step-00262144.safetensors=1     | has no file /other/step-00262144
            NEWEST=0.5,NEWEST=0.5                  | weights name NEWEST twice
            NEWEST=half                            | "half", the weight of NEWEST, is no number
            NEWEST=NaN                             | "NaN", the weight of NEWEST, is no number
            NEWEST=0.9                             | weights sum to 0.9, not to 1
            NEWEST=0                               | weights are all zero
            NEWEST=1.5,step-00245760.safetensors=-0.5 | negative one, of step-00245760.safetensors, they are no average
            NEWEST=1e308,step-00245760.safetensors=1e308 | weights are too large to be added up
            linear                                 | needs the times of the first and the last file
            linear:now-262144                      | now is no time
            linear:1-262144                        | lies outside of the snapshots
            linear:200000-262143                   | has no file of 262143; the nearest are of 245760 and 262144
            linear:262144-245760                   | ends before it begins
            """)
    void refusesWhatTheyCannotMean(String spec, String says) throws IOException {
        Run run = TestRuns.fixture("checkpoints");
        assertThatThrownBy(() -> fitted(run, weights(spec.replace("NEWEST", NEWEST))))
                .isInstanceOf(Problem.class)
                .hasMessageContaining(says.replace("NEWEST", NEWEST))
                .extracting(problem -> ((Problem) problem).field())
                .isEqualTo("weights");
    }

    @Test
    void asksWhichOfSeveralAveragesIsMeant() throws IOException {
        Run run = TestRuns.fixture("edm2");
        assertThatThrownBy(() -> fitted(run, weights("linear:131k-262k")))
                .hasMessageContaining(
                        "of one time there are network-snapshot-0000131-0.050.pkl and network-snapshot-0000131-0.100");
        assertThatThrownBy(() -> fitted(
                        run, new FileWeights("network-snapshot-0000262-0.050.pkl=1", false, Optional.of("decay:x:1"))))
                .hasMessageContaining("like: \"x\" in decay:x:1 is no course");
    }
}
