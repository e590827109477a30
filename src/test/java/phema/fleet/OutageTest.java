package phema.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.UncategorizedSQLException;
import org.springframework.transaction.TransactionSystemException;
import phema.problem.Problem;

class OutageTest {
    /** Limits the pages of a real database, which is what a full disk looks like to it. */
    @Test
    void knowsADatabaseThatCannotGrow() throws SQLException {
        try (Connection database = DriverManager.getConnection("jdbc:sqlite::memory:");
                Statement statement = database.createStatement()) {
            statement.execute("pragma max_page_count = 2");
            assertThat(Outage.behind(failure(statement, "create table t as select zeroblob(100000)")))
                    .contains(Outage.FULL);
            statement.execute("pragma max_page_count = 100");
            statement.execute("pragma query_only = true");
            assertThat(Outage.behind(failure(statement, "create table t (x)"))).contains(Outage.READ_ONLY);
        }
    }

    @Test
    void knowsWhatFilesTellOf() {
        assertThat(Outage.behind(new UncheckedIOException(new IOException("No space left on device"))))
                .contains(Outage.FULL);
        assertThat(Outage.behind(
                        new UncheckedIOException(new FileSystemException("/x", null, "Read-only file system"))))
                .contains(Outage.READ_ONLY);
        assertThat(Outage.behind(new UncheckedIOException(new FileSystemException("/x", null, "Too many open files"))))
                .contains(Outage.DESCRIPTORS);
    }

    /** A file system that goes read-only, or a quota, fails SQLite while it commits: then there is no transaction. */
    @Test
    void knowsWhatAFailedRollbackHides() {
        TransactionSystemException end =
                new TransactionSystemException("JDBC rollback failed", new SQLException("no transaction is active"));
        end.initApplicationException(new UncategorizedSQLException(
                "task", "insert", new SQLException("[SQLITE_IOERR_WRITE] I/O error in the VFS layer")));
        assertThat(Outage.behind(end)).contains(Outage.DISK);
        assertThat(Outage.behind(Problem.storageFull("/x: make room", null))).contains(Outage.FULL);
    }

    @Test
    void takesOtherFailuresForWhatTheyAre() {
        assertThat(Outage.behind(new IllegalStateException("a bug", new IOException("cut off"))))
                .isEmpty();
    }

    private static Exception failure(Statement statement, String sql) {
        try {
            statement.execute(sql);
            throw new AssertionError(sql + " did not fail");
        } catch (SQLException e) {
            return new UncategorizedSQLException("task", sql, e);
        }
    }
}
