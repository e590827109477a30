/** The REST interface: parses, calls, renders. */
@ApplicationModule(
        allowedDependencies = {
            "http",
            "catalog",
            "sweep",
            "synthesis",
            "solver",
            "profile",
            "format",
            "tensor",
            "problem"
        })
@NullMarked
package phema.web;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
