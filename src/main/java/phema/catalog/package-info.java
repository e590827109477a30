/** Runs and their snapshots: found below the roots, validated, remembered. */
@ApplicationModule(allowedDependencies = {"format", "profile", "tensor", "storage", "problem"})
@NullMarked
package phema.catalog;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
