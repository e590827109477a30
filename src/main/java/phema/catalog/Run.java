package phema.catalog;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import phema.format.OneLine;
import phema.problem.Problem;

/**
 * Describes one training job's files.
 *
 * @param snapshots that syntheses may read, by time, then by profile; all hold the same tensors
 * @param notices about the run as a whole, such as gaps between snapshots; one line each
 * @param newer what is newer than all snapshots and left out, where anything is
 * @param publication how it looks as a model repository
 * @param manifest the lines of a {@code phema.yaml} that would say what names and contents are taken to say, or are
 *     asked for; none where there is nothing to be said
 * @param countsKimg whether the clock counts images and all file names give it in {@link Kimg}, EDM2's way; asked for
 *     with each name that an output gets, hence kept
 */
public record Run(
        String name,
        Path folder,
        List<Snapshot> snapshots,
        List<Excluded> excluded,
        List<String> notices,
        Optional<NewerFiles> newer,
        Publication publication,
        List<String> manifest,
        boolean countsKimg) {
    public Run {
        manifest = List.copyOf(manifest);
        snapshots = List.copyOf(snapshots);
        excluded = List.copyOf(excluded);
        notices = notices.stream().map(OneLine::of).toList();
    }

    /** The same, with files as they were known before they were probed: commits that were given out then go by that. */
    public Run withoutProbes() {
        return new Run(
                name,
                folder,
                snapshots.stream()
                        .map(s -> new Snapshot(s.name(), s.file().withoutProbes(), s.profile(), s.sample()))
                        .toList(),
                excluded,
                notices,
                newer,
                publication,
                manifest,
                countsKimg);
    }

    /** One whose clock is told by its snapshots' names. */
    public Run(
            String name,
            Path folder,
            List<Snapshot> snapshots,
            List<Excluded> excluded,
            List<String> notices,
            Optional<NewerFiles> newer,
            Publication publication,
            List<String> manifest) {
        this(
                name,
                folder,
                snapshots,
                excluded,
                notices,
                newer,
                publication,
                manifest,
                snapshots.stream().allMatch(s -> SnapshotName.isTimeOf(s.name(), s.time())));
    }

    /** One whose manifest says nothing of repositories. */
    public Run(String name, Path folder, List<Snapshot> snapshots, List<Excluded> excluded, List<String> notices) {
        this(name, folder, snapshots, excluded, notices, Optional.empty(), Publication.DEFAULT, List.of());
    }

    /** What is to be said of the run: what is left out of its end first, then {@link #notices}. */
    public List<String> said() {
        return Stream.concat(newer.stream().map(NewerFiles::message), notices.stream())
                .toList();
    }

    /** What is to be said of weights that end at a time: whether they are called the newest, and are not. */
    public List<String> warningsAt(double time) {
        return newer.filter(files -> time >= files.time()).map(NewerFiles::message).stream()
                .toList();
    }

    /** This run. @throws Problem when it has no snapshot that syntheses may read; it says why */
    public Run requireUsable() {
        if (snapshots.isEmpty())
            throw Problem.unprocessable("Run " + name + " has no usable snapshot"
                    + (excluded.isEmpty()
                            ? " in " + folder
                            : "; first reason: " + excluded.getFirst().message()));
        return this;
    }

    /** The last snapshot by time. @throws Problem where there is none */
    public Snapshot newest() {
        return requireUsable().snapshots.getLast();
    }

    /**
     * Returns the newest snapshot's time on the training job's clock: images seen for EDM2. @throws Problem where there
     * is no snapshot
     */
    public double newestTime() {
        return newest().time();
    }

    /** Returns the time of the first snapshot. @throws Problem where there is none */
    public double oldestTime() {
        return requireUsable().snapshots.getFirst().time();
    }
}
