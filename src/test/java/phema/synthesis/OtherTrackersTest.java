package phema.synthesis;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import phema.Fixtures;
import phema.TestWeights;
import phema.catalog.Run;
import phema.catalog.RunScanner;
import phema.catalog.Selection;
import phema.format.Format;
import phema.format.Tensor;
import phema.format.WeightFile;
import phema.format.WeightFiles;
import phema.profile.Power;
import phema.profile.Profile;
import phema.profile.SigmaRel;
import phema.solver.Fit;
import phema.solver.FitOptions;
import phema.solver.SolverKind;
import phema.tensor.DType;
import phema.tensor.Shape;

/** Runs of other trackers than EDM2's, from their files to weights. */
class OtherTrackersTest {
    private static final Engine ENGINE = new Engine(64 << 20, 2);
    private static final OutputOptions F32 =
            OutputOptions.of(Format.SAFETENSORS).withDType(DType.F32);
    private static final int WEIGHTS = 2000;

    @TempDir
    private Path folder;

    @AfterAll
    static void close() {
        ENGINE.close();
    }

    /** ema-pytorch synthesizes from every file and does not normalise; it sums up in fp32. */
    @ParameterizedTest
    @ValueSource(doubles = {0.08, 0.12, 0.20})
    void withoutNormalisingThePapersSolverGivesWhatEmaPytorchGives(double sigmaRel) throws IOException {
        Path run = Fixtures.copy("ema-pytorch", folder.resolve("run"));
        manifest(run, "sigmaRels: [0.05, 0.15]\nupdateEvery: 1\n");

        WeightFile ours = write(
                scan(run),
                Power.ofSigmaRel(sigmaRel, 200),
                FitOptions.of(SolverKind.PAPER, phema.solver.FilesToRead.ALL).withoutNormalising());

        WeightFile theirs = WeightFiles.read(Fixtures.fixture(
                String.format(Locale.ROOT, "truth/ema-pytorch-synthesized-%.3f.safetensors", sigmaRel)));
        assertThat(TestRuns.structure(ours)).isEqualTo(TestRuns.structure(theirs));
        assertThat(error(ours, theirs)).isLessThan(1e-6);
    }

    /**
     * Averages tracked with ema-pytorch's rule: every {@code updateEvery} steps, with the beta of a single step,
     * counted from the step at which averaging begins (pytorch-posthoc-ema). The target was tracked at every step.
     */
    @ParameterizedTest
    @CsvSource({"10, 0, 500", "10, 400, 500"})
    void theTrueProfileOfRareUpdatesIsNearerToTheTruthThanTheStatedOne(int every, int after, double factor)
            throws IOException {
        Path run = Files.createDirectory(folder.resolve("run"));
        double[] sigmaRels = {0.05, 0.28};
        Random random = new Random(1);
        double[] theta = random.doubles(WEIGHTS, -2, 2).toArray();
        double[][] averages = new double[2][];
        double[] truth = theta.clone();
        for (int step = 1; step <= 8000; step++) {
            for (int k = 0; k < WEIGHTS; k++) theta[k] += 0.02 * random.nextGaussian() / Math.sqrt(1 + step / 256.0);
            int n = step - after;
            if (n < 1) continue;
            update(truth, theta, Math.pow(1 - 1.0 / n, SigmaRel.toGamma(0.2) + 1));
            for (int i = 0; i < 2; i++) {
                if (n == 1) averages[i] = theta.clone();
                if ((n - 1) % every == 0)
                    update(averages[i], theta, Math.pow(1 - 1 / (n + 1.0), SigmaRel.toGamma(sigmaRels[i]) + 1));
                if (step % 500 == 0) store(run.resolve(i + "." + step + ".pt"), averages[i]);
            }
        }

        manifest(run, "sigmaRels: [0.05, 0.28]\nupdateEvery: " + every + "\nupdateAfterStep: " + after + "\n");
        double corrected = error(run, 0.2, truth);
        manifest(run, "sigmaRels: [0.05, 0.28]\nupdateEvery: 1\n");
        double asStated = error(run, 0.2, truth);

        assertThat(asStated / corrected).isGreaterThan(factor);
    }

