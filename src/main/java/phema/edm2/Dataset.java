package phema.edm2;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.random.RandomGenerator;
import phema.format.FormatException;
import phema.problem.Problem;

/** Holds images to train on, or latents of images, each [C, H, W]. */
public sealed interface Dataset extends AutoCloseable
        permits ArrayDataset, ImageDataset, LatentDataset, ProceduralDataset {
    /**
     * A folder or ZIP file of square PNG and JPEG images, or of latents as NPY arrays, of one size and at any depth.
     * Labels are in {@code dataset.json} at its root: {@code {"labels": [["path/of/image.png", 3], ...]}}. Or a
     * {@code .npz} file of images as ADM has them, without labels.
     *
     * @throws Problem when there are no images, or not every image has a label
     * @throws FormatException when the archive, an image or the labels cannot be read
     */
    static Dataset open(Path path) throws IOException {
        if (ArrayDataset.isOne(path)) return ArrayDataset.open(path);
        ImageFolder folder = ImageFolder.open(path);
        try {
            return folder.holdsLatents() ? new LatentDataset(folder) : new ImageDataset(folder);
        } catch (IOException | RuntimeException e) {
            folder.close();
            throw e;
        }
    }

    /** Number of images. */
    int size();

    /** Width and height. */
    int resolution();

    int channels();

    /** Number of classes, 0 when there are no labels. */
    int classes();

    /** Tells it from others, wherever it lies: by what its images are called and labelled, not by their pixels. */
    String identity();

    /** What users should know of what is counted and what is left out; one line each. */
    default List<String> notices() {
        return List.of();
    }

    /**
     * @param random draws latents that are stored as distributions
     * @throws IOException when the image cannot be read; the message names it
     */
    Example read(int index, RandomGenerator random) throws IOException;

    @Override
    void close() throws IOException;

    /** @param label 0 when there are no labels */
    @SuppressWarnings("ArrayRecordComponent")
    record Example(float[] pixels, int label) {}
}
