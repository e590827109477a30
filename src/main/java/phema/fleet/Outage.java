package phema.fleet;

import java.sql.SQLException;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.TransientDataAccessException;
import org.springframework.transaction.CannotCreateTransactionException;
import org.springframework.transaction.TransactionSystemException;
import phema.problem.Problem;
import phema.problem.Problem.ProblemKind;

/**
 * Describes states of the machine that pass, or that an operator mends, as answers of every kind tell of them: 503 with
 * {@code Retry-After} (RFC 9110, section 15.6.4). What needs nothing of it, such as weights, goes on meanwhile.
 */
public enum Outage {
    /** The database does not answer, or somebody else has locked it. */
    DATABASE("The database does not answer; try again in a moment."),
    /** Nothing can be written: no room, or a quota that is used up. */
    FULL("The disk, or the quota, of the database or of phema.home is full: nothing was changed; make room there."),
    /** What the service writes to is read-only, or may not be written by it. */
    READ_ONLY(
            "The database or phema.home cannot be written: nothing was changed; it must be writable for the service."),
    /** The disk fails while the database writes or reads: of a quota, or of a file system that went read-only, too. */
    DISK("The disk of the database takes or gives nothing: nothing was changed; look whether it is read-only, over its"
            + " quota, or broken."),
    /** No file or connection can be opened. */
    DESCRIPTORS("The service has as many files open as it may: try again in a moment, or raise its limit (ulimit -n).");

    /** The seconds to wait, for {@code Retry-After}. */
    public static final String SECONDS = "5";

    private final String message;

    Outage(String message) {
        this.message = message;
    }

    public String message() {
        return message;
    }

    /** In one line why a machine leaves its work to others for now, where such a state is behind the failure. */
    public static Optional<String> reason(Exception failure) {
        return behind(failure)
                .map(outage -> "its machine must be mended: "
                        + failure.toString().lines().findFirst().orElse(""));
    }

    /** The one behind a failure, where there is one. */
    public static Optional<Outage> behind(Throwable failure) {
        for (@Nullable Throwable e = failure; e != null; e = e.getCause()) {
            Optional<Outage> told = told(e);
            if (told.isPresent()) return told;
            // SQLite has ended the transaction by itself, and that there is nothing to roll back hides why.
            if (e instanceof TransactionSystemException end && end.getApplicationException() != null)
                return behind(end.getApplicationException());
        }
        boolean away = failure instanceof DataAccessResourceFailureException
                || failure instanceof TransientDataAccessException
                || failure instanceof CannotCreateTransactionException;
        return away ? Optional.of(DATABASE) : Optional.empty();
    }

    /** Neither Java nor SQLite's driver has types for these; PostgreSQL has codes. */
    private static Optional<Outage> told(Throwable e) {
        if (e instanceof Problem problem && problem.kind() == ProblemKind.STORAGE_FULL) return Optional.of(FULL);
        String state = e instanceof SQLException sql ? String.valueOf(sql.getSQLState()) : "";
        String message = String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
        if (state.equals("53100")
                || message.contains("[sqlite_full]")
                || message.contains("no space left on device")
                || message.contains("disk quota exceeded")) return Optional.of(FULL);
        if (state.equals("25006") || message.contains("[sqlite_readonly") || message.contains("read-only file system"))
            return Optional.of(READ_ONLY);
        if (message.contains("too many open files")) return Optional.of(DESCRIPTORS);
        if (message.contains("[sqlite_ioerr")) return Optional.of(DISK);
        return message.contains("[sqlite_busy") ? Optional.of(DATABASE) : Optional.empty();
    }
}
