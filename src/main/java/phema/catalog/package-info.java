/**
 * Runs and their snapshots: found below the roots, recognised, validated, sampled, remembered.
 *
 * <p>A run is a folder whose files belong together. What they are is said by a manifest, else by their names; every
 * file is indexed without loading it, compared with the others, and a small sample of its values is kept, from which
 * the solver learns how the weights moved. The database holds only what the next scan would find again.
 *
 * <ol>
 *   <li>{@link phema.catalog.Run} of {@link phema.catalog.Snapshot}s, and {@link phema.catalog.Excluded} files with
 *       their reasons: what everybody else sees.
 *   <li>{@link phema.catalog.Catalog}: all runs, by name.
 *   <li>{@code Recognition}, {@code Manifest}: which names are snapshots, with their times and profiles.
 *   <li>{@code Questions}, {@code LeftOut}, {@code StatedTimes}, {@code CountFromZero}, {@code
 *       AcceleratedFolders}: what is asked instead of
 *       guessed, what is not taken, names that metadata contradicts, and names that count from 0.
 *   <li>{@link phema.catalog.RunScanner}: one look at a folder; {@code FileIndexer}: at a file, which may still be
 *       growing.
 *   <li>{@code TensorSelection}, {@code NotAveraged}, {@code CountingTensors}: which tensors are the model's, and which
 *       must not be averaged; {@code NeverAveraged}: which of them a trainer does not.
 *   <li>{@code WeightGroups}, {@code UnrecordedAverages}, {@code RecordedDecay}, {@code AverageClock}, {@code
 *       LateAverages}: raw weights and averages of them in the same files, which averages these are, and when they
 *       began.
 *   <li>{@code StoredNames}, {@code KeptWeights}: what outputs hold for each tensor of the newest file.
 *   <li>{@code SamplePlan}, {@code SampleReader}: the values that stand for all.
 *   <li>{@code RootWatcher}, {@code IndexStore}: new files are noticed, and known ones remembered.
 * </ol>
 */
@ApplicationModule(
        allowedDependencies = {"digest", "format", "problem", "profile", "solver", "storage", "tensor", "text", "time"})
@NullMarked
package phema.catalog;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
