package phema.synthesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import phema.TestWeights;
import phema.catalog.Run;
import phema.catalog.Snapshot;
import phema.format.Edm2PickleGenerator.StoredTensor;
import phema.format.FilePart;
import phema.format.FileStamp;
import phema.format.Format;
import phema.format.Pieces;
import phema.format.Tensor;
import phema.format.WeightFile;
import phema.format.WeightFiles;
import phema.problem.Problem;
import phema.solver.Fit;
import phema.tensor.DType;
import phema.tensor.Shape;
import phema.time.Await;

/** What snapshots may be like, and what must not be in them or happen to them. */
class InputsTest {
    private static final OutputOptions SAFETENSORS = OutputOptions.of(Format.SAFETENSORS);

    private final Engine engine = new Engine(400 << 10, 2);
    private final Syntheses syntheses = new Syntheses(engine);

    @TempDir
    private Path folder;

    @AfterEach
    void leavesNoFileOpen() {
        assertThat(engine.openFiles()).isZero();
        engine.close();
    }

    private WeightFile written(Run run, Fit fit, OutputOptions options) throws IOException {
        Path out = folder.resolve("out-" + TestRuns.names(folder).size());
        return WeightFiles.read(syntheses
                .write(PreparedWeights.of(run, "out", fit, options), out, false, bytes -> {})
                .getLast());
    }

    /** Every combined value lies as near to the exact one as single precision and the final rounding allow. */
    private static void assertCombined(WeightFile result, Run run, Fit fit, String tensor) throws IOException {
        double[] actual = TestWeights.values(result, tensor);
        double[][] exact = TestRuns.exact(run, fit, tensor);
        DType dtype = result.tensors().get(result.indexOf(tensor, 0)).dtype();
        assertThat(actual).hasSameSizeAs(exact[0]);
        int n = run.snapshots().size();
        for (int i = 0; i < actual.length; i++) {
            double error = (n + 1) * 0x1p-24 * exact[1][i] + (dtype == DType.F32 ? 0 : dtype.ulp(exact[0][i]));
            assertThat(actual[i]).as("%s[%d]", tensor, i).isCloseTo(exact[0][i], within(error));
        }
    }

    @Test
    void everyFileIsConvertedByItsOwnElementTypes() throws IOException {
        Random random = new Random(2);
        List<WeightFile> files = new ArrayList<>();
        for (DType dtype : List.of(DType.BF16, DType.F32, DType.F64, DType.F16))
            files.add(TestRuns.safetensors(
                    folder.resolve(dtype + ".safetensors"),
                    TestWeights.Entry.random("w", dtype, random, 30, 100),
                    TestWeights.Entry.random("scalar", DType.F32, random),
                    TestWeights.Entry.random("empty", dtype, random, 3, 0)));
        Run run = TestRuns.run(files.toArray(WeightFile[]::new));
        Fit fit = TestRuns.fit(run, 1.5, -0.75, 0.125, 0.125);
        WeightFile same = written(run, fit, SAFETENSORS);
        assertThat(TestRuns.structure(same)).isEqualTo(TestRuns.structure(files.getLast()));
        assertCombined(same, run, fit, "w");
        assertCombined(same, run, fit, "scalar");
        assertCombined(written(run, fit, SAFETENSORS.withDType(DType.F32)), run, fit, "w");
    }

    @ParameterizedTest
    @EnumSource
    void elementsInAnotherOrderAreFoundWhereTheyAre(Format format) throws IOException {
        List<WeightFile> files = new ArrayList<>();
        Shape shape = Shape.of(6, 5, 7, 9);
        for (List<Long> strides :
                List.of(List.of(315L, 63L, 9L, 1L), List.of(315L, 1L, 45L, 5L), List.of(1L, 6L, 30L, 210L))) {
            Map<String, StoredTensor> parameters = new LinkedHashMap<>();
            parameters.put("first", new StoredTensor(DType.F16, shape, strides, 0, 1890));
            parameters.put("expanded", new StoredTensor(DType.F32, Shape.of(30, 20), List.of(20L, 1L), 11, 700));
            files.add(TestRuns.pickle(
                    folder.resolve(files.size() + ".pkl"),
                    files.size(),
                    parameters,
                    Map.of("steps", StoredTensor.packed(DType.I64, Shape.of()))));
        }
        Run run = TestRuns.run(files.toArray(WeightFile[]::new));
        Fit fit = TestRuns.fit(run, 0.5, 0.25, 0.25);
        WeightFile result = written(run, fit, OutputOptions.of(format));
        assertCombined(result, run, fit, "first");
        assertCombined(result, run, fit, "expanded");
    }

