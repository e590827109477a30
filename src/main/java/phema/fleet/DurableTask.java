package phema.fleet;

import com.github.kagkarlsson.scheduler.task.CompletionHandler;
import com.github.kagkarlsson.scheduler.task.ExecutionComplete;
import com.github.kagkarlsson.scheduler.task.ExecutionOperations;
import com.github.kagkarlsson.scheduler.task.FailureHandler;
import com.github.kagkarlsson.scheduler.task.helper.CustomTask;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import java.time.Duration;

/**
 * Makes kinds of work for the {@link Queue}, as db-scheduler knows them: work whose worker dies is given to another
 * one, which db-scheduler decides by the heartbeats that {@code application.yaml} sets.
 */
public final class DurableTask {
    /** The pause after which work is tried again when the runner failed, as it does while the database is away. */
    private static final Duration LATER = Duration.ofSeconds(10);

    private DurableTask() {}

    /** Does one piece of work. It may be called again for the same one: what was done stays done. */
    public interface Runner {
        CompletionHandler<Void> run(String instance);
    }

    public static CustomTask<Void> of(String name, Runner runner) {
        return Tasks.custom(name, Void.class)
                .onFailure(new FailureHandler.OnFailureRetryLater<>(LATER))
                .onDeadExecution(DurableTask::keepPlace)
                .execute((instance, context) -> runner.run(instance.getId()));
    }

    /** Goes before all that came after it, or what a killed worker did would wait for the whole queue. */
    public static void keepPlace(ExecutionComplete ended, ExecutionOperations<Void> operations) {
        operations.reschedule(ended, ended.getExecution().executionTime);
    }
}
