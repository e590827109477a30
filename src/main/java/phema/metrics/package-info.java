/**
 * Frechet distances between images: feature networks, statistics of features, reference statistics.
 *
 * <ol>
 *   <li>{@link phema.metrics.Metric}: fid, fd_dinov2, and fd_random, which needs no downloads.
 *   <li>{@link phema.metrics.FeatureNetwork}: from {@link phema.metrics.Images} to features; the user's own, or
 *       {@link phema.metrics.RandomNetwork}.
 *   <li>{@link phema.metrics.Measurement}: statistics of the features of images that come in batches and are not kept.
 *   <li>{@link phema.metrics.References}: what they are compared with.
 *   <li>{@code Frechet}, {@code Moments}: the distance (Heusel et al. 2017, Eq. 6), and sums in 64 bits.
 * </ol>
 */
@ApplicationModule(allowedDependencies = {"format", "onnx", "problem", "tensor", "text"})
@NullMarked
package phema.metrics;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