    @Test
    void whatIsNotAveragedComesFromTheNewestFileEvenWhenNothingElseDoes() throws IOException {
        Map<String, StoredTensor> parameters = Map.of("w", StoredTensor.packed(DType.F16, Shape.of(2000)));
        Map<String, StoredTensor> buffers = new LinkedHashMap<>();
        buffers.put("steps", StoredTensor.packed(DType.I64, Shape.of(3)));
        buffers.put("mask", StoredTensor.packed(DType.BOOL, Shape.of(5)));
        buffers.put("frequencies", StoredTensor.packed(DType.F32, Shape.of(3000)));
        WeightFile older = TestRuns.pickle(folder.resolve("a.pkl"), 1, parameters, buffers);
        WeightFile newest = TestRuns.pickle(folder.resolve("b.pkl"), 2, parameters, buffers);
        Run run = TestRuns.run(older, newest);
        for (double[] coefficients : new double[][] {{0.5, 0.5}, {1, 0}}) {
            Fit fit = TestRuns.fit(run, coefficients);
            WeightFile result = written(run, fit, SAFETENSORS);
            assertCombined(result, run, fit, "w");
            for (String buffer : buffers.keySet())
                assertThat(elements(result, buffer)).isEqualTo(elements(newest, buffer));
            WeightFile half = written(run, fit, SAFETENSORS.withDType(DType.F16));
            assertThat(TestWeights.values(half, "frequencies"))
                    .usingComparatorWithPrecision(0x1p-9)
                    .containsExactly(TestWeights.values(newest, "frequencies"));
        }
    }

    /** Several elements in a byte, in blocks that end within the tensor. */
    @ParameterizedTest
    @EnumSource(names = {"F4", "F6_E2M3", "F6_E3M2"})
    void elementsThatShareBytesComeFromTheNewestFileAsTheyAre(DType dtype) throws IOException {
        Random random = new Random(5);
        List<WeightFile> files = new ArrayList<>();
        for (String name : List.of("a", "b")) {
            byte[] codes = new byte[(int) dtype.bytes(400_000)];
            random.nextBytes(codes);
            files.add(TestRuns.safetensors(
                    folder.resolve(name + ".safetensors"),
                    new TestWeights.Entry("codes", dtype, Shape.of(1000, 400), codes),
                    TestWeights.Entry.random("w", DType.F32, random, 300)));
        }
        Run run = TestRuns.run(files.toArray(WeightFile[]::new));
        Fit fit = TestRuns.fit(run, 0.5, 0.5);
        WeightFile result = written(run, fit, SAFETENSORS.withDType(DType.F16));
        assertThat(elements(result, "codes")).isEqualTo(elements(files.getLast(), "codes"));
        assertCombined(result, run, fit, "w");
        if (dtype == DType.F4)
            assertThat(elements(written(run, fit, OutputOptions.of(Format.TORCH_ZIP)), "codes"))
                    .isEqualTo(elements(files.getLast(), "codes"));
    }

    private static byte[] elements(WeightFile file, String name) throws IOException {
        Tensor tensor = file.tensors().get(file.indexOf(name, 0));
        byte[] all = Files.readAllBytes(file.parts().get(tensor.part()).path());
        return Arrays.copyOfRange(all, (int) tensor.offset(), (int) (tensor.offset() + tensor.bytes()));
    }

