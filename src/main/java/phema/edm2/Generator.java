package phema.edm2;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SequencedMap;
import java.util.function.IntFunction;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import phema.format.FormatException;
import phema.format.WeightFiles;
import phema.problem.Problem;
import phema.tensor.DType;
import phema.tensor.Shape;

/**
 * Makes images with a network, guided by a second one where asked. For use by one platform thread. States stay in the
 * JVM's memory between steps: ONNX Runtime's Java interface takes no tensors of a GPU.
 */
public final class Generator implements AutoCloseable {
    private static final String NOISE = "noise";
    private static final String LABELS = "labels";
    private static final String IMAGES = "images";

    private final NetworkSpec spec;
    private final DenoisingNetwork network;
    private final @Nullable DenoisingNetwork guide;
    private final int guideClasses;
    private final SamplerOptions options;
    private final Computing computing;

    private Generator(
            NetworkWeights network, @Nullable NetworkWeights guide, SamplerOptions options, Computing computing) {
        this.spec = network.spec();
        this.network = computing.denoiser(network);
        this.guide = guide == null ? null : guide(guide, computing);
        this.guideClasses = guide == null ? 0 : guide.spec().classes();
        this.options = options;
        this.computing = computing;
    }

    private DenoisingNetwork guide(NetworkWeights guide, Computing computing) {
        try {
            return computing.denoiser(guide);
        } catch (RuntimeException e) {
            network.close();
            throw e;
        }
    }

    /**
     * @param guide the guiding network; without one, guidance is by the network itself without labels
     * @throws Problem when the two networks do not belong together, or there is nothing to guide with
     * @throws FormatException when the weights of a file are not readable or not finite
     */
    public static Generator of(Network network, Optional<Network> guide, SamplerOptions options, Computing computing)
            throws IOException {
        NetworkSpec spec = network.spec();
        if (guide.isEmpty()) {
            if (options.guidance() != 1 && spec.classes() == 0)
                throw Problem.invalid("guidance", network + " has no labels to do without; give it a guiding network");
            return open(network.weights(), null, options, computing);
        }
        NetworkSpec other = guide.get().spec();
        if (other.resolution() != spec.resolution() || other.channels() != spec.channels())
            throw Problem.invalid("gnet", guide.get() + " makes images of another size than " + network);
        if (other.classes() != 0 && other.classes() != spec.classes())
            throw Problem.invalid(
                    "gnet", guide.get() + " has " + other.classes() + " classes, " + network + " " + spec.classes());
        boolean guides = options.guidance() != 1;
        return open(network.weights(), guides ? guide.get().weights() : null, options, computing);
    }

