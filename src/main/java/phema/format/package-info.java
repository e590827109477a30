/**
 * Weight files: where each tensor's bytes lie in a file, and how a new file is laid out. Nothing here loads a tensor or
 * runs anything.
 *
 * <p>One reader and one writer for each format. Readers trust nothing: every length is compared with what is there,
 * memory is bounded by what the file really holds, and what is refused is refused in one line that names the file and
 * the tensor.
 *
 * <ol>
 *   <li>{@link phema.format.WeightFile} of {@link phema.format.Tensor}s: the index.
 *   <li>{@link phema.format.Pieces}: where a tensor lies that many files hold together.
 *   <li>{@link phema.format.WeightFiles}: which reader, by the first bytes.
 *   <li>{@code SafetensorsReader}: the simplest of them.
 *   <li>{@link phema.format.NetworkSettings}: what files state of EDM2's network beside tensors.
 *   <li>{@code Pickle}, {@code Value}: pickles, parsed and never run; {@code Edm2PickleReader}, {@code TorchZipReader},
 *       {@code DcpReader}, {@code DeepSpeedReader}.
 *   <li>{@link phema.format.Layout}, {@link phema.format.WeightWriter}: outputs as segments, whose sizes are known
 *       before a byte of them is.
 *   <li>{@link phema.format.OriginalFile}: a file with all that stands in it, for outputs that are like it.
 * </ol>
 */
@ApplicationModule(allowedDependencies = {"digest", "tensor"})
@NullMarked
package phema.format;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