    /** From raw checkpoints, stored as bf16: the error is what was predicted, and falls with their number. */
    @Test
    void theErrorOfAnAverageOfRawCheckpointsFallsWithTheirNumberAsPredicted() throws IOException {
        WeightFile truth = WeightFiles.read(Fixtures.fixture("truth/ema-0000262-0.150.safetensors"));
        double last = Double.POSITIVE_INFINITY;
        for (int every : new int[] {8, 4, 2, 1}) {
            Path run = Files.createDirectory(folder.resolve("every" + every));
            for (int i = every; i <= 16; i += every) {
                String name = String.format(Locale.ROOT, "step-%08d.safetensors", i * 16384);
                Files.copy(Fixtures.fixture("checkpoints/" + name), run.resolve(name));
            }
            Fit fit = fit(
                    scan(run),
                    Power.ofSigmaRel(0.15, 262_144),
                    FitOptions.of(SolverKind.BLUP, phema.solver.FilesToRead.ALL));
            double error = error(write(scan(run), fit), truth);
            assertThat(error)
                    .isLessThan(last)
                    .isBetween(fit.predictedRelativeError() / 2, fit.predictedRelativeError() * 2);
            last = error;
        }
    }

    private double error(Path run, double sigmaRel, double[] truth) throws IOException {
        Run scanned = scan(run);
        double end = scanned.snapshots().getLast().time();
        WeightFile file = write(
                scanned, Power.ofSigmaRel(sigmaRel, end), FitOptions.of(SolverKind.BLUP, phema.solver.FilesToRead.ALL));
        double[] difference = TestWeights.values(file, "w");
        for (int k = 0; k < WEIGHTS; k++) difference[k] -= truth[k];
        return TestRuns.norm(difference) / TestRuns.norm(truth);
    }

    private static void update(double[] average, double[] theta, double keep) {
        for (int k = 0; k < WEIGHTS; k++) average[k] = keep * average[k] + (1 - keep) * theta[k];
    }

    /** What a file is called does not matter to its reader. */
    private static void store(Path file, double[] weights) throws IOException {
        float[] values = new float[WEIGHTS];
        for (int k = 0; k < WEIGHTS; k++) values[k] = (float) weights[k];
        TestRuns.safetensors(
                file,
                TestWeights.Entry.of("ema_model.w", DType.F32, Shape.of(WEIGHTS), values),
                TestWeights.Entry.of("step", DType.F32, Shape.of(1), 1));
    }

    private static void manifest(Path run, String text) throws IOException {
        Files.writeString(run.resolve("phema.yaml"), text);
    }

    private static Run scan(Path run) throws IOException {
        return RunScanner.scan(run, Selection.DEFAULT);
    }

    private static Fit fit(Run run, Profile target, FitOptions options) {
        return new Fits()
                .prepare(run, WeightsRequest.of(target, options, F32))
                .target()
                .fit();
    }

    private WeightFile write(Run run, Profile target, FitOptions options) throws IOException {
        return write(run, fit(run, target, options));
    }

    private WeightFile write(Run run, Fit fit) throws IOException {
        Path out = Files.createTempDirectory(folder, "out");
        return WeightFiles.read(new Syntheses(ENGINE)
                .write(PreparedWeights.of(run, "weights", fit, F32), out, false, bytes -> {})
                .getFirst());
    }

    /** Relative L2 distance over what was trained. */
    private static double error(WeightFile file, WeightFile truth) throws IOException {
        double difference = 0;
        double norm = 0;
        for (Tensor tensor : truth.tensors()) {
            if (!tensor.name().endsWith("weight") && !tensor.name().endsWith("bias")) continue;
            double[] expected = TestWeights.values(truth, tensor.name());
            double[] actual = TestWeights.values(file, tensor.name());
            for (int i = 0; i < expected.length; i++) difference += Math.pow(actual[i] - expected[i], 2);
            norm += Arrays.stream(expected).map(x -> x * x).sum();
        }
        return Math.sqrt(difference / norm);
    }
}
