/** Runs and their snapshots: found below the roots, validated, remembered. */
@ApplicationModule(allowedDependencies = {"digest", "format", "problem", "profile", "storage", "tensor", "time"})
@NullMarked
package phema.catalog;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
