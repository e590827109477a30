package phema.worker;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.ProviderNotFoundException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.ZipException;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;
import phema.format.FormatException;
import phema.problem.Problem;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A folder or ZIP file of square PNG images of one size, grey or RGB, at any depth. Labels are in {@code dataset.json} at its root:
 * {@code {"labels": [["path/of/image.png", 3], ...]}}.
 */
public final class PngDataset implements Dataset {
    private static final String LABELS = "dataset.json";

    private final Path path;
    private final Optional<FileSystem> zip;
    private final Path root;
    private final List<String> names;
    private final int[] labels;
    private final int classes;
    private final int resolution;
    private final int channels;

    private PngDataset(Path path, Optional<FileSystem> zip, Path root) throws IOException {
        this.path = path;
        this.zip = zip;
        this.root = root;
        try (Stream<Path> files = Files.walk(root)) {
            names = files.filter(
                            file -> file.toString().toLowerCase(Locale.ROOT).endsWith(".png"))
                    .map(file -> root.relativize(file).toString())
                    .sorted()
                    .toList();
        }
        if (names.isEmpty()) throw Problem.invalid("data", path + " holds no PNG images");
        labels = new int[names.size()];
        classes = Files.exists(root.resolve(LABELS)) ? readLabels() : 0;
        BufferedImage first = image(names.getFirst());
        if (first.getWidth() != first.getHeight())
            throw broken(names.getFirst(), "is " + size(first) + "; images must be square");
        resolution = first.getWidth();
        channels = first.getRaster().getNumBands() <= 2 ? 1 : 3;
    }

    /**
     * @throws Problem when there are no images, or not every image has a label
     * @throws FormatException when the archive, an image or the labels cannot be read
     */
    public static PngDataset open(Path path) throws IOException {
        if (Files.isDirectory(path)) return new PngDataset(path, Optional.empty(), path);
        if (!Files.isRegularFile(path)) throw Problem.invalid("data", path + " is neither a folder nor a ZIP file");
        FileSystem zip;
        try {
            zip = FileSystems.newFileSystem(path, Map.of("enablePosixFileAttributes", "false"));
        } catch (ZipException | ProviderNotFoundException e) {
            throw new FormatException(path, "is not a ZIP file, or a damaged one: " + e.getMessage());
        }
        try {
            return new PngDataset(path, Optional.of(zip), zip.getPath("/"));
        } catch (IOException | RuntimeException e) {
            zip.close();
            throw e;
        }
    }

    private int readLabels() throws IOException {
        JsonNode json;
        try (InputStream in = Files.newInputStream(root.resolve(LABELS))) {
            json = JsonMapper.shared().readTree(in);
        } catch (JacksonException e) {
            throw broken(LABELS, "is not valid JSON: " + e.getOriginalMessage());
        }
        JsonNode pairs = json.path("labels");
        if (pairs.isNull() || pairs.isMissingNode()) return 0;
        Map<String, Integer> byName = new HashMap<>();
        int most = -1;
        for (JsonNode pair : pairs) {
            if (pair.size() != 2 || !pair.get(0).isString() || !pair.get(1).isInt())
                throw broken(LABELS, "has the entry " + pair + " where [\"path\", class] belongs");
            int label = pair.get(1).intValue();
            if (label < 0 || label >= 100_000)
                throw broken(
                        LABELS,
                        "gives " + pair.get(0).stringValue() + " the class " + label + "; classes count from 0");
            byName.put(pair.get(0).stringValue(), label);
            most = Math.max(most, label);
        }
        for (int i = 0; i < labels.length; i++) {
            @Nullable Integer label = byName.get(names.get(i).replace('\\', '/'));
            if (label == null) throw broken(LABELS, "has no class for " + names.get(i));
            labels[i] = label;
        }
        return most + 1;
    }

    @Override
    public int size() {
        return names.size();
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
        return classes;
    }

    @Override
    public Example read(int index) throws IOException {
        String name = names.get(index);
        BufferedImage image = image(name);
        if (image.getWidth() != resolution || image.getHeight() != resolution)
            throw broken(name, "is " + size(image) + "; the first image is " + resolution + "x" + resolution);
        float[] pixels = new float[channels * resolution * resolution];
        for (int y = 0; y < resolution; y++) {
            for (int x = 0; x < resolution; x++) {
                int rgb = image.getRGB(x, y);
                for (int c = 0; c < channels; c++) {
                    int value = channels == 1 ? image.getRaster().getSample(x, y, 0) : rgb >> (16 - 8 * c) & 0xff;
                    pixels[(c * resolution + y) * resolution + x] = value / 127.5f - 1;
                }
            }
        }
        return new Example(pixels, labels[index]);
    }

    private BufferedImage image(String name) throws IOException {
        @Nullable BufferedImage image;
        try (InputStream in = Files.newInputStream(root.resolve(name))) {
            image = ImageIO.read(in);
        } catch (IOException | RuntimeException e) {
            throw broken(name, "cannot be read as a PNG image: " + e.getMessage());
        }
        if (image == null) throw broken(name, "is not a PNG image");
        if (image.getRaster().getSampleModel().getSampleSize(0) > 8)
            throw broken(name, "has more than 8 bits per value");
        return image;
    }

    private static String size(BufferedImage image) {
        return image.getWidth() + "x" + image.getHeight();
    }

    private FormatException broken(String name, String problem) {
        return new FormatException(path, name + " " + problem);
    }

    @Override
    public void close() throws IOException {
        if (zip.isPresent()) zip.get().close();
    }
}
