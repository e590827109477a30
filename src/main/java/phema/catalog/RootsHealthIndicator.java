package phema.catalog;

import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.stereotype.Component;

/**
 * Names, among the details of health, the roots that cannot be read. The service is well nevertheless: it serves the
 * others, and another one could not read them either.
 */
@Component
record RootsHealthIndicator(Catalog catalog) implements HealthIndicator {
    @Override
    public Health health() {
        Health.Builder up = Health.up();
        catalog.unreadable().forEach(root -> up.withDetail(root.root().toString(), "cannot be read: " + root.reason()));
        return up.build();
    }
}
