package phema.format;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Opens every input safely: a name can lead to a pipe, which would block, to a device without an end, or out of the
 * folders that may be read.
 */
public final class RegularFiles {
    private RegularFiles() {}

    /**
     * @param stamp from before it was opened, so that a file replaced meanwhile does not pass for an unchanged one
     */
    record Opened(FileChannel channel, FileStamp stamp) {}

    /**
     * Opens the file behind a name for reading. Links are followed first, and then no more.
     *
     * @param mayRead asked with the real path, before anything is opened
     * @throws FormatException when there is none, it is not regular, or it may not be read
     */
    public static FileChannel open(Path path, Predicate<Path> mayRead) throws IOException {
        return opened(path, mayRead).channel();
    }

    static Opened opened(Path path, Predicate<Path> mayRead) throws IOException {
        try {
            Path real = path.toRealPath();
            if (!mayRead.test(real)) throw new FormatException(path, "lies outside of phema.roots; move it there");
            BasicFileAttributes attributes =
                    Files.readAttributes(real, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            if (attributes.isDirectory()) throw new FormatException(path, "is a folder; name a file in it");
            if (!attributes.isRegularFile())
                throw new FormatException(path, "is a pipe or a device, not a regular file");
            FileStamp stamp = FileStamp.now(real, LinkOption.NOFOLLOW_LINKS);
            return new Opened(
                    FileChannel.open(real, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)), stamp);
        } catch (NoSuchFileException e) {
            throw new FormatException(path, "does not exist");
        } catch (AccessDeniedException e) {
            throw new FormatException(path, "may not be read; check its permissions");
        }
    }
}
