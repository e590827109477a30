package phema.format;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Describes one physical file as it was when it was indexed. A weight file has one part, a sharded one several.
 *
 * @param stamp by which a changed file is told on this host without reading it
 * @param digest SHA-256, in hex, of everything but tensor elements
 * @param probe SHA-256, in hex, of bytes spread evenly over the file; empty for objects, which have tags. Two
 *     files of equal size, time stamp, digest and probe are taken for the same, on any host
 */
public record FilePart(Path path, FileStamp stamp, String digest, String probe) {
    /** A file that is copied as it is, of which no structure is known. @throws FormatException where there is none */
    public static FilePart of(Path path, Predicate<Path> mayRead) throws IOException {
        try (InputFile file = InputFile.open(path, mayRead)) {
            return file.part();
        }
    }

    /** The same as phema knew it before it probed files: what was handed out then goes by that. */
    FilePart withoutProbe() {
        return new FilePart(path, stamp, digest, "");
    }

    /** In bytes. */
    public long size() {
        return stamp.size();
    }

    /** When it was last written, as its file system says. */
    public Instant modified() {
        return stamp.modified();
    }

    /** Whether the file is still the one that was indexed. @see #unchanged */
    public boolean isUnchanged(Predicate<Path> mayRead) throws IOException {
        return unchanged(mayRead).isPresent();
    }

    /**
     * The stamp of the file now, if it is still the one that was indexed. Where only its change time or inode differ,
     * which a change of permissions, a new link and a restored copy do as well as new contents, its probe decides. What
     * was read of it before may have been something else even so, where the change time has moved meanwhile.
     */
    public Optional<FileStamp> unchanged(Predicate<Path> mayRead) throws IOException {
        FileStamp now = FileStamp.of(path).orElse(FileStamp.UNKNOWN);
        if (now.equals(stamp)) return Optional.of(now);
        if (probe.isEmpty() || !now.looksLike(stamp)) return Optional.empty();
        try (FileChannel channel = RegularFiles.open(path, mayRead)) {
            return Probe.of(channel).equals(probe) && now.isOf(path) ? Optional.of(now) : Optional.empty();
        }
    }
}
