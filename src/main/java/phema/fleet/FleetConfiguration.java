package phema.fleet;

import com.github.kagkarlsson.scheduler.Clock;
import com.github.kagkarlsson.scheduler.SchedulerName;
import com.github.kagkarlsson.scheduler.boot.config.DbSchedulerCustomizer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.InstantSource;
import java.util.Optional;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Provides the queue's scheduler, under this worker's name, and what is measured. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(WorkerProperties.class)
class FleetConfiguration {
    @Bean
    DbSchedulerCustomizer schedulerName(WorkerIdentity identity) {
        return new DbSchedulerCustomizer() {
            @Override
            public Optional<SchedulerName> schedulerName() {
                return Optional.of(identity);
            }
        };
    }

    /** Takes the place of db-scheduler's own, so that both agree about what is due. */
    @Bean
    Clock dbSchedulerClock(InstantSource clock) {
        return clock::instant;
    }

    @Bean
    MeterBinder queueMeters(Queue queue) {
        return registry -> Gauge.builder("phema.queue.depth", queue, Queue::depth)
                .description("Trials and syntheses that wait for a worker")
                .register(registry);
    }
}
