package phema.bulk;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.stereotype.Component;
import phema.catalog.Catalog;
import phema.catalog.Run;
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
        Optional<Run> run =
                catalog.runs().stream().filter(r -> r.name().equals(name)).findFirst();
        if (run.isEmpty()
                || run.get().snapshots().stream()
                        .noneMatch(snapshot -> Files.exists(snapshot.file().path()))) return Optional.empty();
        return plan.targets().stream()
                .flatMap(target -> target.fit().coefficients().keySet().stream())
                .filter(needed -> run.get().snapshots().stream()
                        .noneMatch(snapshot -> snapshot.name().equals(needed)))
                // Of several averages in a file, the name goes on after the file's.
                .filter(needed -> Stream.of(needed, needed.replaceFirst("#.*", ""))
                        .allMatch(file -> Files.notExists(run.get().folder().resolve(file))))
                .map(needed -> run.get().folder().resolve(needed.replaceFirst("#.*", "")))
                .findFirst();
    }
}
