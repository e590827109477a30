package phema.bulk;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.stereotype.Component;
import phema.catalog.Catalog;
import phema.catalog.Run;
import phema.catalog.Snapshot;
import phema.fleet.Fleet;
import phema.fleet.Upkeep;

/**
 * Ends syntheses that nobody can do any more: a snapshot that they combine was deleted, and the others of its run are
 * there. Services judge, which see the runs that users ask them for; a worker may have only some of the files.
 */
@Component
@ConditionalOnWebApplication
record GoneSnapshots(SynthesisStore store, SynthesisParts parts, PartFiles files, Catalog catalog, Fleet fleet)
        implements Upkeep {
    @Override
    public void run() {
        for (SynthesisJob job : store.jobs()) {
            if (job.state().isEnd()
                    || fleet.takers(BulkConfiguration.TASK, job.id()).count() > 0) continue;
            store.plan(job.id()).flatMap(plan -> gone(job.spec().run(), plan)).ifPresent(file -> fail(job.id(), file));
        }
    }

    private void fail(String id, Path file) {
        parts.failed(id, file + " is gone since it was indexed; rescan the run and ask again");
        files.discardAll(id);
    }

    /** Empty as well while the run, or all of it, is away: storage may come back. */
    private Optional<Path> gone(String name, SynthesisPlan plan) {
        Optional<Run> found =
                catalog.runs().stream().filter(run -> run.name().equals(name)).findFirst();
        List<Snapshot> snapshots = found.map(Run::snapshots).orElse(List.of());
        if (snapshots.stream()
                .noneMatch(snapshot -> Files.exists(snapshot.file().path()))) return Optional.empty();
        Path folder = found.orElseThrow().folder();
        Set<String> there = snapshots.stream().map(Snapshot::name).collect(Collectors.toSet());
        return plan.targets().stream()
                .flatMap(target -> target.fit().coefficients().keySet().stream())
                .filter(needed -> !there.contains(needed) && Files.notExists(folder.resolve(needed)))
                // Of several averages in a file, the name goes on after the file's.
                .map(needed -> folder.resolve(needed.replaceFirst("#.*", "")))
                .filter(Files::notExists)
                .findFirst();
    }
}
