/**
 * The one exception by which every room tells a user what is wrong with what they asked for or gave us.
 *
 * <p>{@link phema.problem.Problem} has a kind, from which doors make a status, and the field at fault in the words of
 * settings and JSON. Its message is one sentence that says what was wrong and what to do. Doors to readers elsewhere name
 * files in it by {@link phema.problem.ShownPaths}.
 */
@ApplicationModule(allowedDependencies = {})
@NullMarked
package phema.problem;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
