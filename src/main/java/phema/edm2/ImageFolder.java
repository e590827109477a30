package phema.edm2;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.ProviderNotFoundException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;
import phema.format.FormatException;
import phema.format.OneLine;
import phema.problem.Problem;
import phema.text.Labels;
import phema.text.StrictJson;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Reads a folder or ZIP file of images of one kind, at any depth. Labels are in {@code dataset.json} at its root:
 * {@code {"labels": [["path/of/image.png", 3], ...]}}.
 */
final class ImageFolder implements AutoCloseable {
    /** What holds one image each. */
    enum ImageKind {
        PNG("png"),
        JPEG("jpg", "jpeg", "jpe"),
        NPY("npy");

        private final Set<String> extensions;

        ImageKind(String... extensions) {
            this.extensions = Set.of(extensions);
        }

        static Optional<ImageKind> of(String name) {
            String extension = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
            return Arrays.stream(values())
                    .filter(kind -> kind.extensions.contains(extension))
                    .findFirst();
        }
    }

    private static final String LABELS = "dataset.json";

    /** The folder in which archives made by macOS keep what its file system knows beside contents. */
    private static final String MACOS = "__MACOSX";

    private static final int MOST_NAMES = 5;

    private final Path path;
    private final Optional<FileSystem> zip;
    private final Path root;
    private final Map<ImageKind, List<String>> files = new EnumMap<>(ImageKind.class);
    private final List<String> leftOut = new ArrayList<>();
    private final boolean latents;
    private final List<String> names;
    private final int[] labels;
    private final int classes;

    private ImageFolder(Path path, Optional<FileSystem> zip, Path root) throws IOException {
        this.path = path;
        this.zip = zip;
        this.root = root;
        list();
        latents = files.containsKey(ImageKind.NPY);
        if (files.isEmpty())
            throw Problem.invalid(
                    "data",
                    path + " holds no images (.png, .jpg) and no latents (.npy)"
                            + (leftOut.isEmpty() ? "" : ", only " + OneLine.of(named(leftOut))));
        if (latents && files.size() > 1)
            throw Problem.invalid(
                    "data",
                    path + " holds both images (.png, .jpg) and latents (.npy); keep them in folders of their own");
        names = files.values().stream().flatMap(List::stream).sorted().toList();
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

    /** Finds out which files are images, and which are not. */
    private void list() throws IOException {
        try (Stream<Path> all = Files.walk(root)) {
            for (Path file : (Iterable<Path>) all::iterator) {
                Path relative = root.relativize(file);
                if (isHidden(relative) || relative.toString().equals(LABELS)) continue;
                if (Files.isRegularFile(file)) add(relative.toString());
                else if (!Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS))
                    leftOut.add(relative + (Files.isDirectory(file) ? " (a link to a folder)" : " (not a file)"));
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        leftOut.sort(null);
    }

    private void add(String name) {
        ImageKind.of(name)
                .ifPresentOrElse(
                        kind -> files.computeIfAbsent(kind, k -> new ArrayList<>())
                                .add(name),
                        () -> leftOut.add(name));
    }

    private static boolean isHidden(Path relative) {
        for (Path part : relative)
            if (part.toString().startsWith(".") || part.toString().equals(MACOS)) return true;
        return false;
    }

    private static String named(List<String> all) {
        int more = all.size() - MOST_NAMES;
        return String.join(", ", all.subList(0, Math.min(MOST_NAMES, all.size())))
                + (more > 0 ? " and " + more + " more" : "");
    }

    /** What was counted, and what was not; one line each. */
    List<String> notices() {
        List<String> notices = new ArrayList<>();
        if (files.size() > 1)
            notices.add(path + ": "
                    + files.entrySet().stream()
                            .map(e -> e.getValue().size() + " " + e.getKey())
                            .collect(Collectors.joining(" and "))
                    + " images");
        if (!leftOut.isEmpty())
            notices.add(path + ": " + leftOut.size()
                    + (leftOut.size() == 1 ? " file is left out, as it is no " : " files are left out, as they are no ")
                    + (latents ? "latents (.npy): " : "images (.png, .jpg): ") + named(leftOut));
        return notices.stream().map(OneLine::of).toList();
    }

    private int readLabels() throws IOException {
        JsonNode json;
        try (InputStream in = Files.newInputStream(root.resolve(LABELS))) {
            json = StrictJson.MAPPER.readTree(in);
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

    boolean holdsLatents() {
        return latents;
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
        String kind = files.size() == 1 ? Labels.of(files.keySet().iterator().next()) : "image";
        return "%d %s files, %08x".formatted(names.size(), kind, digest.getValue());
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
