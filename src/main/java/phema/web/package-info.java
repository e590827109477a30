/** The REST interface: parses, calls, renders. */
@ApplicationModule(allowedDependencies = {"api", "bulk", "catalog", "evaluation", "fleet", "format", "http", "problem", "profile", "solver", "sweep", "synthesis", "tensor", "text"})
@NullMarked
package phema.web;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
