/**
 * Graphs in ONNX files, run by ONNX Runtime: what they take, what they make, and on which device. Knows nothing of what
 * they are for.
 */
@ApplicationModule(allowedDependencies = {"format", "storage", "tensor"})
@NullMarked
package phema.onnx;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
