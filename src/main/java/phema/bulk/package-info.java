/** Many weight files written to storage in one pass over the snapshots, as durable jobs. */
@ApplicationModule(allowedDependencies = {"catalog", "fleet", "format", "problem", "profile", "solver", "storage", "synthesis", "tensor", "text"})
@NullMarked
package phema.bulk;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