    /** Safetensors files call every tensor a parameter. */
    @Test
    void aTensorThatOnlySomeFilesCallABufferMayBeWiderThere() throws IOException {
        WeightFile pickle = TestRuns.pickle(
                folder.resolve("a.pkl"),
                1,
                Map.of("w", StoredTensor.packed(DType.F16, Shape.of(100))),
                Map.of("frequencies", StoredTensor.packed(DType.F32, Shape.of(200_000))));
        Random random = new Random(3);
        WeightFile safetensors = TestRuns.safetensors(
                folder.resolve("b.safetensors"),
                TestWeights.Entry.random("w", DType.F16, random, 100),
                TestWeights.Entry.random("frequencies", DType.F16, random, 200_000));
        Run run = TestRuns.run(pickle, safetensors);
        Fit fit = TestRuns.fit(run, 0.25, 0.75);
        assertCombined(written(run, fit, SAFETENSORS), run, fit, "frequencies");
    }

    @Test
    void thousandsOfTinyTensorsInAnyOrderFindTheirPartners() throws IOException {
        List<WeightFile> files = new ArrayList<>();
        for (int j = 0; j < 3; j++) {
            Random random = new Random(j);
            List<TestWeights.Entry> tensors = new ArrayList<>();
            for (int k = 0; k < 5000; k++)
                tensors.add(TestWeights.Entry.random(
                        "blocks.%d.gain".formatted(k), k % 3 == 0 ? DType.F32 : DType.F16, random, k % 4));
            if (j == 1) Collections.shuffle(tensors, random);
            files.add(TestRuns.safetensors(folder.resolve(j + ".safetensors"), tensors));
        }
        Run run = TestRuns.run(files.toArray(WeightFile[]::new));
        Fit fit = TestRuns.fit(run, 0.5, 0.25, 0.25);
        WeightFile result = written(run, fit, SAFETENSORS);
        for (int k = 0; k < 5000; k += 97) assertCombined(result, run, fit, "blocks.%d.gain".formatted(k));
    }

    @Test
    void shardedSnapshotsAreReadShardByShard() throws IOException {
        List<WeightFile> sharded = new ArrayList<>();
        for (int j = 0; j < 2; j++) {
            Run whole = TestRuns.run(weights("whole-" + j, j));
            List<Path> files = syntheses.write(
                    PreparedWeights.of(whole, "shard-" + j, TestRuns.fit(whole, 1), SAFETENSORS.withShardSize(5000)),
                    folder.resolve("in"),
                    false,
                    bytes -> {});
            sharded.add(WeightFiles.read(files.getLast()));
        }
        assertThat(sharded.getFirst().parts()).hasSizeGreaterThan(1);
        Run run = TestRuns.run(sharded.toArray(WeightFile[]::new));
        Fit fit = TestRuns.fit(run, 0.25, 0.75);
        assertCombined(written(run, fit, SAFETENSORS), run, fit, "w");
        assertCombined(written(run, fit, SAFETENSORS), run, fit, "v");
    }

