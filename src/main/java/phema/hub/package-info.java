/**
 * The Hugging Face Hub protocol: every run is a model repository, every EMA length a revision, and every file is
 * computed while it is sent.
 *
 * <p>A commit is what determines the bytes of its files: coefficients, inputs, layout. Commits that were given out are
 * remembered, so that a client's cache stays right.
 *
 * <ol>
 *   <li>{@code RepositoryController}, {@code ResolveController}: the calls of the real clients.
 *   <li>{@code Revision}: a length at a time, as the name of a branch.
 *   <li>{@code Commits}, {@code Commit}: what a revision is at the moment, under its 40 digits.
 *   <li>{@code RepositoryEntry}, {@code ModelCard}, {@code ModelInfo}: the files, and what is told of them.
 * </ol>
 */
@ApplicationModule(
        allowedDependencies = {
            "api",
            "catalog",
            "digest",
            "evaluation",
            "format",
            "http",
            "problem",
            "profile",
            "search",
            "solver",
            "sweep",
            "synthesis",
            "tensor",
            "text"
        })
@NullMarked
package phema.hub;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
