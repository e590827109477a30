package phema.text;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;

/** Reads points in time as the database keeps them: milliseconds since 1970, or null. */
public final class StoredTime {
    private StoredTime() {}

    public static Optional<Instant> read(ResultSet row, int column) throws SQLException {
        long millis = row.getLong(column);
        return row.wasNull() ? Optional.empty() : Optional.of(Instant.ofEpochMilli(millis));
    }
}
