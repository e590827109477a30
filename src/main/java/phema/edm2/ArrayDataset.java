package phema.edm2;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.random.RandomGenerator;
import phema.format.FormatException;
import phema.format.NumpyBytes;
import phema.format.OneLine;
import phema.tensor.Shape;

/**
 * Reads images as ADM's tools exchange them (arXiv 2105.05233; its repository, {@code evaluations}): the array
 * {@code arr_0} [N, height, width, 3] of a {@code .npz} file, in unsigned bytes.
 */
final class ArrayDataset implements Dataset {
    private static final String IMAGES = "arr_0";

    private final Path path;
    private final NumpyBytes images;
    private final int size;
    private final int resolution;
    private final int channels;

    private ArrayDataset(Path path, NumpyBytes images) throws FormatException {
        this.path = path;
        this.images = images;
        Shape shape = images.shape();
        List<Long> dims = shape.dims();
        if (dims.size() != 4
                || dims.get(0) == 0
                || dims.get(0) > Integer.MAX_VALUE
                || !dims.get(1).equals(dims.get(2))
                || dims.get(1) == 0
                || dims.get(1) > 1 << 14
                || (dims.get(3) != 1 && dims.get(3) != 3))
            throw new FormatException(
                    path,
                    "array `" + IMAGES + "` has the shape " + shape
                            + "; square images are [N, height, width, 3], or 1 for grey ones");
        size = Math.toIntExact(dims.get(0));
        resolution = Math.toIntExact(dims.get(1));
        channels = Math.toIntExact(dims.get(3));
    }

    static boolean isOne(Path path) {
        return path.toString().toLowerCase(Locale.ROOT).endsWith(".npz") && Files.isRegularFile(path);
    }

    /** @throws FormatException when the file holds no images */
    static ArrayDataset open(Path path) throws IOException {
        NumpyBytes images = NumpyBytes.open(path, IMAGES);
        try {
            return new ArrayDataset(path, images);
        } catch (IOException | RuntimeException e) {
            images.close();
            throw e;
        }
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public int resolution() {
        return resolution;
    }

    @Override
    public int channels() {
        return channels;
    }

    @Override
    public int classes() {
        return 0;
    }

    @Override
    public String identity() {
        return "%d images of an array, %08x".formatted(size, images.checksum());
    }

    @Override
    public List<String> notices() {
        List<String> others = new ArrayList<>(images.others());
        return others.isEmpty()
                ? List.of()
                : List.of(OneLine.of(path + ": the images are " + IMAGES + "; left out are the arrays "
                        + String.join(", ", others)));
    }

    @Override
    public Example read(int index, RandomGenerator random) throws IOException {
        byte[] values = new byte[resolution * resolution * channels];
        images.read((long) index * values.length, values);
        return new Example(new StoredImage(resolution, resolution, channels, values).pixels(channels), 0);
    }

    @Override
    public void close() throws IOException {
        images.close();
    }
}
