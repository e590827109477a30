package phema.storage;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.ProviderMismatchException;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Holds the name of an object, or of a prefix of names, which stands for a folder. An absolute one prints as a URL. */
final class S3Path implements Path {
    private final S3FileSystem fileSystem;
    private final boolean absolute;
    private final List<String> names;

    private S3Path(S3FileSystem fileSystem, boolean absolute, List<String> names) {
        this.fileSystem = fileSystem;
        this.absolute = absolute;
        this.names = List.copyOf(names);
    }

    static S3Path of(S3FileSystem fileSystem, String path) {
        List<String> names =
                Arrays.stream(path.split("/")).filter(name -> !name.isEmpty()).toList();
        // "" has one name, which is empty, as with every provider.
        return new S3Path(fileSystem, path.startsWith("/"), path.isEmpty() ? List.of("") : names);
    }

    static S3Path of(Path path) {
        if (path instanceof S3Path s3) return s3;
        throw new ProviderMismatchException();
    }

    /** The object's key; of the bucket itself, "". */
    String key() {
        return String.join("/", toAbsolutePath().normalize().names);
    }

    /** What the keys of everything in this folder begin with. */
    String prefix() {
        String key = key();
        return key.isEmpty() ? "" : key + "/";
    }

    @Override
    public S3FileSystem getFileSystem() {
        return fileSystem;
    }

    @Override
    public boolean isAbsolute() {
        return absolute;
    }

    @Override
    public @Nullable S3Path getRoot() {
        return absolute ? with(true, List.of()) : null;
    }

    @Override
    public @Nullable S3Path getFileName() {
        return names.isEmpty() ? null : with(false, List.of(names.getLast()));
    }

    @Override
    public @Nullable S3Path getParent() {
        if (names.isEmpty() || (!absolute && names.size() == 1)) return null;
        return with(absolute, names.subList(0, names.size() - 1));
    }

    @Override
    public int getNameCount() {
        return names.size();
    }

    @Override
    public S3Path getName(int index) {
        return subpath(index, index + 1);
    }

    @Override
    public S3Path subpath(int begin, int end) {
        if (begin < 0 || end > names.size() || begin >= end) throw new IllegalArgumentException();
        return with(false, names.subList(begin, end));
    }

    @Override
    public boolean startsWith(Path other) {
        return other instanceof S3Path s3
                && isAlike(s3)
                && s3.names.size() <= names.size()
                && names.subList(0, s3.names.size()).equals(s3.names);
    }

    @Override
    public boolean endsWith(Path other) {
        if (!(other instanceof S3Path s3) || !fileSystem.equals(s3.fileSystem)) return false;
        if (s3.absolute) return equals(s3);
        int from = names.size() - s3.names.size();
        return from >= 0 && names.subList(from, names.size()).equals(s3.names);
    }

    @Override
    public S3Path normalize() {
        List<String> normal = new ArrayList<>();
        for (String name : names) {
            if (name.equals(".")) continue;
            boolean up = name.equals("..");
            if (up && !normal.isEmpty() && !normal.getLast().equals("..")) normal.removeLast();
            else if (!up || !absolute) normal.add(name);
        }
        return with(absolute, !absolute && normal.isEmpty() ? List.of("") : normal);
    }

    @Override
    public S3Path resolve(Path other) {
        S3Path s3 = of(other);
        if (s3.absolute || isEmpty()) return s3;
        if (s3.isEmpty()) return this;
        List<String> joined = new ArrayList<>(names);
        joined.addAll(s3.names);
        return with(absolute, joined);
    }

    @Override
    public S3Path relativize(Path other) {
        S3Path s3 = of(other);
        if (!isAlike(s3)) throw new IllegalArgumentException(other + " cannot be reached from " + this);
        if (isEmpty()) return s3;
        int common = 0;
        while (common < Math.min(names.size(), s3.names.size())
                && names.get(common).equals(s3.names.get(common))) common++;
        List<String> steps = new ArrayList<>(Collections.nCopies(names.size() - common, ".."));
        steps.addAll(s3.names.subList(common, s3.names.size()));
        return with(false, steps.isEmpty() ? List.of("") : steps);
    }

    @Override
    public URI toUri() {
        try {
            return new URI(
                    S3FileSystemProvider.SCHEME,
                    fileSystem.bucket(),
                    "/" + String.join("/", toAbsolutePath().names),
                    null);
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public S3Path toAbsolutePath() {
        if (absolute) return this;
        return with(true, isEmpty() ? List.of() : names);
    }

    /** @throws NoSuchFileException when there is neither an object of this name nor one below it */
    @Override
    public S3Path toRealPath(LinkOption... options) throws java.io.IOException {
        S3Path real = toAbsolutePath().normalize();
        fileSystem.attributes(real);
        return real;
    }

    @Override
    public WatchKey register(WatchService watcher, WatchEvent.Kind<?>[] events, WatchEvent.Modifier... modifiers) {
        throw new UnsupportedOperationException("object storage tells nobody of changes");
    }

    @Override
    public int compareTo(Path other) {
        return toString().compareTo(other.toString());
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof S3Path s3 && isAlike(s3) && names.equals(s3.names);
    }

    @Override
    public int hashCode() {
        return Objects.hash(fileSystem, absolute, names);
    }

    @Override
    public String toString() {
        String joined = String.join("/", names);
        return absolute ? S3FileSystemProvider.SCHEME + "://" + fileSystem.bucket() + "/" + joined : joined;
    }

    private boolean isEmpty() {
        return !absolute && names.equals(List.of(""));
    }

    private boolean isAlike(S3Path other) {
        return fileSystem.equals(other.fileSystem) && absolute == other.absolute;
    }

    private S3Path with(boolean absolute, List<String> names) {
        return new S3Path(fileSystem, absolute, names);
    }
}
