/** The pages for people, rendered on the server; {@code static/dashboard} draws their charts and keeps them live. */
@ApplicationModule(
        allowedDependencies = {
            "http",
            "catalog",
            "synthesis",
            "solver",
            "profile",
            "format",
            "sweep",
            "security",
            "problem"
        })
@NullMarked
package phema.dashboard;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
