/** The Hugging Face Hub protocol: every run is a model repository, every EMA length a revision, and every file is computed while it is sent. */
@ApplicationModule(
        allowedDependencies = {
            "api",
            "catalog",
            "evaluation",
            "format",
            "http",
            "problem",
            "profile",
            "search",
            "solver",
            "sweep",
            "synthesis",
            "tensor"
        })
@NullMarked
package phema.hub;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
