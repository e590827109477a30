/** Evaluators turn weights into metrics: what is built in, and commands of the user's. And the weight files that they share. */
@ApplicationModule(allowedDependencies = {"catalog", "digest", "edm2", "fleet", "format", "metrics", "problem", "profile", "solver", "storage", "synthesis", "text"})
@NullMarked
package phema.evaluation;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
