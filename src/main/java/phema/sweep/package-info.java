/** Sweeps: durable jobs that evaluate many EMA lengths, on as many machines as there are, and find the best. */
@ApplicationModule(
        allowedDependencies = {
            "catalog",
            "solver",
            "synthesis",
            "worker",
            "metrics",
            "format",
            "profile",
            "tensor",
            "problem"
        })
@NullMarked
package phema.sweep;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
