/** The one exception by which every room tells a user what is wrong with what they asked for or gave us. */
@ApplicationModule(allowedDependencies = {})
@NullMarked
package phema.problem;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