    /** As a run's checkpoints are after a restart on another number of machines. */
    @Test
    void inputsThatAreCutDifferentlyGiveWhatWholeOnesGive() throws IOException {
        Run whole = weights();
        List<WeightFile> cut = new ArrayList<>();
        for (Snapshot snapshot : whole.snapshots()) {
            int j = cut.size();
            WeightFile file = snapshot.file();
            Path inPieces = folder.resolve("cut-" + j);
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            List<Tensor> tensors = new ArrayList<>();
            for (Tensor tensor : file.tensors()) {
                Pieces.PieceList pieces = new Pieces.PieceList(tensor.shape());
                ByteBuffer elements = ByteBuffer.wrap(TestWeights.elements(file, tensor));
                int axis = j % tensor.shape().rank();
                long dim = tensor.shape().dims().get(axis);
                for (long from = 0; from < dim; from += dim / 7) {
                    List<Long> origin =
                            new ArrayList<>(Collections.nCopies(tensor.shape().rank(), 0L));
                    List<Long> box = new ArrayList<>(tensor.shape().dims());
                    origin.set(axis, from);
                    box.set(axis, Math.min(dim / 7, dim - from));
                    Shape shape = new Shape(box);
                    pieces.add(0, bytes.size(), origin, shape, shape.contiguousStrides());
                    long inner = tensor.shape().elements()
                            / (axis == 0 ? dim : tensor.shape().dims().getFirst());
                    long rows = axis == 0 ? 1 : tensor.shape().dims().getFirst();
                    int width = tensor.dtype().bytes();
                    long run = axis == 0 ? box.getFirst() * inner : box.getLast();
                    for (long row = 0; row < rows; row++) {
                        byte[] copied = new byte[(int) run * width];
                        elements.get((int) (row * inner + (axis == 0 ? from * inner : from)) * width, copied);
                        bytes.writeBytes(copied);
                    }
                }
                tensors.add(Tensor.of(tensor.name(), tensor.dtype(), tensor.shape(), pieces.all(), tensor.role()));
            }
            Files.write(inPieces, bytes.toByteArray());
            FileStamp stamp = FileStamp.of(inPieces).orElseThrow();
            cut.add(new WeightFile(
                    inPieces, Format.SAFETENSORS, List.of(new FilePart(inPieces, stamp, "", "")), Map.of(), tensors));
        }
        assertThat(cut.get(1).tensors().getFirst().pieces().orElseThrow()).hasToString("8 pieces");
        Run run = TestRuns.run(cut.toArray(WeightFile[]::new));
        Fit fit = TestRuns.fit(run, 0.5, 0.25, 0.25);
        WeightFile expected = written(whole, fit, SAFETENSORS);
        WeightFile result = written(run, fit, SAFETENSORS);
        assertThat(Files.readAllBytes(result.path())).isEqualTo(Files.readAllBytes(expected.path()));
        WeightFile torch = written(run, fit, OutputOptions.of(Format.TORCH_ZIP));
        assertThat(TestWeights.values(torch, "w")).isEqualTo(TestWeights.values(expected, "w"));
    }

    private WeightFile weights(String name, long seed) throws IOException {
        Random random = new Random(seed);
        return TestRuns.safetensors(
                folder.resolve(name + ".safetensors"),
                TestWeights.Entry.random("w", DType.F32, random, 60, 1000),
                TestWeights.Entry.random("v", DType.F16, random, 77));
    }

    private Run weights() throws IOException {
        return TestRuns.run(weights("a", 1), weights("b", 2), weights("c", 3));
    }

    @ParameterizedTest
    @MethodSource
    void everyByteOfTheTensorsIsReadOnce(Format format, int targets) throws IOException {
        Run run = format == Format.EDM2_PICKLE ? TestRuns.fixture("edm2") : weights();
        List<FittedTarget> all = new ArrayList<>();
        for (int t = 0; t < targets; t++) {
            double[] coefficients = new double[run.snapshots().size()];
            coefficients[0] = (t + 1) / 64.0;
            coefficients[coefficients.length - 2] = 1 - (t + 1) / 64.0;
            all.add(new FittedTarget("out-" + t, TestRuns.fit(run, coefficients), List.of()));
        }
        PreparedWeights weights = new PreparedWeights(run, all, OutputOptions.of(format));
        syntheses.write(weights, folder.resolve("out"), false, bytes -> {});
        WeightFile file = run.snapshots().getFirst().file();
        long tensors = file.tensors().stream()
                .filter(Recipe::combines)
                .mapToLong(Tensor::bytes)
                .sum();
        if (format != Format.EDM2_PICKLE) assertThat(engine.bytesRead()).isEqualTo(2 * tensors);
        // Of a pickle, short stretches between tensors may be read along, and all but tensors is copied once from the
        // template.
        else assertThat(engine.bytesRead() - (file.size() - tensors)).isBetween(2 * tensors, 2 * file.size());
    }

