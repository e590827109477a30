package phema.fleet;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/**
 * Says whether files can be written to {@code phema.home}, by writing one: a quota, a file system that went read-only
 * and a lack of descriptors show in nothing else.
 */
record HomeHealth(Path home) implements HealthIndicator {
    @Override
    public Health health() {
        try {
            Path file = Files.createTempFile(home, "health", ".tmp");
            try {
                Files.write(file, new byte[1]);
            } finally {
                Files.delete(file);
            }
            return Health.up().build();
        } catch (IOException e) {
            return Health.down(e).build();
        }
    }
}
