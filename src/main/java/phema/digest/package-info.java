/** Digests by which files, runs, requests and tokens are told apart. */
@ApplicationModule(allowedDependencies = {})
@NullMarked
package phema.digest;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
