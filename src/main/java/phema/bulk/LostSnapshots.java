package phema.bulk;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.stereotype.Component;
import phema.catalog.Catalog;
import phema.catalog.Excluded;
import phema.catalog.Excluded.ExclusionReason;
import phema.catalog.Run;
import phema.catalog.Snapshot;
import phema.fleet.Fleet;
import phema.fleet.Upkeep;
import phema.problem.Problem;

/**
 * Ends syntheses that nobody can do any more: a snapshot that they combine was deleted or replaced, and the others of
 * its run are there, or the run's manifest makes other files of them. Services judge, which see the runs that users ask
 * them for; a worker may have only some of the files.
 */
@Component
@ConditionalOnWebApplication
record LostSnapshots(
        SynthesisStore store,
        SynthesisParts parts,
        PartFiles files,
        Catalog catalog,
        Differences differences,
        Fleet fleet)
        implements Upkeep {
    @Override
    public void run() {
        for (SynthesisJob job : store.jobs()) {
            if (job.state().isEnd()
                    || fleet.takers(BulkConfiguration.TASK, job.id()).count() > 0) continue;
            store.plan(job.id()).flatMap(plan -> lost(job, plan)).ifPresent(why -> fail(job.id(), why));
        }
    }

    private void fail(String id, String why) {
        parts.failed(id, why);
        files.discardAll(id);
    }

    /** Says which and how; empty as well while the run, or all of it, is away: storage may come back. */
    private Optional<String> lost(SynthesisJob job, SynthesisPlan plan) {
        Optional<Run> found = catalog.runs().stream()
                .filter(run -> run.name().equals(job.spec().run()))
                .findFirst();
        List<Snapshot> snapshots = found.map(Run::snapshots).orElse(List.of());
        if (snapshots.stream()
                .noneMatch(snapshot -> Files.exists(snapshot.file().path()))) return Optional.empty();
        Run run = found.orElseThrow();
        Map<String, Snapshot> there = snapshots.stream().collect(Collectors.toMap(Snapshot::name, Function.identity()));
        List<String> needed = plan.targets().stream()
                .flatMap(target -> target.fit().coefficients().keySet().stream())
                .distinct()
                .toList();
        return needed.stream()
                .flatMap(one -> (there.containsKey(one) ? replaced(there.get(one), plan) : missing(run, one)).stream())
                .findFirst()
                .or(() -> needed.stream().allMatch(one -> there.containsKey(one) && isIndexed(there.get(one)))
                        ? differences.difference(job).map(problem -> problem.getMessage() + "; ask again")
                        : Optional.empty());
    }

    private static Optional<String> missing(Run run, String needed) {
        Path whole = run.folder().resolve(needed);
        // Of several averages in a file, the name goes on after the file's.
        Path path = run.folder().resolve(needed.replaceFirst("#.*", ""));
        if (Files.notExists(whole) && Files.notExists(path))
            return Optional.of(Problem.changed(path, "is gone").getMessage());
        Optional<Excluded> excluded = run.excluded().stream()
                .filter(file -> file.name().equals(needed) || file.path().equals(path))
                .findFirst();
        if (excluded.filter(file -> file.reason() == ExclusionReason.GROWING).isPresent()
                || !Files.isReadable(Files.exists(path) ? path : whole)) return Optional.empty();
        return Optional.of(path + " was a snapshot of run " + run.name() + " when the synthesis was asked for, and is"
                + " none now" + excluded.map(file -> ": " + file.message()).orElse("") + "; ask again");
    }

    /** As soon as the new file is indexed. */
    private static Optional<String> replaced(Snapshot snapshot, SynthesisPlan plan) {
        String now = SynthesisPlan.digits(snapshot);
        if (plan.snapshots().getOrDefault(snapshot.name(), now).equals(now) || !isIndexed(snapshot))
            return Optional.empty();
        return Optional.of(snapshot.file().path() + " has changed since the synthesis was asked for; ask again");
    }

    private static boolean isIndexed(Snapshot snapshot) {
        try {
            return snapshot.file().isUntouched();
        } catch (IOException e) {
            return false; // it may be what it was when storage is back
        }
    }
}
