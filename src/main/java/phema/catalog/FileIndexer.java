package phema.catalog;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import phema.format.FilePart;
import phema.format.FileStamp;
import phema.format.FormatException;
import phema.format.OriginalFile;
import phema.format.ShardIndexes;
import phema.format.Tensor;
import phema.format.WeightFile;
import phema.format.WeightFiles;
import phema.problem.Problem;

/** Looks at single files: reads those that are new or have changed, and says what is known of each. */
final class FileIndexer {
    private final RunScanner.FileReader reader;
    private final Predicate<Path> mayRead;
    private final Settling settling;
    private final boolean repeated;
    private final Runnable onFile;

    /**
     * @param mayRead asked with the real path of each file
     * @param settling how long a file must stay unchanged
     * @param repeated whether the same files are looked at again and again
     * @param onFile told when a file was looked at, and when it was sampled
     */
    FileIndexer(
            RunScanner.FileReader reader,
            Predicate<Path> mayRead,
            Settling settling,
            boolean repeated,
            Runnable onFile) {
        this.reader = reader;
        this.mayRead = mayRead;
        this.settling = settling;
        this.repeated = repeated;
        this.onFile = onFile;
    }

    /** A number that a small file of JSON states; empty where none does. */
    Optional<Long> number(Path json, String key) {
        return SideJson.number(json, key, mayRead);
    }

    /** What indexes beside files say now. */
    ShardIndexes shardIndexes() {
        return new ShardIndexes(mayRead);
    }

    /**
     * What is known of a file now; empty when it has just vanished.
     *
     * @param masters whether the weights that an optimizer keeps are wanted
     * @param similar a file of the same run that probably has the same structure
     */
    Optional<RememberedFile> lookAt(
            Path path, Candidate candidate, boolean masters, Scan before, @Nullable WeightFile similar) {
        try {
            Optional<FileStamp> now = FileStamp.of(path);
            if (now.isEmpty())
                return WeightFiles.isMissing(path, mayRead) ? Optional.of(missing(path)) : Optional.empty();
            Optional<RememberedFile> last = Optional.ofNullable(before.known().get(candidate.fileName()));
            Optional<RememberedFile> earlier = last.filter(k -> k.stamp().equals(now.get()) && holds(k, masters));
            if (earlier.isPresent() && stillHolds(earlier.get(), candidate.isSharded())) return earlier;
            long since = earlier.filter(k -> !(k.content() instanceof RememberedFile.Indexed))
                    .map(RememberedFile::since)
                    .orElseGet(settling.ticker()::read);
            boolean settled = settling.isOver(since)
                    || (last.isPresent() && wasOnlyTouched(last.get(), now.get()))
                    || (before.recognised().isEmpty()
                            && settling.seemsOver(now.get().modified()));
            RememberedFile.RememberedContent content = repeated && !settled
                    ? new RememberedFile.Growing(
                            candidate.fileName() + " has changed a moment ago; it is taken once it stays as it is")
                    : read(path, masters, settled, similar);
            return Optional.of(new RememberedFile(now.get(), since, content));
        } catch (IOException e) {
            return Optional.of(new RememberedFile(FileStamp.UNKNOWN, 0, broken(path, e)));
        } finally {
            onFile.run();
        }
    }

    /** Whether a file that could be read looks like a copy of itself: nobody sets a time stamp back while writing. */
    private static boolean wasOnlyTouched(RememberedFile known, FileStamp now) throws IOException {
        if (!(known.content() instanceof RememberedFile.Indexed indexed)
                || !known.stamp().looksLike(now)) return false;
        for (FilePart part : indexed.file().parts())
            if (FileStamp.of(part.path()).filter(part.stamp()::looksLike).isEmpty()) return false;
        return true;
    }

    private RememberedFile missing(Path path) {
        return new RememberedFile(FileStamp.UNKNOWN, 0, read(path, false, true, null));
    }

    /** Whether a file that looks as before needs not be read. Shards may have changed while their index has not. */
    private static boolean stillHolds(RememberedFile known, boolean sharded) throws IOException {
        return switch (known.content()) {
            case RememberedFile.Indexed indexed ->
                indexed.isAlone() || indexed.file().isUntouched();
            case RememberedFile.Broken broken -> !sharded && broken.lasting();
            case RememberedFile.Growing growing -> false;
        };
    }

    /** Whether what was read are the weights that are wanted. */
    private static boolean holds(RememberedFile known, boolean masters) {
        return !(known.content() instanceof RememberedFile.Indexed indexed)
                || WeightFiles.areMasters(indexed.file()) == masters;
    }

