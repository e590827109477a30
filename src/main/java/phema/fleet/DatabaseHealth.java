package phema.fleet;

import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/** Says whether the database answers, and says so as soon as probes want to know. */
final class DatabaseHealth implements HealthIndicator {
    private final HealthIndicator database;
    private final Patience patience = new Patience();

    /** @param database asks it, for as long as that takes */
    DatabaseHealth(HealthIndicator database) {
        this.database = database;
    }

    @Override
    public Health health() {
        try {
            return patience.ask(database::health);
        } catch (RuntimeException e) {
            return Health.down(e).build();
        }
    }
}
