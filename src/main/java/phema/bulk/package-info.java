/**
 * Many weight files written to storage, in parts that whichever workers have time for write.
 *
 * <p>Files appear all together or not at all: an attempt at a part writes into a hidden folder of its own; what is
 * complete moves into another one, which is renamed when everything is there. A part may be written twice, of which
 * either is right, and an attempt whose worker died leaves nothing that the next one does not remove.
 *
 * <ol>
 *   <li>{@link phema.bulk.SynthesisSpec}: what to write.
 *   <li>{@link phema.bulk.SynthesisJobs}: jobs made, watched and deleted.
 *   <li>{@code SynthesisPlan}: which coefficients, and who writes which files; {@code Plans}, {@code PartCut} make it.
 *   <li>{@code SynthesisParts}: beginnings and ends of parts, each in one transaction with all that follows.
 *   <li>{@code SynthesisRunner}: one attempt at a part; {@code PartFiles}: what it leaves; {@code LostSnapshots}:
 *       what no attempt can do any more.
 *   <li>{@code SynthesisStore}, {@code PartStore}: the tables.
 * </ol>
 */
@ApplicationModule(
        allowedDependencies = {
            "catalog",
            "digest",
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
