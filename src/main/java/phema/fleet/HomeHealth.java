package phema.fleet;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/**
 * Says whether files can be written to {@code phema.home}, by writing one: a quota, a file system that went read-only
 * and a lack of descriptors show in nothing else.
 */
final class HomeHealth implements HealthIndicator {
    private final Path home;
    private final Patience patience = new Patience();

    HomeHealth(Path home) {
        this.home = home;
    }

    @Override
    public Health health() {
        try {
            return patience.ask(this::write);
        } catch (RuntimeException e) {
            return Health.down(e).build();
        }
    }

    private Health write() {
        try {
            Path file = Files.createTempFile(home, "health", ".tmp");
            try {
                Files.write(file, new byte[1]);
            } finally {
                Files.delete(file);
            }
            return Health.up().build();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