    static Stream<Arguments> everyByteOfTheTensorsIsReadOnce() {
        return Stream.of(Format.SAFETENSORS, Format.EDM2_PICKLE, Format.TORCH_ZIP)
                .flatMap(format -> Stream.of(1, 40).map(targets -> Arguments.of(format, targets)));
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "F16", "BF16"})
    void aWeightThatIsNotFiniteIsReportedWithItsFileAndTensor(DType dtype) throws IOException {
        for (float value : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            float[] values = new float[40_000];
            values[values.length - 3] = value;
            String name = dtype + "-" + value;
            Run run = TestRuns.run(
                    TestRuns.safetensors(
                            folder.resolve("good.safetensors"),
                            TestWeights.Entry.of("w", dtype, Shape.of(40_000), new float[40_000])),
                    TestRuns.safetensors(
                            folder.resolve(name + ".safetensors"),
                            TestWeights.Entry.of("w", dtype, Shape.of(40_000), values)));
            Path out = folder.resolve("out-" + name);
            assertThatThrownBy(() -> syntheses.write(
                            PreparedWeights.of(run, "out", TestRuns.fit(run, 0.5, 0.5), SAFETENSORS),
                            out,
                            false,
                            bytes -> {}))
                    .isInstanceOf(Problem.class)
                    .hasMessage("%s: tensor w holds %s; training diverged, or the file is damaged. Leave this file out"
                            .formatted(folder.resolve(name + ".safetensors"), Float.isNaN(value) ? "NaN" : "infinity"));
            assertThat(TestRuns.names(out)).isEmpty();
        }
    }

    private static TestWeights.Entry doubles(String name, Shape shape, double... values) {
        ByteBuffer bytes = ByteBuffer.allocate(Double.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asDoubleBuffer().put(values);
        return new TestWeights.Entry(name, DType.F64, shape, bytes.array());
    }

    /** Whether those with a mask or those without are damaged nobody can tell from one element. */
    @Test
    void filesThatAreInfiniteInOnePlaceAreToldFromThoseThatAreNot() throws IOException {
        float[] mask = new float[3];
        mask[2] = Float.NEGATIVE_INFINITY;
        WeightFile[] files = new WeightFile[4];
        for (int i = 0; i < files.length; i++)
            files[i] = TestRuns.safetensors(
                    folder.resolve(i + ".safetensors"),
                    TestWeights.Entry.of("m", DType.F32, Shape.of(3), i == 2 ? new float[3] : mask));
        Run run = TestRuns.run(files);
        assertThatThrownBy(() -> written(run, TestRuns.fit(run, 0.25, 0.25, 0.25, 0.25), SAFETENSORS))
                .isInstanceOf(Problem.class)
                .hasMessage("tensor m holds infinity in 3 of the 4 files that are combined, such as " + files[0].path()
                        + ", and not in others, such as " + files[2].path()
                        + ", at the same place. If it is a mask, those"
                        + " without it are damaged, else those with it: leave them out, or list the tensor under"
                        + " buffers in phema.yaml");
    }

    @Test
    void constantsOfDoublePrecisionComeOutAsTheyAreAndTheRestInSinglePrecision() throws IOException {
        double[] constant = {1e-300, 1 / 3.0, 1e300, -0.1};
        WeightFile[] files = new WeightFile[2];
        for (int i = 0; i < files.length; i++)
            files[i] = TestRuns.safetensors(
                    folder.resolve(i + ".safetensors"),
                    doubles("c", Shape.of(4), constant),
                    doubles("d", Shape.of(1), 1 / 3.0),
                    doubles("w", Shape.of(1), i + 0.1));
        Run run = TestRuns.run(files);
        WeightFile out = written(run, TestRuns.fit(run, 0.75, 0.25), SAFETENSORS);
        assertThat(TestWeights.values(out, "c")).containsExactly(constant);
        assertThat(TestWeights.values(out, "w")[0]).isCloseTo(0.35, within(1e-7));
        Run without = TestRuns.run(
                TestRuns.safetensors(folder.resolve("a.safetensors"), doubles("d", Shape.of(1), 1 / 3.0)),
                TestRuns.safetensors(folder.resolve("b.safetensors"), doubles("d", Shape.of(1), 1 / 3.0)));
        WeightFile sum = written(without, TestRuns.fit(without, 1, 1), SAFETENSORS);
        assertThat(TestWeights.values(sum, "d")[0]).isCloseTo(2 / 3.0, within(1e-7));
    }

    @Test
    void numbersOfDoublePrecisionThatAreTooLargeToComputeWithAreNoInfinity() throws IOException {
        WeightFile[] files = new WeightFile[2];
        for (int i = 0; i < files.length; i++)
            files[i] =
                    TestRuns.safetensors(folder.resolve(i + ".safetensors"), doubles("w", Shape.of(1), 1e40 * (i + 1)));
        Run run = TestRuns.run(files);
        assertThatThrownBy(() -> written(run, TestRuns.fit(run, 0.5, 0.5), SAFETENSORS))
                .isInstanceOf(Problem.class)
                .hasMessage(
                        files[0].path() + ": tensor w holds infinity, or a number of F64 that is too large for F32, in"
                                + " which weights are computed. Leave this file out, or list the tensor under buffers in"
                                + " phema.yaml");
    }

    @Test
    void whatIsTooLargeForTheWantedTypeIsRefused() throws IOException {
        Run run = TestRuns.run(TestRuns.safetensors(
                folder.resolve("a.safetensors"), TestWeights.Entry.of("w", DType.F32, Shape.of(2), 1, -65_520f)));
        assertThatThrownBy(() -> written(run, TestRuns.fit(run, 1), SAFETENSORS.withDType(DType.F16)))
                .isInstanceOf(Problem.class)
                .hasMessage("tensor w reaches -65520.0, which is too large for F16;"
                        + " ask for another dtype, such as bf16 or f32");
        assertThat(TestWeights.values(written(run, TestRuns.fit(run, 1), SAFETENSORS.withDType(DType.BF16)), "w"))
                .containsExactly(1, -65_536);

        Run largest = TestRuns.run(TestRuns.safetensors(
                folder.resolve("b.safetensors"), TestWeights.Entry.of("w", DType.F32, Shape.of(1), 65_519f)));
        assertThat(TestWeights.values(
                        written(largest, TestRuns.fit(largest, 1), SAFETENSORS.withDType(DType.F16)), "w"))
                .containsExactly(65_504);
    }

    @Test
    void aBufferThatIsTooLargeForTheWantedTypeIsRefusedToo() throws IOException {
        Path file = folder.resolve("a.pkl");
        WeightFile pickle = TestRuns.pickle(
                file,
                1,
                Map.of("w", StoredTensor.packed(DType.F16, Shape.of(4))),
                Map.of("limit", StoredTensor.packed(DType.F32, Shape.of(1))));
        Tensor limit = pickle.tensors().get(pickle.indexOf("limit", 0));
        overwrite(file, limit.offset(), TestWeights.encode(DType.F32, 1e9f));
        Run run = TestRuns.run(WeightFiles.read(file));
        assertThatThrownBy(() -> written(run, TestRuns.fit(run, 1), SAFETENSORS.withDType(DType.F16)))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("tensor limit reaches")
                .hasMessageContaining("too large for F16");

        overwrite(file, limit.offset(), TestWeights.encode(DType.F32, Float.NEGATIVE_INFINITY));
        Run masked = TestRuns.run(WeightFiles.read(file));
        assertThat(TestWeights.values(
                        written(masked, TestRuns.fit(masked, 1), SAFETENSORS.withDType(DType.F16)), "limit"))
                .containsExactly(Double.NEGATIVE_INFINITY);
    }

    private static void overwrite(Path file, long position, byte[] bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(bytes), position);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aSnapshotMustBeTheOneThatWasIndexed(Mishap mishap) throws IOException {
        Run run = weights();
        Fit fit = TestRuns.fit(run, 0.5, 0.25, 0.25);
        Content content = syntheses
                .files(PreparedWeights.of(run, "out", fit, SAFETENSORS))
                .getFirst();
        Path file = folder.resolve("b.safetensors");
        mishap.happenTo(file);
        assertThatThrownBy(() -> TestRuns.range(content, 0, 1))
                .isInstanceOfSatisfying(
                        Problem.class, e -> assertThat(e.kind()).isEqualTo(Problem.ProblemKind.CONFLICT))
                .hasMessage(mishap.message(file));
        assertThatThrownBy(() -> written(run, fit, SAFETENSORS)).hasMessage(mishap.message(file));
        assertThat(folder.toFile().list((f, name) -> name.endsWith(".tmp"))).isEmpty();
    }

    private String identity(Run run) {
        return syntheses
                .files(PreparedWeights.of(run, "out", TestRuns.fit(run, 0.5, 0.25, 0.25), SAFETENSORS))
                .getFirst()
                .identity();
    }

    @Test
    void otherContentsOfEqualSizeAndTimeStampAreAnotherVersion() throws IOException {
        Run run = weights();
        String before = identity(run);
        Mishap.REPLACED_BY_ANOTHER_OF_EQUAL_SIZE_AND_TIME_STAMP.happenTo(folder.resolve("b.safetensors"));
        List<WeightFile> again = new ArrayList<>();
        for (Snapshot snapshot : run.snapshots())
            again.add(WeightFiles.read(snapshot.file().path()));
        assertThat(identity(TestRuns.run(again.toArray(WeightFile[]::new)))).isNotEqualTo(before);
    }

    @Test
    void permissionsLinksAndRestoredCopiesChangeNothing() throws IOException {
        Run run = weights();
        String before = identity(run);
        Content content = syntheses
                .files(PreparedWeights.of(run, "out", TestRuns.fit(run, 0.5, 0.25, 0.25), SAFETENSORS))
                .getFirst();
        byte[] expected = TestRuns.range(content, 0, content.size());
        assertThat(folder.resolve("a.safetensors").toFile().setExecutable(true)).isTrue();
        Files.createLink(folder.resolve("link"), folder.resolve("b.safetensors"));
        Client client = new Client(() -> {
            Path copy = folder.resolve("copy");
            Files.copy(folder.resolve("c.safetensors"), copy, StandardCopyOption.COPY_ATTRIBUTES);
            Files.move(copy, folder.resolve("c.safetensors"), StandardCopyOption.REPLACE_EXISTING);
        });
        content.transferTo(client, 0, content.size());
        assertThat(client.received.toByteArray()).isEqualTo(expected);
        List<WeightFile> again = new ArrayList<>();
        for (Snapshot snapshot : run.snapshots())
            again.add(WeightFiles.read(snapshot.file().path()));
        assertThat(again.get(2).parts().getFirst().stamp())
                .isNotEqualTo(run.snapshots().get(2).file().parts().getFirst().stamp());
        assertThat(identity(TestRuns.run(again.toArray(WeightFile[]::new)))).isEqualTo(before);
    }

    @Test
    void whatWasReadOfASnapshotThatWasRewrittenAndPutBackIsNotTrusted() throws IOException {
        weights();
        List<WeightFile> files = new ArrayList<>();
        for (String name : List.of("a", "b", "c")) {
            Path one = folder.resolve(name + ".safetensors");
            Files.setLastModifiedTime(one, FileTime.fromMillis(1_600_000_000_000L)); // can be set again to the digit
            files.add(WeightFiles.read(one));
        }
        Run run = TestRuns.run(files.toArray(WeightFile[]::new));
        Content content = syntheses
                .files(PreparedWeights.of(run, "out", TestRuns.fit(run, 0.5, 0.25, 0.25), SAFETENSORS))
                .getFirst();
        byte[] expected = TestRuns.range(content, 0, content.size());
        Path file = folder.resolve("b.safetensors");
        byte[] right = Files.readAllBytes(file);
        Client client = new Client(() -> {
            untilNobodyReadsAhead(); // who looks before the time stamp is back says something else
            FileTime time = Files.getLastModifiedTime(file);
            Mishap.REWRITTEN_WITHOUT_A_TRACE_BUT_CHANGE_TIME.happenTo(file);
            Files.write(file, right);
            Files.setLastModifiedTime(file, time);
        });
        assertThatThrownBy(() -> content.transferTo(client, 0, content.size()))
                .isInstanceOf(Problem.class)
                .hasMessage(file + " was touched while it was read, and may have held something else; ask again");
        assertThat(client.received.size()).isLessThan((int) content.size());
        assertThat(TestRuns.range(content, 0, content.size())).isEqualTo(expected);
    }

    @Test
    void aSnapshotThatIsNotNeededMayChange() throws IOException {
        Run run = weights();
        Fit fit = TestRuns.fit(run, 0.5, 0, 0.5);
        Files.delete(folder.resolve("b.safetensors"));
        assertThat(written(run, fit, SAFETENSORS).tensors()).hasSize(2);
    }

    @ParameterizedTest
    @EnumSource
    void aTransferDoesNotCompleteWhenASnapshotChangesMeanwhile(Mishap mishap) throws IOException {
        Run run = weights();
        Content content = syntheses
                .files(PreparedWeights.of(run, "out", TestRuns.fit(run, 0.5, 0.25, 0.25), SAFETENSORS))
                .getFirst();
        Path file = folder.resolve("b.safetensors");
        Client client = new Client(() -> mishap.happenTo(file));
        assertThatThrownBy(() -> content.transferTo(client, 0, content.size()))
                .isInstanceOf(Problem.class)
                .hasMessage(mishap.message(file));
        assertThat(client.received.size()).isLessThan((int) content.size());
    }

    @ParameterizedTest
    @EnumSource
    void noFileAppearsWhenASnapshotChangesMeanwhile(Mishap mishap) throws IOException {
        Run run = weights();
        Path file = folder.resolve("b.safetensors");
        Path out = folder.resolve("out");
        boolean[] done = {false};
        assertThatThrownBy(() -> syntheses.write(
                        PreparedWeights.of(run, "out", TestRuns.fit(run, 0.5, 0.25, 0.25), SAFETENSORS),
                        out,
                        false,
                        bytes -> {
                            synchronized (done) {
                                if (done[0]) return;
                                done[0] = true;
                                try {
                                    mishap.happenTo(file);
                                } catch (IOException e) {
                                    throw new UncheckedIOException(e);
                                }
                            }
                        }))
                .isInstanceOf(Problem.class)
                .hasMessage(mishap.message(file));
        assertThat(TestRuns.names(out)).isEmpty();
    }

    @Test
    void aClientThatGoesAwayStopsNobodyElse() throws IOException {
        Run run = weights();
        Content content = syntheses
                .files(PreparedWeights.of(run, "out", TestRuns.fit(run, 0.5, 0.25, 0.25), SAFETENSORS))
                .getFirst();
        byte[] whole = TestRuns.bytes(content);
        for (int i = 0; i < 20; i++) {
            Client gone = new Client(() -> {
                throw new IOException("connection reset");
            });
            assertThatThrownBy(() -> content.transferTo(gone, 0, content.size()))
                    .hasMessage("connection reset");
            assertThat(engine.openFiles()).isZero();
        }
        assertThat(TestRuns.bytes(content)).isEqualTo(whole);
    }

    @Test
    void noRangeBeyondTheEndIsComputed() throws IOException {
        Run run = weights();
        Content content = syntheses
                .files(PreparedWeights.of(run, "out", TestRuns.fit(run, 1, 0, 0), SAFETENSORS))
                .getFirst();
        assertThatThrownBy(() -> TestRuns.range(content, content.size() - 1, 2))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThat(TestRuns.range(content, content.size(), 0)).isEmpty();
    }

    private static void untilNobodyReadsAhead() throws IOException {
        try {
            Await.whileOthersGoOn(Duration.ofMillis(200));
        } catch (InterruptedException e) {
            throw new InterruptedIOException();
        }
    }

    private interface Event {
        void happen() throws IOException;
    }

    /** Takes a few bytes at a time, and has something happen after the first block. */
    private static final class Client implements WritableByteChannel {
        private final ByteArrayOutputStream received = new ByteArrayOutputStream();
        private final Event event;
        private boolean happened;

        Client(Event event) {
            this.event = event;
        }

        @Override
        public int write(ByteBuffer source) throws IOException {
            if (received.size() > 5000 && !happened) {
                happened = true;
                event.happen();
            }
            byte[] some = new byte[Math.min(source.remaining(), 1000)];
            source.get(some);
            received.writeBytes(some);
            return some.length;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {}
    }
}
