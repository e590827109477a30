package phema.bulk;

import com.github.kagkarlsson.scheduler.task.CompletionHandler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.NestedRuntimeException;
import org.springframework.stereotype.Component;
import phema.catalog.Catalog;
import phema.fleet.DatabaseRetry;
import phema.fleet.DurableTask;
import phema.fleet.Heartbeat;
import phema.fleet.WorkerIdentity;
import phema.problem.Problem;
import phema.storage.FileTree;
import phema.synthesis.Fits;
import phema.synthesis.Syntheses;

/** Runs one bulk synthesis, as often as the queue says so. Files appear all together or not at all. */
@Component
class SynthesisRunner {
    private static final Logger log = LoggerFactory.getLogger(SynthesisRunner.class);
    private static final int MOST_DEATHS = 3;

    private final SynthesisStore store;
    private final UnseenRuns unseen;
    private final Catalog catalog;
    private final Fits fits;
    private final Syntheses syntheses;
    private final BulkProperties storage;
    private final Heartbeat pulse;
    private final WorkerIdentity self;

    SynthesisRunner(
            SynthesisStore store,
            UnseenRuns unseen,
            Catalog catalog,
            Fits fits,
            Syntheses syntheses,
            BulkProperties storage,
            Heartbeat pulse,
            WorkerIdentity self) {
        this.store = store;
        this.unseen = unseen;
        this.catalog = catalog;
        this.fits = fits;
        this.syntheses = syntheses;
        this.storage = storage;
        this.pulse = pulse;
        this.self = self;
    }

    /** Checks all that can be known to go wrong before any weights are read. */
    void check(SynthesisSpec spec) {
        if (Math.abs(spec.priority()) > 1000)
            throw Problem.invalid("priority", "priority must lie in -1000..1000, not " + spec.priority());
        pass(spec);
    }

    CompletionHandler<Void> run(String id) {
        Optional<SynthesisJob> job = store.job(id);
        if (job.isPresent() && unseen.leaveAlone(job.get())) return DurableTask::keepPlace;
        Optional<Integer> attempt = store.begin(id, self.getName());
        if (job.isEmpty()) discardAll(id);
        if (job.isEmpty() || attempt.isEmpty()) return new CompletionHandler.OnCompleteRemove<>();
        return run(id, job.get().spec(), attempt.get());
    }

    private CompletionHandler<Void> run(String id, SynthesisSpec spec, int attempt) {
        Path own = storage.pending(id, attempt);
        LongAdder bytes = new LongAdder();
        long[] total = {0};
        Heartbeat.WatchedWork work = pulse.begin(
                () -> store.isRunning(id, attempt), () -> store.progress(id, attempt, bytes.sum(), total[0]));
        try {
            discardBefore(id, attempt);
            if (store.deaths(id) > MOST_DEATHS)
                throw Problem.conflict("every worker that ran it died, " + MOST_DEATHS + " times");
            Syntheses.Pass pass = pass(spec);
            total[0] = pass.size();
            List<Path> files = pass.write(own, false, bytes::add).stream()
                    .flatMap(List::stream)
                    .toList();
            pass.notices().forEach(notice -> log.warn("Synthesis {} of {}: {}", id, spec.run(), notice));
            work.end();
            DatabaseRetry.persistently(() -> store.progress(id, attempt, total[0], total[0]));
            if (store.isRunning(id, attempt)) publish(id, attempt, own, files);
        } catch (NestedRuntimeException e) {
            throw e; // the database's fault, not the synthesis': the queue tries again later
        } catch (IOException | RuntimeException | InterruptedException e) {
            boolean stopped = work.end() || e instanceof InterruptedException;
            if (stopped && store.handedBack(id, attempt)) return DurableTask::keepPlace;
            if (!stopped) fail(id, attempt, e);
        } finally {
            work.close();
            discard(own);
        }
        return new CompletionHandler.OnCompleteRemove<>();
    }

    private void publish(String id, int attempt, Path own, List<Path> files) throws IOException, InterruptedException {
        deleteFiles(id); // of a worker that died between the next two lines
        Files.move(own, storage.folder(id));
        List<String> names =
                files.stream().map(file -> own.relativize(file).toString()).toList();
        boolean[] done = {false};
        DatabaseRetry.persistently(() -> done[0] = store.done(id, attempt, names));
        if (!done[0] && store.job(id).isEmpty()) deleteFiles(id);
    }

    private void fail(String id, int attempt, Exception e) {
        log.warn("Synthesis {} failed", id, e);
        // What a worker published that died before it could say so.
        if (store.isRunning(id, attempt)) discard(storage.folder(id));
        store.failed(id, attempt, e.getMessage() == null ? e.toString() : e.getMessage());
    }

    /** What earlier attempts left whose workers were killed. */
    private void discardBefore(String id, int attempt) {
        for (int earlier = 1; earlier < attempt; earlier++) discard(storage.pending(id, earlier));
    }

    /** What a worker left that was killed before the job was deleted. */
    private void discardAll(String id) {
        discard(storage.folder(id));
        try (Stream<Path> all = Files.list(storage.folder())) {
            all.filter(path -> String.valueOf(path.getFileName()).startsWith("." + id + "-"))
                    .forEach(SynthesisRunner::discard);
        } catch (IOException e) {
            log.warn("{} cannot be tidied: {}", storage.folder(), e.toString());
        }
    }

    private static void discard(Path folder) {
        try {
            FileTree.delete(folder);
        } catch (IOException e) {
            log.warn("{} cannot be deleted: {}", folder, e.toString());
        }
    }

    void deleteFiles(String id) throws IOException {
        FileTree.delete(storage.folder(id));
    }

    private Syntheses.Pass pass(SynthesisSpec spec) {
        return syntheses.pass(
                fits.prepare(catalog.run(spec.run()), spec.request()).requireDistinctNames());
    }
}
