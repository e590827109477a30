package phema.storage;

import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * Holds what storage says of an object.
 *
 * @param size in bytes
 * @param etag names its content; empty for a folder
 */
record S3Attributes(boolean isDirectory, long size, Instant modified, String etag) implements BasicFileAttributes {
    static final S3Attributes FOLDER = new S3Attributes(true, 0, Instant.EPOCH, "");

    static S3Attributes object(long size, Instant modified, String etag) {
        return new S3Attributes(false, size, modified, etag);
    }

    /**
     * The time stamp in whole seconds, all that a HEAD answers, with a digest of the ETag in place of the rest: who
     * compares size and time stamp then notices another object of the same second, too.
     */
    @Override
    public FileTime lastModifiedTime() {
        Instant second = modified.truncatedTo(ChronoUnit.SECONDS);
        return FileTime.from(etag.isEmpty() ? second : second.plusNanos(Math.floorMod(etag.hashCode(), 1_000_000_000)));
    }

    @Override
    public FileTime lastAccessTime() {
        return lastModifiedTime();
    }

    @Override
    public FileTime creationTime() {
        return lastModifiedTime();
    }

    @Override
    public boolean isRegularFile() {
        return !isDirectory;
    }

    @Override
    public boolean isSymbolicLink() {
        return false;
    }

    @Override
    public boolean isOther() {
        return false;
    }

    @Override
    public Object fileKey() {
        return etag;
    }
}
