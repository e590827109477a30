package phema.edm2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SequencedMap;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import phema.format.FormatException;
import phema.format.WeightFiles;
import phema.problem.Problem;
import phema.tensor.DType;
import phema.tensor.Shape;

class GeneratorTest {
    private static final NetworkSpec SPEC = NetworkSpec.of(4, 3, 2, 4, List.of(1), 1);

    @TempDir
    private static Path folder = Path.of("");

    @BeforeAll
    static void writeNetworks() throws IOException {
        write("net", SPEC, 1);
        write("worse", SPEC, 2);
        write("unconditional", NetworkSpec.of(4, 3, 0, 4, List.of(1), 1), 3);
        write("larger", NetworkSpec.of(8, 3, 2, 4, List.of(1), 1), 4);
    }

    @Test
    void aSeedMakesTheSameImageInEveryBatch() throws IOException {
        try (Generator generator = open("net", null, 1)) {
            float[] alone = generator.fromSeeds(List.of(7L), OptionalInt.empty());
            float[] together = generator.fromSeeds(List.of(3L, 7L), OptionalInt.empty());
            for (int i = 0; i < alone.length; i++)
                assertThat(together[alone.length + i]).isCloseTo(alone[i], within(1e-4f));
        }
    }

    @Test
    void guidanceByTheNetworkItselfChangesNothing() throws IOException {
        float[] plain = images("net", null, 1);
        float[] guided = images("net", "net", 3);
        for (int i = 0; i < plain.length; i++) assertThat(guided[i]).isCloseTo(plain[i], within(1e-4f));
    }

    @Test
    void guidanceOfZeroIsTheGuidingNetworkAlone() throws IOException {
        float[] worse = images("worse", null, 1);
        float[] guided = images("net", "worse", 0);
        for (int i = 0; i < worse.length; i++) assertThat(guided[i]).isCloseTo(worse[i], within(1e-4f));
    }

    @Test
    void anUnconditionalNetworkCanGuide() throws IOException {
        assertThat(images("net", "unconditional", 1.5)).isNotEqualTo(images("net", null, 1));
    }

    @Test
    void withoutLabelsThereIsNothingToGuideWith() {
        assertThatThrownBy(() -> open("unconditional", null, 1.5))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("give it a guiding network");
    }

    @Test
    void refusesAGuidingNetworkForOtherImages() {
        assertThatThrownBy(() -> open("net", "larger", 1.5))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("makes images of another size");
    }

    @Test
    void noiseFromAFileGivesImagesInAFile() throws IOException {
        float[] noise = new float[3 * SPEC.pixels()];
        for (int i = 0; i < noise.length; i++) noise[i] = (float) Math.sin(i);
        Path in = writeNoise("noise", Shape.of(3, 3, 4, 4), noise);
        Path one = folder.resolve("one.safetensors");
        Path all = folder.resolve("all.safetensors");
        try (Generator generator = open("net", null, 1)) {
            generator.fromFile(in, one, 1);
            generator.fromFile(in, all, 16);
        }
        WeightStore.Values images =
                WeightStore.read(WeightFiles.read(all)).firstEntry().getValue();
        assertThat(images.shape()).isEqualTo(Shape.of(3, 3, 4, 4));
        float[] byOne =
                WeightStore.read(WeightFiles.read(one)).firstEntry().getValue().elements();
        for (int i = 0; i < byOne.length; i++) assertThat(images.elements()[i]).isCloseTo(byOne[i], within(1e-4f));
    }

    @Test
    void refusesNoiseOfAnotherShape() throws IOException {
        Path in = writeNoise("small", Shape.of(1, 3, 2, 2), new float[12]);
        try (Generator generator = open("net", null, 1)) {
            assertThatThrownBy(() -> generator.fromFile(in, folder.resolve("never.safetensors"), 16))
                    .isInstanceOf(FormatException.class)
                    .hasMessageContaining("`noise` has the shape [1, 3, 2, 2]; the network takes [1, 3, 4, 4]");
        }
    }

