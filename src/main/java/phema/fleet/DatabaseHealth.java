package phema.fleet;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/**
 * Says whether the database answers, and says so as soon as probes want to know: the pool waits longer for a
 * connection. However many probes ask, one question at a time is under way.
 */
final class DatabaseHealth implements HealthIndicator {
    /** The time that probes are given, which mostly wait for a second or a few. */
    static final Duration PATIENCE = Duration.ofMillis(1500);

    private final HealthIndicator database;
    private @Nullable CompletableFuture<Health> asked;

    /** @param database asks it, for as long as that takes */
    DatabaseHealth(HealthIndicator database) {
        this.database = database;
    }

    @Override
    public Health health() {
        try {
            return ask().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            return Health.down()
                    .withDetail("error", "no answer within " + PATIENCE.toMillis() + " ms")
                    .build();
        } catch (ExecutionException e) {
            return Health.down(Objects.requireNonNullElse(e.getCause(), e)).build();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Health.unknown().build();
        }
    }

    private synchronized CompletableFuture<Health> ask() {
        if (asked != null && !asked.isDone()) return asked;
        CompletableFuture<Health> answer = new CompletableFuture<>();
        asked = answer;
        Thread.ofVirtual().start(() -> {
            try {
                answer.complete(database.health());
            } catch (RuntimeException e) {
                answer.completeExceptionally(e);
            }
        });
        return answer;
    }
}