    private static Generator open(
            NetworkWeights network, @Nullable NetworkWeights guide, SamplerOptions options, Computing computing)
            throws IOException {
        try {
            return new Generator(network, guide, options, computing);
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    public NetworkSpec spec() {
        return spec;
    }

    /**
     * One image per seed, the same whatever the other seeds are.
     *
     * @param label of all images; by default every seed has one of its own
     * @return [N, C, H, W]
     * @throws Problem when there is no such label, or the network makes values that are not finite
     */
    public float[] fromSeeds(List<Long> seeds, OptionalInt label) {
        if (label.isPresent() && (label.getAsInt() < 0 || label.getAsInt() >= spec.classes()))
            throw Problem.invalid(
                    "class",
                    "class " + label.getAsInt() + ": the network has " + spec.classes() + " classes, from 0 on");
        int pixels = spec.pixels();
        float[] noise = new float[seeds.size() * pixels];
        float[] labels = new float[seeds.size() * spec.classes()];
        List<RandomGenerator> randoms = new ArrayList<>();
        for (int i = 0; i < seeds.size(); i++) {
            RandomGenerator random = Randoms.of(seeds.get(i), 0);
            for (int p = 0; p < pixels; p++) noise[i * pixels + p] = (float) random.nextGaussian();
            if (spec.classes() > 0) {
                int own = random.nextInt(spec.classes());
                labels[i * spec.classes() + label.orElse(own)] = 1;
            }
            randoms.add(random);
        }
        return sample(noise, labels, randoms, i -> "seed " + seeds.get(i));
    }

    /**
     * Images for the tensors {@code noise} [N, C, H, W], of unit variance, and {@code labels} [N, classes] of a file,
     * written to another file as {@code images}. Without {@code labels} images have none.
     *
     * @param batch images that go through the network at once
     * @throws FormatException when the tensors do not fit the network
     * @throws Problem when the network makes values that are not finite
     */
    public void fromFile(Path noiseFile, Path imageFile, int batch) throws IOException {
        Map<String, WeightStore.Values> tensors = WeightStore.read(WeightFiles.read(noiseFile));
        WeightStore.@Nullable Values noise = tensors.get(NOISE);
        WeightStore.@Nullable Values labels = tensors.get(LABELS);
        if (noise == null) throw new FormatException(noiseFile, "has no tensor `noise`");
        long n = noise.shape().rank() == 0 ? 0 : noise.shape().dims().getFirst();
        requireShape(noiseFile, NOISE, noise, Shape.of(n, spec.channels(), spec.resolution(), spec.resolution()));
        if (labels != null) requireShape(noiseFile, LABELS, labels, Shape.of(n, spec.classes()));
        float[] labelled = labels == null ? new float[(int) n * spec.classes()] : labels.elements();
        float[] images = new float[noise.elements().length];
        for (int first = 0; first < n; first += batch) {
            int end = (int) Math.min(n, first + batch);
            List<RandomGenerator> randoms = new ArrayList<>();
            for (int i = first; i < end; i++) randoms.add(Randoms.of(i, 0));
            int before = first;
            float[] part = sample(
                    Arrays.copyOfRange(noise.elements(), first * spec.pixels(), end * spec.pixels()),
                    Arrays.copyOfRange(labelled, first * spec.classes(), end * spec.classes()),
                    randoms,
                    i -> "row " + (before + i) + " of `noise`");
            System.arraycopy(part, 0, images, first * spec.pixels(), part.length);
        }
        write(imageFile, images);
    }

    /**
     * Writes what was made, before any decoding, as the tensor {@code images} of a safetensors file. @param images [N,
     * C, H, W]
     */
    public void write(Path file, float[] images) throws IOException {
        Shape shape = Shape.of(images.length / spec.pixels(), spec.channels(), spec.resolution(), spec.resolution());
        SequencedMap<String, WeightStore.Values> result = new LinkedHashMap<>();
        result.put(IMAGES, new WeightStore.Values(shape, images));
        WeightStore.write(file, result, DType.F32, Map.of());
    }

    private static void requireShape(Path file, String name, WeightStore.Values values, Shape expected)
            throws FormatException {
        if (!values.shape().equals(expected))
            throw new FormatException(
                    file, "tensor `" + name + "` has the shape " + values.shape() + "; the network takes " + expected);
    }

    /** @param origin of an image, for users */
    private float[] sample(float[] noise, float[] labels, List<RandomGenerator> randoms, IntFunction<String> origin) {
        float[] images = Heun.sample((x, sigma) -> denoise(x, sigma, labels), noise, options, randoms);
        for (int i = 0; i < images.length; i++)
            if (!Float.isFinite(images[i]))
                throw Problem.unprocessable("the network makes values that are not finite from "
                        + origin.apply(i / spec.pixels()) + computing.remedy());
        return images;
    }

    /** {@code D = D_ref + g (D - D_ref)} (arXiv 2406.02507, Eq. 3). */
    private float[] denoise(double[] x, double sigma, float[] labels) {
        float[] input = new float[x.length];
        for (int i = 0; i < x.length; i++) input[i] = (float) x[i];
        Batch batch = batch(input, sigma, labels);
        float g = (float) options.guidance();
        if (g == 1) return network.denoise(batch);
        float[] denoised;
        float[] reference;
        if (guide == null) {
            // Both answers of the one network, with labels and without, are one batch.
            float[] both = network.denoise(batch(twice(input), sigma, Arrays.copyOf(labels, 2 * labels.length)));
            denoised = Arrays.copyOf(both, input.length);
            reference = Arrays.copyOfRange(both, input.length, both.length);
        } else {
            denoised = network.denoise(batch);
            reference = guide.denoise(guideClasses == 0 ? batch(input, sigma, new float[0]) : batch);
        }
        for (int i = 0; i < denoised.length; i++) denoised[i] = reference[i] + g * (denoised[i] - reference[i]);
        return denoised;
    }

    private Batch batch(float[] x, double sigma, float[] labels) {
        double[] sigmas = new double[x.length / spec.pixels()];
        Arrays.fill(sigmas, sigma);
        return new Batch(x, sigmas, labels);
    }

    private static float[] twice(float[] values) {
        float[] twice = Arrays.copyOf(values, 2 * values.length);
        System.arraycopy(values, 0, twice, values.length, values.length);
        return twice;
    }

    @Override
    public void close() {
        network.close();
        if (guide != null) guide.close();
    }
}
