package phema.sweep;

import com.github.kagkarlsson.scheduler.SchedulerName;
import com.github.kagkarlsson.scheduler.boot.config.DbSchedulerCustomizer;
import com.github.kagkarlsson.scheduler.task.CompletionHandler;
import com.github.kagkarlsson.scheduler.task.ExecutionComplete;
import com.github.kagkarlsson.scheduler.task.ExecutionOperations;
import com.github.kagkarlsson.scheduler.task.FailureHandler;
import com.github.kagkarlsson.scheduler.task.helper.CustomTask;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The jobs as db-scheduler runs them, and what is measured. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties({
    EvaluatorProperties.class,
    SweepProperties.Sweeping.class,
    SweepProperties.Storage.class,
    SweepProperties.Working.class
})
class SweepConfiguration {
    /** Where the runner itself failed, as it does while the database is away. */
    private static final Duration LATER = Duration.ofSeconds(10);

    @Bean
    CustomTask<Void> trialTask(TrialRunner runner) {
        return task(Queue.TRIAL, id -> runner.run(TrialId.parse(id)));
    }

    @Bean
    CustomTask<Void> synthesisTask(SynthesisRunner runner) {
        return task(Queue.SYNTHESIS, runner::run);
    }

    private interface Job {
        CompletionHandler<Void> run(String id);
    }

    private static CustomTask<Void> task(String name, Job job) {
        return Tasks.custom(name, Void.class)
                .onFailure(new FailureHandler.OnFailureRetryLater<>(LATER))
                .onDeadExecution(SweepConfiguration::keepPlace)
                .execute((instance, context) -> job.run(instance.getId()));
    }

    /** Before all that came after it, or a killed worker's trial would wait for the whole queue. */
    static void keepPlace(ExecutionComplete ended, ExecutionOperations<Void> operations) {
        operations.reschedule(ended, ended.getExecution().executionTime);
    }

    @Bean
    DbSchedulerCustomizer schedulerName(WorkerIdentity self) {
        return new DbSchedulerCustomizer() {
            @Override
            public Optional<SchedulerName> schedulerName() {
                return Optional.of(self);
            }
        };
    }

    @Bean
    MeterBinder sweepMeters(Queue queue, SweepStore store, EvaluatorProperties evaluators) {
        return registry -> {
            Gauge.builder("phema.queue.depth", queue, Queue::depth)
                    .description("Trials and syntheses that wait for a worker")
                    .register(registry);
            for (WorkState state : WorkState.values())
                Gauge.builder("phema.trials", store, s -> s.counts().getOrDefault(state, 0))
                        .tag("state", Words.of(state))
                        .description("Trials of all sweeps")
                        .register(registry);
            // From the database, as workers have no port of their own.
            evaluators.evaluators().keySet().forEach(name -> {
                EvaluationCount evaluations = new EvaluationCount(store, name);
                FunctionTimer.builder(
                                "phema.evaluation",
                                store, // the registry holds this one weakly
                                s -> evaluations.now().count(),
                                s -> evaluations.now().seconds(),
                                TimeUnit.SECONDS)
                        .tag("evaluator", name)
                        .description("Evaluations of all workers")
                        .register(registry);
            });
        };
    }
}
