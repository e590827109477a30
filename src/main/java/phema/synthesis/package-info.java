/**
 * From a request for weights to their bytes: recipes (which files, which coefficients, which layout) and the one engine
 * that turns any byte range of a recipe into bytes.
 *
 * <p>Downloads, ranges, files of the hub, jobs, commands and evaluators all come through here. Memory is a budget of
 * blocks; the peak does not depend on the model, the number of files, or of outputs. An input that changes meanwhile is
 * noticed and ends in an error, never in a mixed file.
 *
 * <ol>
 *   <li>{@code WeightsRequest}: all that decides the bytes before a run is looked at; {@code WeightsReference}: a
 *       length of a run at a time, as one text.
 *   <li>{@link phema.synthesis.Fits}: the coefficients, with a solver per run.
 *   <li>{@code Recipe}: all that decides the bytes, and so their identity.
 *   <li>{@link phema.synthesis.Content}: a file that can be computed, in any range.
 *   <li>{@link phema.synthesis.Engine}: blocks in order, within a budget; {@code BlockComputer}, {@code Kernel}: one of
 *       them.
 * </ol>
 */
@ApplicationModule(
        allowedDependencies = {
            "catalog", "digest", "format", "problem", "profile", "solver", "storage", "tensor", "text"
        })
@NullMarked
package phema.synthesis;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
