/** Which point to evaluate next, and where the best one lies with what certainty. Nothing but mathematics. */
@ApplicationModule(allowedDependencies = {})
@NullMarked
package phema.search;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
