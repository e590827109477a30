/** The Hugging Face Hub protocol: every run is a model repository, every EMA length a revision, and every file is computed while it is sent. */
@ApplicationModule(allowedDependencies = {"api", "catalog", "digest", "evaluation", "format", "http", "problem", "profile", "search", "solver", "storage", "sweep", "synthesis", "tensor", "text"})
@NullMarked
package phema.hub;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
