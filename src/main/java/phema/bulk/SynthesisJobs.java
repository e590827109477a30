package phema.bulk;

import java.util.List;
import java.util.UUID;
import org.springframework.stereotype.Service;
import org.springframework.transaction.support.TransactionTemplate;
import phema.fleet.Fleet;
import phema.fleet.LeftAlone;
import phema.fleet.Queue;
import phema.problem.Problem;

/** Runs syntheses of many targets to storage, in parts, by whichever workers have time. */
@Service
public class SynthesisJobs {
    private final SynthesisStore store;
    private final PartStore partStore;
    private final Plans plans;
    private final SynthesisParts parts;
    private final PartFiles files;
    private final Fleet fleet;
    private final TransactionTemplate transaction;

    SynthesisJobs(
            SynthesisStore store,
            PartStore partStore,
            Plans plans,
            SynthesisParts parts,
            PartFiles files,
            Fleet fleet,
            TransactionTemplate transaction) {
        this.store = store;
        this.partStore = partStore;
        this.plans = plans;
        this.parts = parts;
        this.files = files;
        this.fleet = fleet;
        this.transaction = transaction;
    }

    /** @throws Problem when it cannot be done */
    public SynthesisJob create(SynthesisSpec spec) {
        Queue.requirePriority(spec.priority());
        SynthesisPlan plan = plans.plan(spec);
        String id = UUID.randomUUID().toString().replace("-", "").substring(0, 12);
        parts.create(id, spec, plan);
        return job(id);
    }

    /** Newest first. */
    public List<SynthesisJob> jobs() {
        return store.jobs();
    }

    /** @throws Problem when there is none */
    public SynthesisJob job(String id) {
        return store.job(id).orElseThrow(() -> Problem.unknown("id", "no synthesis has the id " + id));
    }

    /** The living workers that leave it to others, with the reasons; nobody once it has ended. */
    public List<LeftAlone> leftAlone(SynthesisJob job) {
        return job.state().isEnd()
                ? List.of()
                : fleet.takers(BulkConfiguration.TASK, job.id()).others();
    }

    /** Ends it if it has not ended, and deletes its files; workers that write them remove what they have. */
    public void delete(String id) {
        SynthesisJob job = job(id);
        transaction.executeWithoutResult(status -> {
            store.touch(id); // or a part could be begun between the two
            partStore.delete(id);
            store.delete(id);
        });
        if (job.state().isEnd()) files.deleteAll(id);
    }
}
