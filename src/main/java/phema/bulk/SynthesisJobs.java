package phema.bulk;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.springframework.stereotype.Service;
import org.springframework.transaction.support.TransactionTemplate;
import phema.fleet.Queue;
import phema.problem.Problem;

/** Runs syntheses of many targets to storage, in one pass over the snapshots, by whichever worker has time. */
@Service
public class SynthesisJobs {
    private final SynthesisStore store;
    private final SynthesisRunner runner;
    private final Queue queue;
    private final TransactionTemplate transaction;

    SynthesisJobs(SynthesisStore store, SynthesisRunner runner, Queue queue, TransactionTemplate transaction) {
        this.store = store;
        this.runner = runner;
        this.queue = queue;
        this.transaction = transaction;
    }

    /** @throws Problem when it cannot be done */
    public SynthesisJob create(SynthesisSpec spec) {
        runner.check(spec);
        String id = UUID.randomUUID().toString().replace("-", "").substring(0, 12);
        return Objects.requireNonNull(transaction.execute(status -> {
            store.insert(id, spec);
            queue.add(BulkConfiguration.TASK, List.of(id), spec.priority());
            return job(id);
        }));
    }

    /** Newest first. */
    public List<SynthesisJob> jobs() {
        return store.jobs();
    }

    /** @throws Problem when there is none */
    public SynthesisJob job(String id) {
        return store.job(id).orElseThrow(() -> Problem.unknown("id", "no synthesis has the id " + id));
    }

    /** Ends it if it has not ended, and deletes its files; a worker that writes them removes what it has. */
    public void delete(String id) {
        SynthesisJob job = job(id);
        store.delete(id);
        try {
            if (job.state().isEnd()) runner.deleteFiles(id);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
