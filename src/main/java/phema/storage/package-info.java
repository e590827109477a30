/**
 * Object storage as a file system: what lies at {@code s3://bucket/prefix} has {@link java.nio.file.Path}s, so that nothing else knows the difference. And, on any file system, files
 * that appear when they are complete.
 */
@ApplicationModule(allowedDependencies = {})
@NullMarked
package phema.storage;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
