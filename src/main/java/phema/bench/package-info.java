/** Benchmarks that a user can run: sets of snapshots of any size, and syntheses of them measured against the limits of the machine. */
@ApplicationModule(allowedDependencies = {"catalog", "edm2", "evaluation", "fleet", "format", "problem", "profile", "solver", "storage", "sweep", "synthesis", "tensor"})
@NullMarked
package phema.bench;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
