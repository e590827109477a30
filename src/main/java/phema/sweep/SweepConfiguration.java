package phema.sweep;

import com.github.kagkarlsson.scheduler.task.helper.CustomTask;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import phema.evaluation.Evaluators;
import phema.fleet.Chore;
import phema.fleet.DatabaseMeters;
import phema.fleet.DurableTask;
import phema.fleet.Queue;
import phema.fleet.Upkeep;
import phema.fleet.WorkState;
import phema.text.Labels;

/** Provides the trials as the fleet runs them, and what is measured. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(SweepProperties.class)
class SweepConfiguration {
    @Bean
    CustomTask<Void> trialTask(TrialRunner runner) {
        return DurableTask.of(TrialId.TASK, id -> runner.run(TrialId.parse(id)));
    }

    /** A process may have died, or been too quick, between a change of a trial and that of the queue. */
    @Bean
    Upkeep lostTrials(TrialStore trials, Queue queue) {
        return () -> trials.lost().forEach((id, priority) -> queue.ensure(TrialId.TASK, id.toString(), priority));
    }

    @Bean
    Upkeep orphanedTrials(Trials trials) {
        return trials::queueOrphans;
    }

    /** What others have configured otherwise is theirs to do. */
    @Bean
    Chore examination(Suitability suitability) {
        return suitability::examine;
    }

    @Bean
    Upkeep retention(SweepRecords records, SweepProperties limits) {
        Duration age = limits.retention();
        return age == null ? () -> {} : () -> records.deleteExpired(age);
    }

    @Bean
    MeterBinder sweepMeters(
            TrialStore trials, EvaluationStore evaluations, Evaluators evaluators, DatabaseMeters meters) {
        return registry -> {
            for (WorkState state : WorkState.values())
                Gauge.builder(
                                "phema.trials",
                                trials,
                                s -> meters.read(() -> s.counts().getOrDefault(state, 0)))
                        .tag("state", Labels.of(state))
                        .description("Trials of all sweeps")
                        .register(registry);
            // From the database, as workers have no port of their own.
            evaluators.names().forEach(name -> {
                EvaluationCount made = new EvaluationCount(evaluations, name, meters);
                FunctionTimer.builder(
                                "phema.evaluation",
                                evaluations, // the registry holds this one weakly
                                s -> made.now().count(),
                                s -> made.now().seconds(),
                                TimeUnit.SECONDS)
                        .tag("evaluator", name)
                        .description("Evaluations of all workers")
                        .register(registry);
            });
        };
    }
}