    private RememberedFile.RememberedContent read(
            Path path, boolean masters, boolean settled, @Nullable WeightFile similar) {
        try {
            WeightFile file = masters
                    ? WeightFiles.readMasters(path, mayRead)
                    : reader.read(path, Optional.ofNullable(similar), mayRead);
            if (!file.isUntouched())
                return new RememberedFile.Growing(path.getFileName() + " changed while it was read");
            // Of a file with the same header, metadata are those of the similar one, with what that one has counted.
            Map<String, String> counters = SampleReader.counters(file, mayRead);
            if (!counters.isEmpty()) file = file.withMetadata(counters);
            return new RememberedFile.Indexed(similar == null ? file : file.sharingTensorsOf(similar));
        } catch (IOException | RuntimeException e) {
            // Also a reader's own mistake: one file must not cost the others.
            return settled || e instanceof FormatException format && !format.isIncomplete()
                    ? broken(path, e)
                    : new RememberedFile.Growing(broken(path, e).message() + " (changed in the last "
                            + settling.time().toSeconds() + " s, so probably still being written: try again)");
        }
    }

    /**
     * The same with its sample, which is read where the plan is another than before.
     *
     * @param prefix of the tensors that count
     * @param selected the file with those
     * @param scales names of the constants that must be the same in all files
     */
    RememberedFile sampled(
            RememberedFile known, String prefix, WeightFile selected, SamplePlan plan, Set<String> scales) {
        onFile.run();
        if (!(known.content() instanceof RememberedFile.Indexed indexed)
                || indexed.sampled(prefix)
                        .filter(sampled -> sampled.plan().equals(plan.identity()))
                        .isPresent()) return known;
        Path path = indexed.file().path();
        try {
            SampledElements sample = SampleReader.read(selected, plan, mayRead);
            SampleSummary summary = SampleSummary.of(plan, sample, SampleReader.endsInZeros(selected, mayRead));
            Map<String, Double> values = SampleReader.scales(selected, scales, mayRead);
            if (!indexed.file().isUntouched())
                return known.with(new RememberedFile.Growing(path.getFileName() + " changed while it was read"));
            return known.with(indexed.with(
                    prefix, new RememberedFile.Sampled(plan.identity(), summary, values, SampledNumbers.of(sample))));
        } catch (IOException | RuntimeException e) {
            return known.with(broken(path, e));
        }
    }

    /**
     * The numbers of a sample, from the file where nobody has kept them.
     *
     * @param selected the file with the tensors that count
     * @throws Problem when it cannot be read any more
     */
    SampledElements numbers(RememberedFile.Sampled sampled, WeightFile selected, SamplePlan plan) {
        return sampled.numbers().read().orElseGet(() -> {
            try {
                SampledElements again = SampleReader.read(selected, plan, mayRead);
                if (selected.isUntouched()) return again;
            } catch (IOException e) {
                throw Problem.conflict(selected.path() + " cannot be read any more: " + e.getMessage());
            }
            throw Problem.conflict(selected.path() + " has changed; try again once the change has been noticed");
        });
    }

    /** Elements of a file for this once; empty when they cannot be read. */
    Optional<SampledElements> sample(WeightFile selected, SamplePlan plan) {
        try {
            return Optional.of(SampleReader.read(selected, plan, mayRead));
        } catch (IOException | RuntimeException e) {
            return Optional.empty(); // whoever reads it next says why
        }
    }

    /** One that reads what may be read. */
    AdapterScale adapterScale() {
        return new AdapterScale(mayRead);
    }

    /** The values of tensors of one element; none when they cannot be read. */
    Map<String, Double> numbers(WeightFile selected, Set<String> names) {
        try {
            return SampleReader.numbers(selected, names, mayRead);
        } catch (IOException | RuntimeException e) {
            return Map.of(); // whoever reads it next says why
        }
    }

    /** The first of some tensors that is not the same in two files, as far as a look at it tells. */
    Optional<Tensor> changed(WeightFile first, WeightFile last, List<Tensor> tensors) {
        try {
            return SampleReader.changed(first, last, tensors, mayRead);
        } catch (IOException | RuntimeException e) {
            return Optional.empty(); // whoever reads it next says why
        }
    }

    /** The parts of some tensors in which two files differ; none where they cannot be read. */
    List<SamplePlan.Part> differing(WeightFile first, WeightFile last, Set<String> tensors) {
        try {
            return SampleReader.differing(first, last, tensors, mayRead);
        } catch (IOException | RuntimeException e) {
            return List.of(); // whoever reads it next says why
        }
    }

    /** A file as outputs are to be like it; empty where they hold weights alone, or it cannot be read. */
    Optional<OriginalFile> original(WeightFile file) {
        try {
            return WeightFiles.original(file, mayRead);
        } catch (IOException | RuntimeException e) {
            return Optional.empty(); // whoever reads it next says why
        }
    }

    private static RememberedFile.Broken broken(Path path, Exception e) {
        return e instanceof FormatException format
                ? new RememberedFile.Broken(String.valueOf(e.getMessage()), true, format.isIncomplete())
                : new RememberedFile.Broken(path + ": cannot be read (" + e + ")", false, false);
    }
}
