package phema.storage;

import java.io.IOException;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessMode;
import java.nio.file.CopyOption;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.spi.FileSystemProvider;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkException;

/**
 * Does to objects what {@link java.nio.file.Files} does to files. Folders exist by what lies in them; a move
 * is a copy within the storage and a deletion.
 */
final class S3FileSystemProvider extends FileSystemProvider {
    static final String SCHEME = "s3";
    static final S3FileSystemProvider INSTANCE = new S3FileSystemProvider();

    private S3FileSystemProvider() {}

    @Override
    public String getScheme() {
        return SCHEME;
    }

    @Override
    public FileSystem newFileSystem(URI uri, Map<String, ?> environment) {
        return getFileSystem(uri);
    }

    @Override
    public FileSystem getFileSystem(URI uri) {
        return S3FileSystem.of(uri.getAuthority());
    }

    @Override
    public Path getPath(URI uri) {
        return S3FileSystem.of(uri.getAuthority()).getPath(uri.getPath());
    }

    @Override
    public SeekableByteChannel newByteChannel(
            Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes) throws IOException {
        return newFileChannel(path, options, attributes);
    }

    /**
     * Opens an object for reading, or a new one for writing.
     *
     * @throws FileAlreadyExistsException with {@code CREATE_NEW}, when there is one
     */
    @Override
    public FileChannel newFileChannel(Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
            throws IOException {
        S3Path s3 = S3Path.of(path);
        if (!options.contains(StandardOpenOption.WRITE)) return new S3Reader(s3);
        if (options.contains(StandardOpenOption.READ) || options.contains(StandardOpenOption.APPEND))
            throw new UnsupportedOperationException("an object is written from its beginning, and not read meanwhile");
        if (options.contains(StandardOpenOption.CREATE_NEW) && exists(s3))
            throw new FileAlreadyExistsException(path.toString());
        return new S3Writer(s3);
    }

    @Override
    public DirectoryStream<Path> newDirectoryStream(Path folder, DirectoryStream.Filter<? super Path> filter)
            throws IOException {
        S3Path s3 = S3Path.of(folder);
        List<Path> entries = s3.getFileSystem().list(s3);
        if (entries.isEmpty() && !s3.getFileSystem().attributes(s3).isDirectory())
            throw new NotDirectoryException(folder.toString());
        List<Path> wanted = new java.util.ArrayList<>();
        for (Path entry : entries) if (filter.accept(entry)) wanted.add(entry);
        return new DirectoryStream<>() {
            @Override
            public Iterator<Path> iterator() {
                return wanted.iterator();
            }

            @Override
            public void close() {}
        };
    }

    /** Does nothing: a folder is there as soon as something lies in it. */
    @Override
    public void createDirectory(Path folder, FileAttribute<?>... attributes) {}

    @Override
    public void delete(Path path) throws IOException {
        S3Path s3 = S3Path.of(path);
        if (!exists(s3)) throw new NoSuchFileException(path.toString());
        try {
            s3.getFileSystem()
                    .client()
                    .deleteObject(request ->
                            request.bucket(s3.getFileSystem().bucket()).key(s3.key()));
        } catch (SdkException e) {
            throw s3.getFileSystem().failed(s3, e);
        } finally {
            s3.getFileSystem().forget(s3);
        }
    }

    @Override
    public void copy(Path source, Path target, CopyOption... options) throws IOException {
        List<CopyOption> chosen = Arrays.asList(options);
        boolean replaces =
                chosen.contains(StandardCopyOption.REPLACE_EXISTING) || chosen.contains(StandardCopyOption.ATOMIC_MOVE);
        if (!replaces && exists(S3Path.of(target))) throw new FileAlreadyExistsException(target.toString());
        S3Copy.copy(S3Path.of(source), S3Path.of(target));
    }

    /** The target appears at once and whole. */
    @Override
    public void move(Path source, Path target, CopyOption... options) throws IOException {
        copy(source, target, options);
        delete(source);
    }

    private static boolean exists(S3Path path) throws IOException {
        try {
            return !path.getFileSystem().freshAttributes(path).isDirectory();
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    @Override
    public boolean isSameFile(Path one, Path other) {
        return one.toAbsolutePath().normalize().equals(other.toAbsolutePath().normalize());
    }

    @Override
    public boolean isHidden(Path path) {
        return String.valueOf(path.getFileName()).startsWith(".");
    }

    @Override
    public FileStore getFileStore(Path path) {
        return S3Path.of(path).getFileSystem().store();
    }

    @Override
    public void checkAccess(Path path, AccessMode... modes) throws IOException {
        S3Path s3 = S3Path.of(path);
        s3.getFileSystem().attributes(s3);
    }

    @Override
    public <V extends FileAttributeView> @Nullable V getFileAttributeView(
            Path path, Class<V> type, LinkOption... options) {
        return null;
    }

    @Override
    public <A extends BasicFileAttributes> A readAttributes(Path path, Class<A> type, LinkOption... options)
            throws IOException {
        S3Path s3 = S3Path.of(path);
        if (!type.isAssignableFrom(S3Attributes.class)) throw new UnsupportedOperationException(type.getName());
        return type.cast(s3.getFileSystem().attributes(s3));
    }

    @Override
    public Map<String, Object> readAttributes(Path path, String attributes, LinkOption... options) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void setAttribute(Path path, String attribute, Object value, LinkOption... options) {
        throw new UnsupportedOperationException();
    }
}
