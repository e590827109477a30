/** Frechet distances between images: feature networks, statistics of features, reference statistics. */
@ApplicationModule(allowedDependencies = {"format", "onnx", "problem", "tensor", "text"})
@NullMarked
package phema.metrics;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
