/**
 * Which point to evaluate next, and where the best one lies with what certainty. Nothing but mathematics: a search has
 * no state but what was evaluated, and repeats exactly.
 *
 * <ol>
 *   <li>{@link phema.search.Search}: the next step.
 *   <li>{@link phema.search.SearchSpec}, {@link phema.search.Observation}, {@link phema.search.Estimate}: what it is
 *       given, and what it finds.
 *   <li>{@code Belief}: where the best may be, from draws of the model; the knowledge gradient.
 *   <li>{@code Surrogate} of {@code GaussianProcess}es: the model of the metric, its parameters integrated out.
 *   <li>{@link phema.search.CurveFit}: the same model, of a finished sweep.
 *   <li>{@link phema.search.Suggestion}: the same, of what was measured elsewhere.
 * </ol>
 */
@ApplicationModule(allowedDependencies = {})
@NullMarked
package phema.search;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
