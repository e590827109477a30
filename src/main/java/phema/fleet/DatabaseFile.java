package phema.fleet;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/**
 * Watches the file of SQLite, which makes a new one, without a word, where it was deleted: then some connections lead
 * to the old one, which is gone with the process, and others to the new one, which is empty. So none is given out any
 * more until the process is started again.
 */
final class DatabaseFile {
    private static final Logger log = LoggerFactory.getLogger(DatabaseFile.class);
    private static final String WORDS = "the database was deleted or replaced while phema runs, which neither reads nor"
            + " writes it any more: put the one that it shall have into its place, and start phema again";
    private static final Pattern URL = Pattern.compile("jdbc:sqlite:(?!:|file:)([^?]+).*");

    /** Nothing of another database. */
    private final @Nullable Path path;

    private volatile @Nullable Object known;
    private volatile boolean lost;

    /** @param url of the database, whichever it is */
    DatabaseFile(String url) {
        Matcher sqlite = URL.matcher(url);
        path = sqlite.matches() ? Path.of(sqlite.group(1)) : null;
    }

    /** The same source of connections, which gives none where the file is another than that of the first. */
    DataSource guard(DataSource connections) {
        return new DelegatingDataSource(connections) {
            @Override
            public Connection getConnection() throws SQLException {
                require();
                Connection connection = super.getConnection();
                if (known == null) known = key();
                return connection;
            }
        };
    }

    private void require() throws SQLException {
        if (known == null || !lost && Objects.equals(known, key())) return;
        if (!lost) log.error("{} is gone, or another file: {}", path, WORDS);
        lost = true;
        throw new SQLTransientConnectionException(WORDS);
    }

    /** What no other file has as long as it is open; none where the file system tells nothing. */
    private @Nullable Object key() {
        if (path == null) return null;
        try {
            return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
        } catch (IOException e) {
            return null;
        }
    }
}
