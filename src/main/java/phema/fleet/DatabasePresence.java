package phema.fleet;

import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.stereotype.Component;

/** Refuses in time what people wait for and what would wait for a database that is away. */
@Component
public final class DatabasePresence {
    private final DataSource pool;
    private final HealthIndicator health;
    private final Patience patience = new Patience();

    /** @param health asks by a connection that is not of the pool */
    DatabasePresence(DataSource pool, @Qualifier("dbHealthIndicator") HealthIndicator health) {
        this.pool = pool;
        this.health = health;
    }

    /** @throws org.springframework.dao.DataAccessException when the database does not answer */
    public void require() {
        try {
            patience.ask(this::connect);
        } catch (QueryTimeoutException | DataAccessResourceFailureException e) {
            // Or else all connections of the pool are busy, and one will be free in a moment.
            @Nullable Health own = health.health();
            if (own == null || !own.getStatus().equals(Status.UP)) throw e;
        }
    }

    private boolean connect() {
        try (Connection connection = pool.getConnection()) {
            return !connection.isClosed();
        } catch (SQLException e) {
            throw new DataAccessResourceFailureException("no connection", e);
        }
    }
}
