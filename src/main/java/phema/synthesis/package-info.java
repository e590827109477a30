/** Recipes (which files, which coefficients, which layout) and the one engine that turns any byte range of a recipe into bytes. */
@ApplicationModule(allowedDependencies = {"catalog", "digest", "format", "problem", "profile", "solver", "storage", "tensor", "text"})
@NullMarked
package phema.synthesis;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
