/** Averaging profiles: densities, cumulatives, inner products; sigma_rel and gamma. Nothing but mathematics. */
@ApplicationModule(allowedDependencies = {"text"})
@NullMarked
package phema.profile;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
