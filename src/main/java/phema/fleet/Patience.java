package phema.fleet;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.QueryTimeoutException;

/**
 * Asks the database for what there is an answer without, and waits less for it than the pool waits for a connection.
 * While a question is not answered that others gave up, no further one is asked: the next would wait as long, and a
 * thread each.
 */
public final class Patience {
    /** The time that probes are given, which mostly wait for a second or a few. */
    static final Duration LONGEST = Duration.ofMillis(1500);

    private volatile @Nullable CompletableFuture<?> late;

    /**
     * @param question runs on a thread of its own, outside of the caller's transaction
     * @throws QueryTimeoutException when there is no answer in time, or none to a question before
     */
    public <T> T ask(Supplier<T> question) {
        CompletableFuture<?> before = late;
        if (before != null && !before.isDone()) throw timeout();
        CompletableFuture<T> answer = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                answer.complete(question.get());
            } catch (Throwable e) {
                answer.completeExceptionally(e);
            }
        });
        try {
            return answer.get(LONGEST.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            late = answer;
            throw timeout();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) throw failure;
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DataAccessResourceFailureException("interrupted", e);
        }
    }

    private static QueryTimeoutException timeout() {
        return new QueryTimeoutException("no answer within " + LONGEST.toMillis() + " ms");
    }
}
