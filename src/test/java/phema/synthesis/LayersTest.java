package phema.synthesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import phema.Fixtures;
import phema.TestWeights;
import phema.catalog.NamePattern;
import phema.catalog.Run;
import phema.catalog.RunScanner;
import phema.catalog.Selection;
import phema.format.Format;
import phema.format.Tensor;
import phema.format.WeightFile;
import phema.format.WeightFiles;
import phema.problem.Problem;
import phema.profile.Power;
import phema.solver.Fit;
import phema.solver.FitOptions;
import phema.solver.SolverKind;
import phema.tensor.DType;
import phema.tensor.Shape;

/** Tensors of unlike layers, small and large ones next to each other. */
class LayersTest {
    private static final OutputOptions SAFETENSORS = OutputOptions.of(Format.SAFETENSORS);

    /** More memory than this makes larger blocks, which hold several layers. */
    private static final int SMALL_BLOCKS = 200 << 10;

    @TempDir
    private Path folder;

    private Run run;
    private Fit attention;
    private Fit bias;
    private Fit rest;

    @BeforeEach
    void makeRun() throws IOException {
        run = TestRuns.run(file("a", 1), file("b", 2), file("c", 3), file("d", 4));
        attention = TestRuns.fit(run, 0.7, 0.3, 0, 0);
        bias = TestRuns.fit(run, 0, 0.25, 0.75, 0);
        rest = TestRuns.fit(run, 0.2, -0.3, 1.1, 0);
    }

    private WeightFile file(String name, long seed) throws IOException {
        Random random = new Random(seed);
        List<TestWeights.Entry> tensors = new ArrayList<>();
        for (int block = 0; block < 9; block++)
            for (String part : List.of("attn.qkv", "attn.bias", "mlp.weight", "mlp.bias"))
                tensors.add(TestWeights.Entry.random(
                        block + "." + part, block % 2 == 0 ? DType.F32 : DType.F16, random, 3 + 17 * block));
        tensors.add(TestWeights.Entry.random("out.attn", DType.F16, random, 50, 101));
        tensors.add(TestWeights.Entry.random("out", DType.F32, random, 33, 99));
        tensors.add(new TestWeights.Entry("attn.steps", DType.I64, Shape.of(1), new byte[8]));
        return TestRuns.safetensors(folder.resolve(name + ".safetensors"), tensors);
    }

    private PreparedWeights layered() {
        return weights(
                "layered",
                rest,
                new LayerFit(NamePattern.of("*attn*"), attention),
                new LayerFit(NamePattern.of("*.bias"), bias));
    }

    private PreparedWeights weights(String name, Fit fit, LayerFit... layers) {
        return new PreparedWeights(run, List.of(new FittedTarget(name, fit, List.of(layers))), SAFETENSORS);
    }

    /** As the patterns say. */
    private Fit wanted(String tensor) {
        return tensor.contains("attn") ? attention : tensor.endsWith(".bias") ? bias : rest;
    }

    private static byte[] tensor(Syntheses syntheses, PreparedWeights weights, String name) throws IOException {
        return TestRuns.bytes(syntheses.tensor(weights, name).content());
    }

    @ParameterizedTest
    @ValueSource(ints = {SMALL_BLOCKS, 256 << 20})
    void haveTheBitsOfTheirTargetsAlone(int memory) throws IOException {
        try (Engine engine = new Engine(memory, 1)) {
            Syntheses syntheses = new Syntheses(engine);
            Content content = syntheses.files(layered()).getFirst();
            byte[] whole = TestRuns.bytes(content);
            Path file = java.nio.file.Files.write(folder.resolve("layered"), whole);
            Set<Fit> seen = new HashSet<>();
            for (Tensor tensor : WeightFiles.read(file).tensors()) {
                Fit alone = wanted(tensor.name());
                byte[] expected = tensor(syntheses, weights("plain", alone), tensor.name());
                int offset = (int) tensor.offset();
                assertThat(Arrays.copyOfRange(whole, offset, offset + (int) tensor.bytes()))
                        .as(tensor.name())
                        .isEqualTo(expected)
                        .isEqualTo(tensor(syntheses, layered(), tensor.name()));
                seen.add(alone);
            }
            assertThat(seen).hasSize(3);

            Random random = new Random(5);
            for (int i = 0; i < 300; i++) {
                int from = random.nextInt(whole.length);
                int to = from + random.nextInt(Math.min(whole.length - from, 4000) + 1);
                assertThat(TestRuns.range(content, from, to - from)).isEqualTo(Arrays.copyOfRange(whole, from, to));
            }
        }
    }

    @Test
    void areWrittenBesideOtherOutputsInOnePass() throws IOException {
        try (Engine engine = new Engine(256 << 20, 2)) {
            Syntheses syntheses = new Syntheses(engine);
            PreparedWeights plain = weights("plain", rest);
            PreparedWeights other = weights("other", bias, new LayerFit(NamePattern.of("out*"), attention));
            List<PreparedWeights> all = List.of(layered(), plain, other);
            PreparedWeights together =
                    plain.with(all.stream().map(PreparedWeights::target).toList());
            List<Path> files = syntheses.write(together, folder.resolve("out"), false, bytes -> {});
            long read = engine.bytesRead();
            for (int i = 0; i < files.size(); i++)
                assertThat(files.get(i))
                        .hasBinaryContent(
                                TestRuns.bytes(syntheses.files(all.get(i)).getFirst()));
            long before = engine.bytesRead();
            syntheses.write(plain, folder.resolve("plain"), false, bytes -> {});
            assertThat(read).isEqualTo(engine.bytesRead() - before);
            assertThat(WeightFiles.read(files.getFirst()).metadata())
                    .containsEntry("phema.layers", "*attn*=power:0.1; *.bias=power:0.1");
        }
    }