    @Test
    void imagesThatAreNotFiniteAreNeitherDrawnNorWritten() throws IOException {
        NetworkWeights weights = NetworkWeights.initial(SPEC, Randoms.of(1, 0));
        weights.get("unet.out_gain")[0] = 3e38f;
        write("endless", weights);
        Path in = writeNoise("three", Shape.of(3, 3, 4, 4), new float[3 * SPEC.pixels()]);
        Path never = folder.resolve("never.safetensors");
        SamplerOptions options = new SamplerOptions(3, 0.002, 80, 7, 1, 0, 0, 1, 1);
        for (Computing computing : List.of(
                Computing.USUAL,
                new Computing(Computing.Library.ONNX, Computing.Precision.F16),
                new Computing(Computing.Library.ND4J, Computing.Precision.F32)))
            try (Generator generator =
                    Generator.of(Network.read(file("endless")), Optional.empty(), options, computing)) {
                String remedy = computing.precision() == Computing.Precision.F16 ? "; they may be too large" : "";
                assertThatThrownBy(() -> generator.fromSeeds(List.of(7L, 8L), OptionalInt.empty()))
                        .isInstanceOf(Problem.class)
                        .hasMessageStartingWith("the network makes values that are not finite from seed 7" + remedy);
                assertThatThrownBy(() -> generator.fromFile(in, never, 2))
                        .isInstanceOf(Problem.class)
                        .hasMessageContaining("not finite from row 0 of `noise`");
                assertThat(never).doesNotExist();
            }
    }

    @Test
    void samplersOfOtherNumbersAreRefused() {
        for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThatThrownBy(() -> new SamplerOptions(3, 0.002, 80, bad, 1, 0, 0, 1, 1))
                    .hasMessageContaining("rho must be a number above 0, not " + bad);
            assertThatThrownBy(() -> new SamplerOptions(3, 0.002, 80, 7, bad, 0, 0, 1, 1))
                    .hasMessageContaining("guidance must be a number, not " + bad);
            assertThatThrownBy(() -> new SamplerOptions(3, 0.002, 80, 7, 1, 0, bad, 1, 1))
                    .hasMessageContaining("S_min must not be above S_max: " + bad);
            assertThatThrownBy(() -> new SamplerOptions(3, 0.002, 80, 7, 1, 0, 0, 1, bad))
                    .hasMessageContaining("S_noise must be a number, not " + bad);
        }
        assertThatThrownBy(() -> new SamplerOptions(3, 0.002, 80, 7, 1, Double.NaN, 0, 1, 1))
                .hasMessageContaining("S_churn must be 0 or a number above, not NaN");
    }

    @Test
    void imagesAreDrawnSideBySide() throws IOException {
        float[] images = new float[2 * SPEC.pixels()];
        java.util.Arrays.fill(images, 0, SPEC.pixels(), -1);
        java.util.Arrays.fill(images, SPEC.pixels(), images.length, 1);
        Path path = folder.resolve("grid.png");
        Png.writeGrid(path, new ImageBatch(3, 4, images));
        var image = ImageIO.read(path.toFile());
        assertThat(image.getWidth()).isEqualTo(8);
        assertThat(image.getRGB(3, 3) & 0xffffff).isZero();
        assertThat(image.getRGB(4, 0) & 0xffffff).isEqualTo(0xffffff);
    }

    private static float[] images(String net, @org.jspecify.annotations.Nullable String guide, double guidance)
            throws IOException {
        try (Generator generator = open(net, guide, guidance)) {
            return generator.fromSeeds(List.of(1L, 2L), OptionalInt.of(1));
        }
    }

    private static Generator open(String net, @org.jspecify.annotations.Nullable String guide, double guidance)
            throws IOException {
        SamplerOptions options = new SamplerOptions(3, 0.002, 80, 7, guidance, 0, 0, 1, 1);
        Optional<Network> guiding = guide == null ? Optional.empty() : Optional.of(Network.read(file(guide)));
        return Generator.of(Network.read(file(net)), guiding, options, Computing.USUAL);
    }

    private static Path file(String name) {
        return folder.resolve(name + ".safetensors");
    }

    private static Path writeNoise(String name, Shape shape, float[] noise) throws IOException {
        SequencedMap<String, WeightStore.Values> tensors = new LinkedHashMap<>();
        tensors.put("noise", new WeightStore.Values(shape, noise));
        WeightStore.write(file(name), tensors, DType.F32, Map.of());
        return file(name);
    }

    private static void write(String name, NetworkSpec spec, long seed) throws IOException {
        NetworkWeights weights = NetworkWeights.initial(spec, Randoms.of(seed, 0));
        for (String tensor : weights.names()) if (weights.shape(tensor).rank() == 0) weights.get(tensor)[0] = 0.5f;
        write(name, weights);
    }

    private static void write(String name, NetworkWeights weights) throws IOException {
        SequencedMap<String, WeightStore.Values> tensors = new LinkedHashMap<>();
        for (String tensor : weights.names())
            tensors.put(tensor, new WeightStore.Values(weights.shape(tensor), weights.get(tensor)));
        WeightStore.write(file(name), tensors, DType.F32, Map.of());
    }
}
