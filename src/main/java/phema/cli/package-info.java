/** The command line: parses, calls, renders. */
@ApplicationModule(
        allowedDependencies = {
            "bench",
            "catalog",
            "sweep",
            "synthesis",
            "solver",
            "profile",
            "storage",
            "format",
            "tensor",
            "metrics",
            "worker",
            "problem",
            "security"
        })
@NullMarked
package phema.cli;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
