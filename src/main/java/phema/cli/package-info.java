/** The command line: parses, calls, renders. */
@ApplicationModule(allowedDependencies = {"api", "bench", "catalog", "edm2", "evaluation", "format", "metrics", "problem", "profile", "search", "security", "solver", "storage", "sweep", "synthesis", "tensor", "text", "time"})
@NullMarked
package phema.cli;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
