/** How answers go over HTTP, whoever gives them: computed files by RFC 9110, with ranges and preconditions, and failures as problem details (RFC 9457). */
@ApplicationModule(allowedDependencies = {"format", "problem", "synthesis"})
@NullMarked
package phema.http;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
