package phema.fleet;

import com.github.kagkarlsson.scheduler.Clock;
import com.github.kagkarlsson.scheduler.SchedulerName;
import com.github.kagkarlsson.scheduler.boot.config.DbSchedulerCustomizer;
import com.github.kagkarlsson.scheduler.jdbc.JdbcCustomization;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import javax.sql.DataSource;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.flyway.autoconfigure.FlywayMigrationStrategy;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.jdbc.health.DataSourceHealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import phema.problem.Problem;
import phema.time.Ticker;

/** Provides the queue's scheduler, under this worker's name, and what is measured. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(WorkerProperties.class)
class FleetConfiguration {
    /** The pause of a thread that could take no work out of the queue. */
    private static final Duration PAUSE = Duration.ofSeconds(5);

    @Bean
    static DatabaseCheck databaseCheck(Environment environment) {
        return new DatabaseCheck(environment);
    }

    @Bean
    DbSchedulerCustomizer ownScheduler(
            WorkerIdentity identity,
            DataSource dataSource,
            FleetStore store,
            WorkerProperties settings,
            Ticker ticker) {
        return new DbSchedulerCustomizer() {
            @Override
            public Optional<SchedulerName> schedulerName() {
                return Optional.of(identity);
            }

            @Override
            public Optional<ExecutorService> executorService() {
                return Optional.of(new WorkThreads(settings.threads(), PAUSE, ticker));
            }

            @Override
            public Optional<JdbcCustomization> jdbcCustomization() {
                return Optional.of(new DueWork(dataSource, identity, store));
            }
        };
    }

    /** Takes the place of db-scheduler's own, so that both agree about what is due. */
    @Bean
    Clock dbSchedulerClock(InstantSource clock) {
        return clock::instant;
    }

    /** Brings the database up to date, but none of a newer phema, which this one would misread. */
    @Bean
    FlywayMigrationStrategy upToDate() {
        return flyway -> {
            Arrays.stream(flyway.info().all())
                    .filter(migration -> migration.getState().isApplied()
                            && !migration.getState().isResolved())
                    .findFirst()
                    .ifPresent(unknown -> {
                        throw Problem.conflict("the database is of a newer phema, which made migration "
                                + unknown.getVersion() + " (" + unknown.getDescription()
                                + "); start that phema, or name another phema.home or spring.datasource.url");
                    });
            flyway.migrate();
        };
    }

    /**
     * In the place of Spring's, which has this name. Asks by a connection of its own: those of the pool may all be busy
     * with what takes long, and the database is well nevertheless.
     */
    @Bean
    HealthIndicator dbHealthIndicator(Environment environment) {
        DriverManagerDataSource own =
                new DriverManagerDataSource(environment.getRequiredProperty("spring.datasource.url"));
        own.setUsername(environment.getProperty("spring.datasource.username"));
        own.setPassword(environment.getProperty("spring.datasource.password"));
        return new PatientHealth(new DataSourceHealthIndicator(own));
    }

    @Bean
    HealthIndicator homeHealthIndicator(Environment environment) {
        return new PatientHealth(new HomeHealth(Path.of(environment.getRequiredProperty("phema.home"))));
    }

    @Bean
    Upkeep expiredLeases(Leases leases) {
        return leases::expire;
    }

    @Bean
    MeterBinder queueMeters(Queue queue, DatabaseMeters meters) {
        return registry -> {
            Gauge.builder("phema.queue.depth", queue, q -> meters.read(q::depth))
                    .description("Trials and parts of syntheses that wait for a worker")
                    .register(registry);
            Gauge.builder("phema.queue.taken", queue, q -> meters.read(q::taken))
                    .description("Trials and parts of syntheses that workers have taken")
                    .register(registry);
        };
    }
}
