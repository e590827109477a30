/** The pages for people, rendered on the server; {@code static/dashboard} draws their charts and keeps them live. */
@ApplicationModule(allowedDependencies = {"bulk", "catalog", "evaluation", "fleet", "format", "http", "problem", "profile", "search", "security", "solver", "storage", "sweep", "synthesis", "text"})
@NullMarked
package phema.dashboard;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
