/** Element types, shapes, and the conversion of stored elements to and from {@code float} and {@code double}. */
@ApplicationModule(allowedDependencies = {})
@NullMarked
package phema.tensor;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
