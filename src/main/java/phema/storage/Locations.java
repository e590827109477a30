package phema.storage;

import java.nio.file.FileSystems;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads where users say that files are: a path, or {@code s3://bucket/prefix}. */
public final class Locations {
    private static final Pattern URL = Pattern.compile("([A-Za-z][A-Za-z0-9+.-]+)://([^/]*)(/.*)?");

    private Locations() {}

    /** @throws InvalidPathException when it is no path, or a URL of anything but S3 */
    public static Path path(String location) {
        Matcher url = URL.matcher(location);
        if (!url.matches()) return Path.of(location);
        if (!url.group(1).equalsIgnoreCase(S3FileSystemProvider.SCHEME)
                || url.group(2).isEmpty())
            throw new InvalidPathException(location, "neither a path nor s3://bucket/prefix");
        return S3FileSystem.of(url.group(2)).getPath(url.group(3) == null ? "/" : url.group(3));
    }

    /**
     * Whether it lies on this machine, for what object storage cannot do: add to a file, be locked, be read by other
     * programs.
     */
    public static boolean isLocal(Path path) {
        return path.getFileSystem() == FileSystems.getDefault();
    }
}
