package phema.http;

import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.TransientDataAccessException;
import org.springframework.jdbc.UncategorizedSQLException;
import org.springframework.transaction.CannotCreateTransactionException;

/** Describes a database that does not answer for now, as answers of every kind tell of it. */
public final class Outage {
    public static final String MESSAGE = "The database does not answer; try again in a moment.";

    /** The seconds to wait, for {@code Retry-After}. */
    public static final String SECONDS = "5";

    private Outage() {}

    /** Whether a failure is one. What needs no database, such as weights, goes on meanwhile. */
    public static boolean isBehind(Exception e) {
        return switch (e) {
            case DataAccessResourceFailureException away -> true;
            case TransientDataAccessException away -> true;
            case CannotCreateTransactionException away -> true;
            // Spring has no name for a database of SQLite that somebody else has locked.
            case UncategorizedSQLException other ->
                String.valueOf(other.getMessage()).contains("SQLITE_BUSY");
            default -> false;
        };
    }
}
