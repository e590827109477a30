/**
 * Sweeps: durable jobs that evaluate many EMA lengths, on as many machines as there are, and find the best.
 *
 * <p>A sweep is a grid or a search over axes; its points are trials. Beginnings and ends of trials are transactions
 * with all that follows from them, so that a process may die anywhere.
 *
 * <ol>
 *   <li>{@link phema.sweep.SweepSpec}: what is varied.
 *   <li>{@link phema.sweep.Sweeps}: made, watched and steered.
 *   <li>{@code Plan}: which points come next.
 *   <li>{@code Basis}, {@code Suitability}: what a sweep's metrics rest on, and whether this process has the same.
 *   <li>{@code TrialRunner}, {@code Trials}: one attempt; its beginning and its end.
 *   <li>{@link phema.sweep.Measurements}: what people measured elsewhere, and what of it counts.
 *   <li>{@code Optima}: the best point.
 *   <li>{@link phema.sweep.Recommendations}, {@code RecommendationRule}: what it means for the run.
 * </ol>
 */
@ApplicationModule(
        allowedDependencies = {
            "catalog",
            "digest",
            "evaluation",
            "fleet",
            "format",
            "problem",
            "profile",
            "search",
            "solver",
            "text"
        })
@NullMarked
package phema.sweep;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
