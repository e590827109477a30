package phema.fleet;

import com.zaxxer.hikari.SQLExceptionOverride;
import java.sql.SQLException;

/**
 * Recognises connections that the pool had better not keep. When a lock keeps a transaction from beginning, SQLite's
 * driver takes it for begun all the same; every later use of that connection would fail, or write without a
 * transaction.
 */
public final class DriverFaults implements SQLExceptionOverride {
    @java.lang.Override
    public Override adjudicate(SQLException e) {
        String message = String.valueOf(e.getMessage());
        return message.contains("SQLITE_BUSY") || message.contains("no transaction is active")
                ? Override.MUST_EVICT
                : Override.CONTINUE_EVICT;
    }
}
