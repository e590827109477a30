/**
 * The EDM2 network (arXiv 2312.02696): its description, training and sampling. Only training, and
 * sampling where {@link phema.edm2.Computing} says so, loads ND4J.
 *
 * <p>Written from the paper: equation numbers in comments are the paper's. Arrays live outside of the heap and are
 * closed by whoever made them.
 *
 * <ol>
 *   <li>{@link phema.edm2.NetworkSpec}: what a network is, and {@code UNet}, its layers and tensors in the order of
 *       files.
 *   <li>{@code Parts}, {@code Layers}: the magnitude-preserving pieces, as SameDiff graphs.
 *   <li>{@code Denoiser}: the network with its preconditioning.
 *   <li>{@code InferenceGraph}, {@code InferenceLayers}: the same for ONNX Runtime, {@code OnnxDenoiser}, without
 *       gradients and with everything constant computed beforehand.
 *   <li>{@link phema.edm2.Training}, {@code Trainer}, {@code WeightTracker}: a run, a step, the averages.
 *   <li>{@link phema.edm2.Generator}, {@code Heun}: images, or latents.
 *   <li>{@link phema.edm2.Decoding}, {@link phema.edm2.LatentDecoder}: images of either.
 * </ol>
 */
@ApplicationModule(allowedDependencies = {"format", "onnx", "problem", "profile", "storage", "tensor", "text"})
@NullMarked
package phema.edm2;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
