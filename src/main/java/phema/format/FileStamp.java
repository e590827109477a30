package phema.format;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Tells whether a file is still the one that was seen before, without reading it. Holds on one host only: a copy has
 * another stamp.
 *
 * @param size in bytes
 * @param modified when the file system says that it was last written; whoever may write can set it to any time
 * @param change the file's inode and the time of its last change of any kind, which nobody sets; the tag of an object;
 *     empty where the file system tells neither, and size and time stamp must do
 */
public record FileStamp(long size, Instant modified, String change) {
    /** The stamp of what cannot be looked at. */
    public static final FileStamp UNKNOWN = new FileStamp(0, Instant.EPOCH, "");

    /** The stamp of a file now, links followed; empty when it is gone. */
    public static Optional<FileStamp> of(Path file) throws IOException {
        try {
            return Optional.of(now(file));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** The stamp of what is a regular file itself, and no link to one; empty for anything else. */
    public static Optional<FileStamp> ofPlain(Path file) throws IOException {
        try {
            Look look = look(file, LinkOption.NOFOLLOW_LINKS);
            return look.regular ? Optional.of(look.stamp) : Optional.empty();
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    static FileStamp now(Path file, LinkOption... links) throws IOException {
        return look(file, links).stamp;
    }

    private record Look(FileStamp stamp, boolean regular) {}

    private static Look look(Path file, LinkOption... links) throws IOException {
        if (file.getFileSystem().supportedFileAttributeViews().contains("unix")) {
            // In one call, or they might be of two files.
            Map<String, Object> unix =
                    Files.readAttributes(file, "unix:size,lastModifiedTime,ctime,ino,isRegularFile", links);
            FileStamp stamp = new FileStamp(
                    (Long) known(unix, "size"),
                    ((FileTime) known(unix, "lastModifiedTime")).toInstant(),
                    known(unix, "ino") + " " + ((FileTime) known(unix, "ctime")).toInstant());
            return new Look(stamp, (Boolean) known(unix, "isRegularFile"));
        }
        BasicFileAttributes basic = Files.readAttributes(file, BasicFileAttributes.class, links);
        Object key = basic.fileKey();
        FileStamp stamp =
                new FileStamp(basic.size(), basic.lastModifiedTime().toInstant(), key == null ? "" : key.toString());
        return new Look(stamp, basic.isRegularFile());
    }

    private static Object known(Map<String, Object> attributes, String name) {
        return Objects.requireNonNull(attributes.get(name), name);
    }

    /** Whether a file is there and has this stamp. */
    public boolean isOf(Path file) throws IOException {
        return of(file).filter(this::equals).isPresent();
    }

    /**
     * Whether what was read of a file that had this stamp at first, and has the other now, is of one version, where
     * both are of the version that is wanted: nothing happened to it, or another file has its place, while what was
     * opened was read on. A file that was rewritten and put back with its time stamp has another change time.
     */
    public boolean isReadThrough(FileStamp now) {
        return equals(now) || !inode().equals(now.inode());
    }

    private String inode() {
        return change.split(" ", 2)[0];
    }

    /** Whether size and time stamp are the same, as after a change of permissions, a new link or a careful copy. */
    public boolean looksLike(FileStamp other) {
        return size == other.size && modified.equals(other.modified);
    }
}
