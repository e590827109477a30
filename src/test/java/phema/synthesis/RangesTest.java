package phema.synthesis;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import phema.RandomCase;
import phema.RandomCases;
import phema.TestWeights;
import phema.catalog.Run;
import phema.format.Edm2PickleGenerator.StoredTensor;
import phema.format.Format;
import phema.format.WeightFile;
import phema.solver.Fit;
import phema.tensor.DType;
import phema.tensor.Shape;

/** Tensors of every type, smaller and larger than a block, in every kind of output: computed in parts and at once. */
class RangesTest {
    /** Just enough for the smallest blocks, so that the larger tensors have several. */
    private static final Engine SMALL_BLOCKS = new Engine(110 << 10, 2);

    private static final Engine LARGE_BLOCKS = new Engine(256 << 20, 1);
    private static final List<Content> PARTS = new ArrayList<>();
    private static final List<byte[]> WHOLES = new ArrayList<>();

    @TempDir
    private static Path folder;

    @BeforeAll
    static void makeOutputs() throws IOException {
        Run run = TestRuns.run(
                safetensors(folder.resolve("a.safetensors"), 1),
                safetensors(folder.resolve("b.safetensors"), 2),
                safetensors(folder.resolve("c.safetensors"), 3));
        Fit fit = TestRuns.fit(run, 0.3, -0.2, 0.9);
        OutputOptions same = OutputOptions.of(Format.SAFETENSORS);
        add(run, fit, same);
        for (DType dtype : List.of(DType.F64, DType.F32, DType.F16, DType.BF16, DType.F8_E5M2))
            add(run, fit, same.withDType(dtype));
        add(run, fit, same.withShardSize(7000));
        add(run, fit, OutputOptions.of(Format.TORCH_ZIP));
        for (String tensor : List.of("large", "half", "scalar", "integers"))
            for (Engine engine : List.of(SMALL_BLOCKS, LARGE_BLOCKS))
                keep(
                        engine,
                        List.of(new Syntheses(engine)
                                .tensor(PreparedWeights.of(run, "out", fit, same), tensor)
                                .content()));
        Run pickles = TestRuns.run(pickle(folder.resolve("a.pkl"), 1), pickle(folder.resolve("b.pkl"), 2));
        add(pickles, TestRuns.fit(pickles, 0.6, 0.4), OutputOptions.of(Format.EDM2_PICKLE));
        add(pickles, TestRuns.fit(pickles, 0.6, 0.4), same);
        add(pickles, TestRuns.fit(pickles, 0.6, 0.4), OutputOptions.of(Format.TORCH_ZIP));
    }

    @AfterAll
    static void close() {
        SMALL_BLOCKS.close();
        LARGE_BLOCKS.close();
    }

    private static void add(Run run, Fit fit, OutputOptions options) throws IOException {
        PreparedWeights weights = PreparedWeights.of(run, "out", fit, options);
        for (Engine engine : List.of(SMALL_BLOCKS, LARGE_BLOCKS)) keep(engine, new Syntheses(engine).files(weights));
    }

    private static void keep(Engine engine, List<Content> contents) throws IOException {
        if (engine == SMALL_BLOCKS) PARTS.addAll(contents);
        else for (Content content : contents) WHOLES.add(TestRuns.bytes(content));
    }

    private static WeightFile safetensors(Path path, long seed) throws IOException {
        Random random = new Random(seed);
        byte[] integers = new byte[40];
        random.nextBytes(integers);
        return TestRuns.safetensors(
                path,
                TestWeights.Entry.random("large", DType.F32, random, 3, 1111),
                TestWeights.Entry.random("double", DType.F64, random, 1500),
                TestWeights.Entry.random("scalar", DType.F32, random),
                new TestWeights.Entry("integers", DType.I64, Shape.of(5), integers),
                TestWeights.Entry.random("half", DType.F16, random, 2051),
                TestWeights.Entry.random("bfloat", DType.BF16, random, 7),
                TestWeights.Entry.random("empty", DType.F16, random, 0, 4),
                TestWeights.Entry.random("eight", DType.F8_E4M3, random, 1025),
                new TestWeights.Entry("bytes", DType.U8, Shape.of(3), Arrays.copyOf(integers, 3)));
    }

    private static WeightFile pickle(Path path, long seed) throws IOException {
        Map<String, StoredTensor> parameters = new LinkedHashMap<>();
        parameters.put("packed", StoredTensor.packed(DType.F16, Shape.of(50, 50)));
        parameters.put(
                "channelsLast",
                new StoredTensor(DType.F16, Shape.of(8, 17, 3, 3), List.of(153L, 1L, 51L, 17L), 0, 1224));
        parameters.put("transposed", new StoredTensor(DType.F32, Shape.of(40, 60), List.of(1L, 40L), 0, 2400));
        parameters.put("inside", new StoredTensor(DType.F32, Shape.of(5), List.of(1L), 2, 10));
        parameters.put("scalar", StoredTensor.packed(DType.F16, Shape.of()));
        Map<String, StoredTensor> buffers = new LinkedHashMap<>();
        buffers.put("steps", StoredTensor.packed(DType.I64, Shape.of()));
        buffers.put("frequencies", StoredTensor.packed(DType.F32, Shape.of(1500)));
        return TestRuns.pickle(path, seed, parameters, buffers);
    }

    @RandomCases(3000)
    void anyRangeEqualsThatRangeOfTheWhole(RandomCase random) throws IOException {
        int pick = random.nextInt(PARTS.size());
        Content content = PARTS.get(pick);
        byte[] whole = WHOLES.get(pick);
        assertThat(content.size()).isEqualTo(whole.length);
        int offset = random.between(0, whole.length);
        int length = random.between(0, Math.min(whole.length - offset, random.nextBoolean() ? 9 : 5000));
        assertThat(TestRuns.range(content, offset, length))
                .isEqualTo(Arrays.copyOfRange(whole, offset, offset + length));
    }

    @Test
    void noWholeDependsOnTheSizeOfBlocks() throws IOException {
        assertThat(PARTS.size()).isEqualTo(WHOLES.size()).isPositive();
        for (int i = 0; i < PARTS.size(); i++)
            assertThat(TestRuns.bytes(PARTS.get(i))).isEqualTo(WHOLES.get(i));
    }
}
