/** The requests and answers that REST, {@code --json}, result files and the remote command line share. */
@ApplicationModule(allowedDependencies = {"catalog", "evaluation", "fleet", "format", "problem", "profile", "solver", "sweep", "synthesis", "tensor", "text"})
@NullMarked
package phema.api;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
