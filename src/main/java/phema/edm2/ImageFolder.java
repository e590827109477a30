package phema.edm2;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.ProviderNotFoundException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import java.util.zip.CRC32C;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;
import phema.format.FormatException;
import phema.problem.Problem;
import phema.text.Labels;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads a folder or ZIP file of images of one kind, at any depth. Labels are in {@code dataset.json} at its root:
 * {@code {"labels": [["path/of/image.png", 3], ...]}}.
 */
final class ImageFolder implements AutoCloseable {
    /** What holds one image each. */
    enum ImageKind {
        PNG,
        NPY;

        boolean is(Path file) {
            return file.toString().toLowerCase(Locale.ROOT).endsWith("." + Labels.of(this));
        }
    }

    private static final String LABELS = "dataset.json";

    private final Path path;
    private final Optional<FileSystem> zip;
    private final Path root;
    private final ImageKind kind;
    private final List<String> names;
    private final int[] labels;
    private final int classes;

    private ImageFolder(Path path, Optional<FileSystem> zip, Path root) throws IOException {
        this.path = path;
        this.zip = zip;
        this.root = root;
        Map<ImageKind, List<String>> files = files();
        List<String> images = files.getOrDefault(ImageKind.PNG, List.of());
        List<String> latents = files.getOrDefault(ImageKind.NPY, List.of());
        if (images.isEmpty() && latents.isEmpty())
            throw Problem.invalid("data", path + " holds no images (.png) and no latents (.npy)");
        if (!images.isEmpty() && !latents.isEmpty())
            throw Problem.invalid(
                    "data", path + " holds both images (.png) and latents (.npy); keep them in folders of their own");
        kind = latents.isEmpty() ? ImageKind.PNG : ImageKind.NPY;
        names = latents.isEmpty() ? images : latents;
        labels = new int[names.size()];
        classes = Files.exists(root.resolve(LABELS)) ? readLabels() : 0;
    }

    /**
     * @throws Problem when there are no images, or not every image has a label
     * @throws FormatException when the archive or the labels cannot be read
     */
    static ImageFolder open(Path path) throws IOException {
        // A walk does not follow a link that it starts from.
        if (Files.isDirectory(path)) return new ImageFolder(path, Optional.empty(), path.toRealPath());
        if (!Files.isRegularFile(path)) throw Problem.invalid("data", path + " is neither a folder nor a ZIP file");
        FileSystem zip;
        try {
            zip = FileSystems.newFileSystem(path, Map.of("enablePosixFileAttributes", "false"));
        } catch (ZipException | ProviderNotFoundException e) {
            throw new FormatException(path, "is not a ZIP file, or a damaged one: " + e.getMessage());
        }
        try {
            return new ImageFolder(path, Optional.of(zip), zip.getPath("/"));
        } catch (IOException | RuntimeException e) {
            zip.close();
            throw e;
        }
    }

    /** Names of all images. */
    private Map<ImageKind, List<String>> files() throws IOException {
        Map<ImageKind, List<String>> files = new EnumMap<>(ImageKind.class);
        for (ImageKind of : ImageKind.values()) files.put(of, new ArrayList<>());
        try (Stream<Path> all = Files.walk(root)) {
            all.forEach(file -> files.forEach((of, names) -> {
                if (of.is(file) && !isOfMacOs(root.relativize(file)) && Files.isRegularFile(file))
                    names.add(root.relativize(file).toString());
            }));
        }
        files.values().forEach(Collections::sort);
        return files;
    }

    /** Whether a file is what macOS leaves beside the real ones, in archives and on foreign disks: no image. */
    private static boolean isOfMacOs(Path file) {
        return String.valueOf(file.getFileName()).startsWith("._")
                || StreamSupport.stream(file.spliterator(), false)
                        .anyMatch(part -> part.toString().equals("__MACOSX"));
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

    ImageKind kind() {
        return kind;
    }

    int size() {
        return names.size();
    }

    int classes() {
        return classes;
    }

    int label(int index) {
        return labels[index];
    }

    /** {@code 70000 png files, 5f0c1d2e}: with a checksum of all names and labels. */
    String identity() {
        CRC32C digest = new CRC32C();
        for (int i = 0; i < names.size(); i++)
            digest.update((names.get(i).replace('\\', '/') + "\0" + labels[i] + "\n").getBytes(StandardCharsets.UTF_8));
        return "%d %s files, %08x".formatted(names.size(), Labels.of(kind), digest.getValue());
    }

    /** The bytes of an image. */
    InputStream open(int index) throws IOException {
        return Files.newInputStream(root.resolve(names.get(index)));
    }

    /** @param problem a sentence without subject */
    FormatException broken(int index, String problem) {
        return broken(names.get(index), problem);
    }

    private FormatException broken(String name, String problem) {
        return new FormatException(path, name + " " + problem);
    }

    @Override
    public void close() throws IOException {
        if (zip.isPresent()) zip.get().close();
    }
}
