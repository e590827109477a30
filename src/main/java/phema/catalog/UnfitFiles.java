package phema.catalog;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import phema.catalog.Excluded.ExclusionReason;
import phema.format.Tensor;
import phema.format.WeightFile;
import phema.profile.Exponential;
import phema.profile.Impulse;
import phema.profile.Profile;
import phema.profile.Scheduled;
import phema.text.Labels;

/** Takes out files that are not what their names or a manifest say. */
final class UnfitFiles {
    /** The share of an average that what is left of weights before some time may have. */
    private static final double FORGOTTEN = 0.01;

    private final FileIndexer indexer;
    private final Path folder;
    private final Recognition recognition;
    private final Exclusions exclusions;

    UnfitFiles(FileIndexer indexer, Path folder, Recognition recognition, Exclusions exclusions) {
        this.indexer = indexer;
        this.folder = folder;
        this.recognition = recognition;
        this.exclusions = exclusions;
    }

    /**
     * @param files by time; those that are taken out are removed
     * @return what is to be said of the others
     */
    Optional<String> takeOut(Map<Candidate, WeightFile> files) {
        takeOutWithoutOptimizer(files);
        takeOutLate(files);
        takeOutScaledOtherwise(files);
        return takeOutOfOtherTimes(files);
    }

    /**
     * DeepSpeed's weights in single precision lie in the optimizer's files; without these the model's rounded ones are
     * read. Where most checkpoints have them, one that has not is not what it is taken for.
     */
    private void takeOutWithoutOptimizer(Map<Candidate, WeightFile> files) {
        List<Candidate> without = files.entrySet().stream()
                .filter(entry -> entry.getKey().fileName().endsWith("_model_states.pt")
                        && entry.getValue().parts().size() == 1)
                .map(Map.Entry::getKey)
                .toList();
        if (2 * without.size() >= files.size()) return;
        for (Candidate candidate : without) {
            files.remove(candidate);
            exclusions.addIncomplete(
                    candidate,
                    "has no *_optim_states.pt files beside it, which hold the weights in single precision and which"
                            + " most of the run's checkpoints have; copy the whole checkpoint");
        }
    }

    /**
     * An average that older checkpoints do not hold began after them, or anew, as where a run goes on from a checkpoint
     * without it: it is not the one since the run's beginning that its name says, and when it began nothing says,
     * unless its own count does.
     */
    private void takeOutLate(Map<Candidate, WeightFile> files) {
        if (recognition.ground() == Recognition.Ground.MANIFEST) return;
        List<Candidate> all = List.copyOf(files.keySet());
        Map<String, Set<Double>> held = new HashMap<>();
        for (Candidate candidate : all)
            if (!candidate.isRaw())
                held.computeIfAbsent(candidate.prefix(), any -> new HashSet<>()).add(candidate.time());
        Map<String, Candidate> without = new HashMap<>(); // the last so far, by the prefix of what it does not hold
        for (Candidate candidate : all) {
            held.forEach((prefix, times) -> {
                if (!times.contains(candidate.time())) without.put(prefix, candidate);
            });
            @Nullable Candidate before = candidate.prefix().isEmpty() ? null : without.get(candidate.prefix());
            if (before == null
                    || candidate
                            .profile()
                            .filter(profile -> remembers(profile, before.time()))
                            .isEmpty()) continue;
            files.remove(candidate);
            exclusions.add(
                    candidate,
                    ExclusionReason.NO_PROFILE,
                    "is an average that began after time " + Labels.plain(before.time()) + ", as "
                            + before.fileName() + " holds none, so it is not the one since the beginning"
                            + " that it is called; where the step at which it began is known, "
                            + Manifest.FILE_NAME + " can say it with updateAfterStep and averages");
        }
    }

    /** Takes out adapters of another scale that a manifest names; of others {@link CheckpointFolders} does. */
    private void takeOutScaledOtherwise(Map<Candidate, WeightFile> files) {
        if (recognition.ground() != Recognition.Ground.MANIFEST) return;
        AdapterScale scale = indexer.adapterScale();
        for (Candidate candidate : files.keySet())
            if (candidate.fileName().contains("/adapter_model.")) scale.add(folder.resolve(candidate.fileName()));
        for (Candidate candidate : List.copyOf(files.keySet()))
            scale.difference(folder.resolve(candidate.fileName())).ifPresent(difference -> {
                files.remove(candidate);
                exclusions.add(candidate, ExclusionReason.DIFFERENT, "is an adapter of another scale: " + difference);
            });
    }

    /** Whether an average depends on what was before a time, more than a constant decay has forgotten it. */
    private static boolean remembers(Profile profile, double time) {
        if (profile instanceof Impulse
                || profile instanceof Scheduled scheduled
                        && AverageClock.isNotBefore(scheduled.decay().begin(), time)) return false;
        return !(profile instanceof Exponential) || profile.cumulative(time) > FORGOTTEN;
    }

    /** Takes out the files that are not of the time in their names. @return what is to be said of all */
    private Optional<String> takeOutOfOtherTimes(Map<Candidate, WeightFile> files) {
        if (recognition.ground() == Recognition.Ground.MANIFEST) return Optional.empty();
        StatedTimes times =
                new StatedTimes(files, path -> indexer.number(folder.resolve(path), StatedTimes.OF_TRAINER));
        times.contradictions().forEach((candidate, why) -> {
            files.remove(candidate);
            exclusions.add(candidate, ExclusionReason.DIFFERENT, why);
        });
        return times.notice();
    }

    /** Why none of the files can be averaged; integers that look like codes are, where they change. */
    Optional<String> changingCodes(Map<Candidate, WeightFile> files) {
        if (files.size() < 2) return Optional.empty();
        List<WeightFile> all = List.copyOf(files.values());
        NotAveraged kinds = new NotAveraged(all.getLast().tensors());
        List<Tensor> maybe = all.getLast().tensors().stream()
                .filter(tensor -> kinds.neighbourOfCodes(tensor).isPresent()
                        && !recognition.tensors().overrules(tensor))
                .toList();
        return indexer.changed(all.getFirst(), all.getLast(), maybe)
                .map(tensor -> "holds integers that change between files, `" + tensor.name() + "` (" + tensor.dtype()
                        + "), beside `"
                        + kinds.neighbourOfCodes(tensor).orElseThrow()
                        + "`: codes of quantised weights, and places of sparse ones, cannot be averaged; save the"
                        + " weights dequantised and dense, as bf16 or f32, or list the tensor under buffers in "
                        + Manifest.FILE_NAME + " if it is something else");
    }
}
