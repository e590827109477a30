package phema.bulk;

import java.util.Optional;
import org.springframework.stereotype.Component;
import phema.catalog.Catalog;
import phema.fleet.Fleet;
import phema.problem.Problem;

/** Leaves syntheses of runs that this process does not see to those that do, as long as it does not. */
@Component
record UnseenRuns(SynthesisStore store, Catalog catalog, Fleet fleet) {
    /** @return whether the job is left to others from now on */
    boolean leaveAlone(SynthesisJob job) {
        Optional<String> reason = reason(job);
        reason.ifPresent(text -> fleet.leaveAlone(BulkConfiguration.TASK, job.id(), text));
        return reason.isPresent();
    }

    /** Runs come and go: what was left alone is looked at again. */
    void lookAgain() {
        for (String id : fleet.leavesAlone(BulkConfiguration.TASK).keySet())
            if (store.job(id).flatMap(this::reason).isEmpty()) fleet.takeUp(BulkConfiguration.TASK, id);
    }

    /** In words for the user; empty where the run is here, or nobody wants the job any more. */
    private Optional<String> reason(SynthesisJob job) {
        if (job.state().isEnd()) return Optional.empty();
        try {
            catalog.run(job.spec().run());
            return Optional.empty();
        } catch (Problem e) {
            return Optional.of(e.getMessage());
        }
    }
}
