/**
 * Many weight files written to storage in one pass over the snapshots, as durable jobs that whichever worker has time
 * for runs.
 *
 * <p>Files appear all together or not at all: an attempt writes into a hidden folder of its own, which is renamed when
 * everything in it is on disk. A job may run twice, and an attempt whose worker died leaves nothing that the next one
 * does not remove.
 *
 * <ol>
 *   <li>{@link phema.bulk.SynthesisSpec}: what to write.
 *   <li>{@link phema.bulk.SynthesisJobs}: jobs made, watched and deleted.
 *   <li>{@code SynthesisRunner}: one attempt.
 *   <li>{@code SynthesisStore}: the table.
 * </ol>
 */
@ApplicationModule(
        allowedDependencies = {
            "catalog",
            "fleet",
            "format",
            "problem",
            "profile",
            "solver",
            "storage",
            "synthesis",
            "tensor",
            "text"
        })
@NullMarked
package phema.bulk;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
