package phema.synthesis;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import phema.Fixtures;
import phema.TestWeights;
import phema.catalog.Run;
import phema.format.Format;
import phema.format.Tensor;
import phema.format.WeightFile;
import phema.format.WeightFiles;
import phema.profile.Power;
import phema.profile.Profile;
import phema.solver.FilesToRead;
import phema.solver.Fit;
import phema.solver.FitOptions;
import phema.solver.SolverKind;
import phema.tensor.DType;

/**
 * The sample run against EDM2's own reconstructions of it (golden) and against averages that were tracked in training
 * (truth).
 */
class ReconstructionTest {
    private static final Engine ENGINE = new Engine(64 << 20, 2);
    private static final double[] GOLDEN = {0.020, 0.075, 0.150, 0.250};
    private static final double[] TRUTH = {0.020, 0.030, 0.075, 0.150, 0.200, 0.250};
    private static final OutputOptions SAFETENSORS = OutputOptions.of(Format.SAFETENSORS);

    @TempDir
    private Path folder;

    @AfterAll
    static void close() {
        ENGINE.close();
    }

    @ParameterizedTest
    @CsvSource({"edm2", "safetensors"})
    void thePapersSolverGivesWhatEdm2GivesButForLastPlaceRounding(String fixture) throws IOException {
        List<WeightFile> written =
                write(TestRuns.fixture(fixture), 262_144, SolverKind.PAPER, FilesToRead.ALL, SAFETENSORS, GOLDEN);
        int values = 0;
        int different = 0;
        for (WeightFile file : written) {
            WeightFile golden = WeightFiles.read(Fixtures.fixture("golden")
                    .resolve(String.valueOf(file.path().getFileName())));
            assertThat(TestRuns.structure(file)).isEqualTo(TestRuns.structure(golden));
            for (Tensor tensor : golden.tensors()) {
                if (!tensor.dtype().isFloating()) continue;
                double[] expected = TestWeights.values(golden, tensor.name());
                double[] actual = TestWeights.values(file, tensor.name());
                for (int i = 0; i < expected.length; i++) {
                    values++;
                    if (actual[i] == expected[i]) continue;
                    different++;
                    assertThat(Math.abs(actual[i] - expected[i]))
                            .isLessThanOrEqualTo(DType.F16.ulp(Math.max(Math.abs(actual[i]), Math.abs(expected[i]))));
                }
            }
        }
        assertThat((double) different / values).isLessThan(0.005);
    }

    @Test
    void aPickleHoldsTheSameAndKeepsEveryOtherByteOfItsTemplate() throws IOException {
        Run run = TestRuns.fixture("edm2");
        WeightFile safetensors = write(run, 262_144, SolverKind.PAPER, FilesToRead.ALL, SAFETENSORS, 0.075)
                .getFirst();
        WeightFile pickle = write(
                        run, 262_144, SolverKind.PAPER, FilesToRead.ALL, OutputOptions.of(Format.EDM2_PICKLE), 0.075)
                .getFirst();
        assertThat(TestRuns.structure(pickle)).isEqualTo(TestRuns.structure(safetensors));
        for (Tensor tensor : pickle.tensors())
            if (tensor.dtype().isFloating())
                assertThat(TestWeights.values(pickle, tensor.name()))
                        .isEqualTo(TestWeights.values(safetensors, tensor.name()));

        WeightFile template = run.snapshots().getLast().file();
        byte[] before = java.nio.file.Files.readAllBytes(template.path());
        byte[] after = java.nio.file.Files.readAllBytes(pickle.path());
        assertThat(pickle.tensors()).isEqualTo(template.tensors());
        for (Tensor tensor : template.tensors()) {
            if (tensor.role() != Tensor.TensorRole.PARAMETER) continue;
            for (byte[] bytes : List.of(before, after))
                Arrays.fill(bytes, (int) tensor.offset(), (int) (tensor.offset() + tensor.bytes()), (byte) 0);
        }
        assertThat(after).isEqualTo(before);
    }

