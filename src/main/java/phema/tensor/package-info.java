/**
 * Element types, shapes, and the conversion of stored elements to and from {@code float} and {@code double}.
 *
 * <ol>
 *   <li>{@link phema.tensor.DType}: the types, under the names of safetensors.
 *   <li>{@link phema.tensor.Elements}: their conversion, in loops that the JVM vectorises.
 *   <li>{@link phema.tensor.Shape}: dimensions and strides.
 * </ol>
 */
@ApplicationModule(allowedDependencies = {})
@NullMarked
package phema.tensor;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
