/**
 * Places for files. Object storage as a file system: what lies at {@code s3://bucket/prefix} has
 * {@link java.nio.file.Path}s, so that nothing else knows the difference. And, on any file system, files that appear
 * when they are complete.
 *
 * <ol>
 *   <li>{@link phema.storage.Locations}: from text to a path, the only way.
 *   <li>{@link phema.storage.PendingFile}: a temporary name, then the real one.
 *   <li>{@code S3FileSystemProvider}, {@code S3FileSystem}, {@code S3Path}: the file system; {@code S3Channel},
 *       {@code S3Reader}, {@code S3Writer}: one object.
 *   <li>{@code S3Blocks}: what was read lately.
 * </ol>
 */
@ApplicationModule(allowedDependencies = {"text"})
@NullMarked
package phema.storage;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
