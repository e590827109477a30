/**
 * Benchmarks that a user can run: sets of snapshots of any size, and syntheses, fits, training, downloads and queues
 * measured against the limits of the machine.
 *
 * <p>Each compares two things in one run, since machines differ and are shared; {@code docs/benchmarks.md} says what
 * was measured and how. Commands in {@code cli} print what these classes return.
 *
 * <ol>
 *   <li>{@link phema.bench.SnapshotGenerator}: snapshots of any size and format.
 *   <li>{@link phema.bench.SynthesisBenchmark}: a synthesis beside a plain read and write of the same bytes.
 *   <li>{@link phema.bench.ThinningBenchmark}: how fits and retention grow with the number of files.
 *   <li>{@link phema.bench.SamplerBenchmark}: images by this process and by another implementation.
 *   <li>{@link phema.bench.TrainingBenchmark}, {@link phema.bench.SoakBenchmark}: steps of training, and hours of
 *       service.
 *   <li>{@link phema.bench.ClientsBenchmark}: downloads of many clients, and what others wait meanwhile.
 * </ol>
 */
@ApplicationModule(
        allowedDependencies = {
            "catalog",
            "digest",
            "edm2",
            "evaluation",
            "fleet",
            "format",
            "problem",
            "profile",
            "solver",
            "storage",
            "sweep",
            "synthesis",
            "tensor",
            "text"
        })
@NullMarked
package phema.bench;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
