/** Weight files: where each tensor's bytes lie in a file, and how a new file is laid out. Nothing here loads a tensor or runs anything. */
@ApplicationModule(allowedDependencies = {"digest", "tensor"})
@NullMarked
package phema.format;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
