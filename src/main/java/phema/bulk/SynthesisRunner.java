package phema.bulk;

import com.github.kagkarlsson.scheduler.task.CompletionHandler;
import com.github.kagkarlsson.scheduler.task.ExecutionComplete;
import com.github.kagkarlsson.scheduler.task.ExecutionOperations;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.NestedRuntimeException;
import org.springframework.stereotype.Component;
import phema.bulk.SynthesisParts.BegunPart;
import phema.fleet.DatabaseRetry;
import phema.fleet.DurableTask;
import phema.fleet.Heartbeat;
import phema.fleet.Outage;
import phema.fleet.WorkState;
import phema.fleet.WorkerIdentity;
import phema.problem.Problem;
import phema.synthesis.DiskSpace;
import phema.synthesis.Syntheses;

/** Runs one part of a bulk synthesis, as often as the queue says so. Files appear all together or not at all. */
@Component
class SynthesisRunner {
    private static final Logger log = LoggerFactory.getLogger(SynthesisRunner.class);
    private static final Duration PAUSE_AFTER_FAILURE = Duration.ofSeconds(2);

    /** The number of workers that a part may bring down before it gets no other. */
    private static final int MOST_DEATHS = 4;

    /** The number of times that a part is tried again whose storage fails. */
    private static final int RETRIES = 2;

    private final SynthesisStore store;
    private final PartStore partStore;
    private final SynthesisParts parts;
    private final PartFiles files;
    private final Plans plans;
    private final Differences differences;
    private final BulkProperties settings;
    private final Heartbeat pulse;
    private final WorkerIdentity self;

    SynthesisRunner(
            SynthesisStore store,
            PartStore partStore,
            SynthesisParts parts,
            PartFiles files,
            Plans plans,
            Differences differences,
            BulkProperties settings,
            Heartbeat pulse,
            WorkerIdentity self) {
        this.store = store;
        this.partStore = partStore;
        this.parts = parts;
        this.files = files;
        this.plans = plans;
        this.differences = differences;
        this.settings = settings;
        this.pulse = pulse;
        this.self = self;
    }

    CompletionHandler<Void> run(String instance) {
        Optional<PartId> part = PartId.parse(instance);
        if (part.isEmpty()) return cut(instance);
        Optional<BegunPart> begun = parts.begin(part.get(), self.getName());
        if (begun.isPresent()) return run(begun.get());
        tidy(part.get().synthesis());
        return new CompletionHandler.OnCompleteRemove<>();
    }

    /** One that an older version was asked for. */
    private CompletionHandler<Void> cut(String id) {
        Optional<SynthesisJob> job =
                store.job(id).filter(found -> !found.state().isEnd());
        if (job.isPresent() && differences.leaveAlone(job.get())) return DurableTask::keepPlace;
        try {
            if (job.isPresent())
                parts.cut(id, job.get().spec(), plans.plan(job.get().spec()));
            else tidy(id);
        } catch (Problem e) {
            store.failed(id, e.getMessage());
        }
        return new CompletionHandler.OnCompleteRemove<>();
    }

    private CompletionHandler<Void> run(BegunPart part) {
        Path own = settings.pending(part.id().synthesis(), part.id().number(), part.attempt());
        LongAdder bytes = new LongAdder();
        Heartbeat.WatchedWork work = pulse.begin(
                () -> parts.isRunning(part), () -> partStore.progress(part.id(), part.attempt(), bytes.sum()));
        try {
            files.discardBefore(part.id(), part.attempt());
            if (part.attempts().deaths() >= MOST_DEATHS)
                throw Problem.conflict("every worker that ran it died, " + MOST_DEATHS + " times");
            if (!part.isLast() || !files.arePublished(part.id().synthesis(), part.plan())) {
                Optional<Syntheses.Pass> pass = differences.pass(part);
                if (pass.isEmpty()) return DurableTask::keepPlace;
                write(part, pass.get(), own, bytes, work);
            }
            work.end();
            boolean[] done = {false};
            DatabaseRetry.persistently(() -> done[0] = parts.done(part));
            if (!done[0] || part.isLast()) tidy(part.id().synthesis());
        } catch (NestedRuntimeException e) {
            throw e; // the database's fault, not the synthesis': the queue tries again later
        } catch (IOException | RuntimeException | InterruptedException e) {
            boolean stopped = work.end() || e instanceof InterruptedException;
            if (stopped && parts.handBack(part)) return DurableTask::keepPlace;
            Optional<String> outage = stopped || isOfFullDisk(e) ? Optional.empty() : Outage.reason(e);
            if (outage.isPresent() && parts.handBack(part)) {
                differences.leaveAlone(part, outage.get());
                return DurableTask::keepPlace;
            }
            if (!stopped && parts.isRunning(part) && failed(part, e)) return SynthesisRunner::later;
            tidy(part.id().synthesis());
        } finally {
            work.close();
            PartFiles.discard(own);
        }
        return new CompletionHandler.OnCompleteRemove<>();
    }

    private void write(BegunPart part, Syntheses.Pass pass, Path own, LongAdder bytes, Heartbeat.WatchedWork work)
            throws IOException, InterruptedException {
        String id = part.id().synthesis();
        Files.createDirectories(own);
        DiskSpace.require(own, pass.size() + partStore.bytesToCome(id));
        pass.write(own, false, bytes::add);
        pass.notices()
                .forEach(notice ->
                        log.warn("Synthesis {} of {}: {}", id, part.spec().run(), notice));
        work.end();
        boolean[] wanted = {false};
        DatabaseRetry.persistently(() -> wanted[0] = parts.isRunning(part));
        if (!wanted[0]) return;
        files.keep(own, id, part.plan().of(part.id().number()));
        if (part.isLast()) files.publish(id, part.plan());
    }

    /** Then the synthesis fails with what it needs: nothing else may ever need as much. */
    private static boolean isOfFullDisk(Exception e) {
        return Outage.behind(e).equals(Optional.of(Outage.FULL));
    }

    /** @return whether it will be tried again */
    private boolean failed(BegunPart part, Exception e) {
        log.warn("Part {} of synthesis {} failed", part.id().number(), part.id().synthesis(), e);
        if (e instanceof IOException && part.attempts().failures() < RETRIES) return parts.failedForNow(part);
        parts.failed(part, e.getMessage() == null ? e.toString() : e.getMessage());
        return false;
    }

    private static void later(ExecutionComplete ended, ExecutionOperations<Void> operations) {
        operations.reschedule(ended, ended.getTimeDone().plus(PAUSE_AFTER_FAILURE));
    }

    /** Removes what nobody wants any more: of one that has failed or was deleted, all; else what nobody sees. */
    private void tidy(String id) {
        Optional<WorkState> state = store.job(id).map(SynthesisJob::state);
        if (state.isEmpty() || state.get() == WorkState.FAILED) files.discardAll(id);
        else if (state.get().isEnd()) files.discardHidden(id);
    }
}