    @Test
    void giveFilesOtherNames() {
        List<String> names = Stream.of("*attn*", "attn", "attn*", "*at*tn*", "at-tn", "at_tn", "at/tn", "at.tn")
                .map(text -> Names.baseName("x", run, rest.target(), List.of(new LayerFit(NamePattern.of(text), bias))))
                .toList();
        assertThat(names).doesNotHaveDuplicates().allMatch(name -> name.matches("[A-Za-z0-9._+~-]+"));
    }

    @Test
    void countForTheIdentity() {
        try (Engine engine = new Engine(256 << 20, 1)) {
            Syntheses syntheses = new Syntheses(engine);
            LayerFit one = new LayerFit(NamePattern.of("*attn*"), attention);
            LayerFit two = new LayerFit(NamePattern.of("*.bias"), bias);
            List<String> identities = new ArrayList<>();
            // A single tensor: files have a header, which tells as well.
            for (List<LayerFit> layers : List.of(
                    List.<LayerFit>of(),
                    List.of(one),
                    List.of(two),
                    List.of(one, two),
                    List.of(two, one),
                    List.of(new LayerFit(NamePattern.of("*mlp*"), bias))))
                identities.add(syntheses
                        .tensor(weights("out", rest, layers.toArray(LayerFit[]::new)), "3.attn.bias")
                        .content()
                        .identity());
            assertThat(identities).doesNotHaveDuplicates();
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            *attention*=power:0.05 | layer *attention* matches no parameter of edm2; they are called like unet.out_gain
            unet.steps=power:0.05  | layer unet.steps matches no parameter of edm2; they are called like unet.out_gain
            *attn*                 | layer *attn* is not a pattern and a profile, such as *attn*=power:0.05
            =power:0.05            | layer =power:0.05 is not a pattern and a profile, such as *attn*=power:0.05
            *=power:0.3            | layer *=power:0.3: sigma_rel must lie in (0, 0.288675), not 0.3
            {time}=power:0.1       | layer {time}=power:0.1 has an unknown field {time}
            """)
    void areRefusedByName(String spec, String complaint) throws IOException {
        refuses(List.of(spec), complaint);
    }

    @Test
    void areRefusedWhereOthersLeaveThemNothing() throws IOException {
        refuses(
                List.of("*conv*=power:0.05", "*block1.conv.weight=power:0.1"),
                "layer *block1.conv.weight matches only parameters that earlier layers have; put it before them");
    }

    private static void refuses(List<String> specs, String complaint) throws IOException {
        Run edm2 = TestRuns.fixture("edm2");
        FitOptions options = FitOptions.of(SolverKind.BLUP, phema.solver.FilesToRead.ALL);
        WeightsRequest request = WeightsRequest.of(Power.ofSigmaRel(0.1, 262_144), options, OutputOptions.AS_STORED)
                .withLayers(specs);
        assertThatThrownBy(() -> new Fits().prepare(edm2, request))
                .isInstanceOf(Problem.class)
                .hasMessage(complaint);
    }

    @Test
    void tiedWeightsAreOfOneLayer() throws IOException {
        run = RunScanner.scan(Fixtures.fixture("torch/tied"), Selection.DEFAULT);
        Fit half = TestRuns.fit(run, 0.5, 0.5);
        Fit newest = TestRuns.fit(run, 0, 1);
        try (Engine engine = new Engine(SMALL_BLOCKS, 1)) {
            Syntheses syntheses = new Syntheses(engine);
            assertThatThrownBy(
                            () -> syntheses.files(weights("tied", half, new LayerFit(NamePattern.of("head*"), newest))))
                    .isInstanceOf(Problem.class)
                    .hasMessageContaining("the tensors emb.weight and head.weight share their elements");
            LayerFit all = new LayerFit(NamePattern.of("*.weight"), newest);
            Path written = syntheses
                    .write(weights("tied", half, all).in(Format.TORCH_ZIP), folder, false, bytes -> {})
                    .getFirst();
            WeightFile file = WeightFiles.read(written);
            WeightFile last = run.newest().file();
            for (String name : List.of("emb.weight", "head.weight", "out.weight", "first.weight"))
                assertThat(TestWeights.values(file, name)).isEqualTo(TestWeights.values(last, name));
            for (String name : List.of("flat", "window", "left", "right", "t", "slice"))
                assertThat(TestWeights.values(file, name))
                        .usingComparatorWithPrecision(1e-6)
                        .containsExactly(TestRuns.exact(run, half, name)[0]);
            assertThat(TestWeights.tensor(file, "head.weight").offset())
                    .isEqualTo(TestWeights.tensor(file, "emb.weight").offset());
        }
    }
}