    @ParameterizedTest
    @CsvSource({
        "edm2, 262144, ALL",
        "edm2, 262144, FEWEST",
        "edm2, 131072, ALL",
        "edm2, 131072, FEWEST",
        "safetensors, 262144, ALL",
        "safetensors, 262144, FEWEST",
        "safetensors, 131072, ALL",
        "safetensors, 131072, FEWEST"
    })
    void blupIsNearerToTheTruthThanThePaperAndKnowsHowNear(String fixture, double time, FilesToRead files)
            throws IOException {
        Run run = TestRuns.fixture(fixture);
        OutputOptions options = SAFETENSORS.withDType(DType.F32);
        List<Fit> fits =
                prepared(run, time, SolverKind.BLUP, files, options, TRUTH).fits();
        List<WeightFile> blup = write(run, time, SolverKind.BLUP, files, options, TRUTH);
        List<WeightFile> paper = write(run, time, SolverKind.PAPER, FilesToRead.ALL, options, TRUTH);
        for (int t = 0; t < TRUTH.length; t++) {
            WeightFile truth = WeightFiles.read(Fixtures.fixture(
                    String.format(Locale.ROOT, "truth/ema-%07d-%.3f.safetensors", (int) time / 1000, TRUTH[t])));
            double error = error(blup.get(t), truth);
            assertThat(error)
                    .as("sigma_rel %s", TRUTH[t])
                    .isLessThan(error(paper.get(t), truth))
                    .isBetween(
                            fits.get(t).predictedRelativeError() / 2,
                            fits.get(t).predictedRelativeError() * 2);
        }
    }

    private static PreparedWeights prepared(
            Run run, double time, SolverKind method, FilesToRead files, OutputOptions options, double... widths) {
        List<Profile> targets = DoubleStream.of(widths)
                .<Profile>mapToObj(s -> Power.ofSigmaRel(s, time))
                .toList();
        return new Fits().prepare(run, WeightsRequest.of(targets, FitOptions.of(method, files), options));
    }

    private List<WeightFile> write(
            Run run, double time, SolverKind method, FilesToRead files, OutputOptions options, double... widths)
            throws IOException {
        PreparedWeights weights = prepared(run, time, method, files, options, widths);
        List<WeightFile> written = new ArrayList<>();
        for (Path file : new Syntheses(ENGINE).write(weights, folder.resolve(method.name()), false, bytes -> {}))
            written.add(WeightFiles.read(file));
        return written;
    }

    /** Relative L2 distance over the tensors that training averaged: no buffers, and no gains, which stayed zero. */
    private static double error(WeightFile file, WeightFile truth) throws IOException {
        double difference = 0;
        double norm = 0;
        for (Tensor tensor : truth.tensors()) {
            if (!tensor.dtype().isFloating()
                    || tensor.elements() == 1
                    || tensor.name().matches(".*(fourier|resample).*")) continue;
            double[] expected = TestWeights.values(truth, tensor.name());
            double[] actual = TestWeights.values(file, tensor.name());
            for (int i = 0; i < expected.length; i++) {
                difference += Math.pow(actual[i] - expected[i], 2);
                norm += Math.pow(expected[i], 2);
            }
        }
        return Math.sqrt(difference / norm);
    }

    @Test
    void namesAreThoseOfEdm2WhateverTheLocale() throws IOException {
        Run run = TestRuns.fixture("edm2");
        Run steps = TestRuns.fixture("checkpoints");
        Locale before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
            assertThat(Names.baseName("phema", run, Power.ofSigmaRel(0.1, 262_144)))
                    .isEqualTo("phema-0000262-0.100");
            assertThat(Names.baseName("phema", run, Power.ofSigmaRel(0.0125, 2_147_483_648L)))
                    .isEqualTo("phema-2147483-0.0125");
            assertThat(Names.baseName("phema", steps, Power.ofSigmaRel(0.1, 262_144)))
                    .isEqualTo("phema-262144-0.100");
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void noOtherTensorThanThoseOfTheRunIsFound() throws IOException {
        Run run = TestRuns.fixture("safetensors");
        PreparedWeights weights = prepared(run, 262_144, SolverKind.BLUP, FilesToRead.ALL, SAFETENSORS, 0.1);
        assertThat(new Syntheses(ENGINE)
                        .tensor(weights, "unet.out_gain")
                        .content()
                        .size())
                .isEqualTo(2);
        assertThat(org.assertj.core.api.Assertions.catchThrowable(
                        () -> new Syntheses(ENGINE).tensor(weights, "unet.out")))
                .hasMessageContaining("hold no tensor unet.out");
    }
}
