/** Who may ask the service for what, how often, and from where. */
@ApplicationModule(allowedDependencies = {"digest", "problem", "storage", "time"})
@NullMarked
package phema.security;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
