/** Sweeps: durable jobs that evaluate many EMA lengths, on as many machines as there are, and find the best. */
@ApplicationModule(allowedDependencies = {"catalog", "evaluation", "fleet", "problem", "search", "solver", "text"})
@NullMarked
package phema.sweep;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
