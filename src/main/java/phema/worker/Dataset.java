package phema.worker;

import java.io.IOException;

/** Images to train on, each [C, H, W] with values in [-1, 1]. */
public sealed interface Dataset extends AutoCloseable permits PngDataset, ProceduralDataset {
    /** Number of images. */
    int size();

    /** Width and height. */
    int resolution();

    int channels();

    /** Number of classes, 0 when there are no labels. */
    int classes();

    /** @throws IOException when the image cannot be read; the message names it */
    Example read(int index) throws IOException;

    @Override
    void close() throws IOException;

    /** @param label 0 when there are no labels */
    @SuppressWarnings("ArrayRecordComponent")
    record Example(float[] pixels, int label) {}
}
