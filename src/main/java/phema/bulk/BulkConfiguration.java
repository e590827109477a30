package phema.bulk;

import com.github.kagkarlsson.scheduler.task.helper.CustomTask;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import phema.fleet.Chore;
import phema.fleet.DurableTask;
import phema.fleet.Upkeep;

/** Provides the jobs as the fleet runs them. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(BulkProperties.class)
class BulkConfiguration {
    /** The kind of work, as the queue names it. */
    static final String TASK = "synthesis";

    @Bean
    CustomTask<Void> synthesisTask(SynthesisRunner runner) {
        return DurableTask.of(TASK, runner::run);
    }

    @Bean
    Chore differencesAgain(Differences differences) {
        return differences::lookAgain;
    }

    @Bean
    Upkeep lostSyntheses(SynthesisParts parts) {
        return parts::requeueLost;
    }
}
