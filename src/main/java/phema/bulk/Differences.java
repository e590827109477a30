package phema.bulk;

import java.util.Optional;
import org.springframework.stereotype.Component;
import phema.bulk.SynthesisParts.BegunPart;
import phema.fleet.Fleet;
import phema.problem.Problem;
import phema.problem.ShownPaths;
import phema.synthesis.Syntheses;

/**
 * Leaves syntheses to other processes as long as this one does not see their runs, or sees other snapshots than the
 * plan was made with, of which it would write other bytes.
 */
@Component
record Differences(SynthesisStore store, SynthesisParts parts, Plans plans, Fleet fleet, ShownPaths paths) {
    /** What to write; empty where the part was given back and is left to others from now on. */
    Optional<Syntheses.Pass> pass(BegunPart part) {
        try {
            return Optional.of(plans.pass(part.spec(), part.plan())
                    .only(part.plan().names(part.id().number())));
        } catch (Problem e) {
            leaveAlone(part, String.valueOf(e.getMessage()));
            parts.handBack(part);
            return Optional.empty();
        }
    }

    /** @return whether the synthesis, which has no plan, is left to others from now on */
    boolean leaveAlone(SynthesisJob job) {
        Optional<Problem> difference = difference(job);
        difference.ifPresent(problem -> leaveAlone(job.id(), String.valueOf(problem.getMessage())));
        return difference.isPresent();
    }

    /** Until the next look. @param reason in one line for the user */
    void leaveAlone(BegunPart part, String reason) {
        leaveAlone(part.id().synthesis(), reason);
    }

    private void leaveAlone(String id, String reason) {
        fleet.leaveAlone(BulkConfiguration.TASK, id, paths.in(reason));
    }

    /** Runs and their snapshots come and go: what was left alone is looked at again. */
    void lookAgain() {
        for (String id : fleet.leavesAlone(BulkConfiguration.TASK).keySet())
            if (store.job(id).flatMap(this::difference).isEmpty()) fleet.takeUp(BulkConfiguration.TASK, id);
    }

    /** Empty where there is none, or nobody wants the synthesis any more. */
    Optional<Problem> difference(SynthesisJob job) {
        if (job.state().isEnd()) return Optional.empty();
        try {
            Optional<SynthesisPlan> plan = store.plan(job.id());
            if (plan.isPresent()) plans.pass(job.spec(), plan.get());
            else plans.requireRun(job.spec());
            return Optional.empty();
        } catch (Problem e) {
            return Optional.of(e);
        }
    }
}
