package phema.fleet;

import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/** Says what another one says, or that it does not answer, as soon as probes want to know. */
final class PatientHealth implements HealthIndicator {
    private final HealthIndicator asked;
    private final Patience patience = new Patience();

    /** @param asked may take as long as it takes */
    PatientHealth(HealthIndicator asked) {
        this.asked = asked;
    }

    @Override
    public Health health() {
        try {
            return patience.ask(asked::health);
        } catch (RuntimeException e) {
            return Health.down(e).build();
        }
    }
}
