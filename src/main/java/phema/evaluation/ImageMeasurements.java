package phema.evaluation;

import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import phema.edm2.Dataset;
import phema.edm2.Decoding;
import phema.edm2.Generator;
import phema.edm2.ImageBatch;
import phema.edm2.LatentDataset;
import phema.edm2.NetworkSpec;
import phema.edm2.Randoms;
import phema.metrics.FeatureNetwork;
import phema.metrics.Images;
import phema.metrics.Measurement;
import phema.metrics.Metric;
import phema.metrics.References;
import phema.metrics.Statistics;
import phema.problem.Problem;
import phema.storage.PendingFile;

/** Gathers statistics of the features of images that a network makes, or of a dataset, in batches that are not kept. */
public final class ImageMeasurements {
    private ImageMeasurements() {}

    /**
     * Measures one image per seed, rounded to what image files can hold.
     *
     * <p>The metric is {@code ofNetwork(generator, Decoding.NONE, seeds, 64, networks, images -> {}).distances(...)}.
     *
     * @param decoding of what the network makes
     * @param batch images that go through a network at once
     * @param each is given the images of each batch
     * @throws Problem when the network makes no images, or values that are not finite
     */
    public static Measurement ofNetwork(
            Generator generator,
            Decoding decoding,
            List<Long> seeds,
            int batch,
            List<FeatureNetwork> networks,
            Consumer<Images> each) {
        NetworkSpec spec = generator.spec();
        decoding.require(spec.channels(), spec.resolution());
        Measurement measurement = new Measurement(networks);
        for (int first = 0; first < seeds.size(); first += batch) {
            List<Long> part = seeds.subList(first, Math.min(seeds.size(), first + batch));
            float[] values = generator.fromSeeds(part, OptionalInt.empty());
            Images images = quantized(decoding.images(values, spec.channels(), spec.resolution()));
            measurement.add(images);
            each.accept(images);
        }
        return measurement;
    }

    /**
     * Measures images of a dataset.
     *
     * @param decoding of what the dataset holds
     * @param indices of the images
     */
    public static Measurement ofDataset(
            Dataset dataset,
            Decoding decoding,
            List<Integer> indices,
            int batch,
            List<FeatureNetwork> networks,
            LongConsumer progress)
            throws IOException {
        if (dataset instanceof LatentDataset && decoding == Decoding.NONE)
            throw Problem.invalid("data", "latents are no images, and features are of images; give their decoder");
        decoding.require(dataset.channels(), dataset.resolution());
        Measurement measurement = new Measurement(networks);
        int pixels = dataset.channels() * dataset.resolution() * dataset.resolution();
        for (int first = 0; first < indices.size(); first += batch) {
            List<Integer> part = indices.subList(first, Math.min(indices.size(), first + batch));
            float[] values = new float[part.size() * pixels];
            for (int i = 0; i < part.size(); i++)
                System.arraycopy(
                        dataset.read(part.get(i), Randoms.of(0, part.get(i))).pixels(), 0, values, i * pixels, pixels);
            measurement.add(quantized(decoding.images(values, dataset.channels(), dataset.resolution())));
            progress.accept(part.size());
        }
        return measurement;
    }

    private static Images quantized(ImageBatch images) {
        return Images.quantized(images.values(), images.channels(), images.resolution());
    }

    /** Writes reference statistics, in the form of {@link References}; the file appears when it is complete. */
    public static void write(Path path, Map<Metric, Statistics> statistics) throws IOException {
        PendingFile.write(path, channel -> References.write(Channels.newOutputStream(channel), statistics));
    }
}
