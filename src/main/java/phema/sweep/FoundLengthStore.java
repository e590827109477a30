package phema.sweep;

import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import phema.text.StoredJson;

/** Keeps what sweeps found in the table {@code found_length}. Callers begin transactions. */
@Component
class FoundLengthStore {
    private final JdbcClient jdbc;
    private final InstantSource clock;

    FoundLengthStore(JdbcClient jdbc, InstantSource clock) {
        this.jdbc = jdbc;
        this.clock = clock;
    }

    void insert(String run, FoundLength found) {
        jdbc.sql("insert into found_length (run, sweep, content, created) values (?, ?, ?, ?)")
                .params(run, found.sweep(), StoredJson.write(found), clock.millis())
                .update();
    }

    /** All of a sweep. */
    void delete(String sweep) {
        jdbc.sql("delete from found_length where sweep = ?").param(sweep).update();
    }

    /** All of a sweep, to another one of its run. */
    void move(String sweep, String other) {
        jdbc.sql("select id, content from found_length where sweep = ?")
                .param(sweep)
                .query((row, i) -> StoredJson.read(row.getString("content"), FoundLength.class)
                        .withId(row.getLong("id")))
                .list()
                .forEach(found -> jdbc.sql("update found_length set sweep = ?, content = ? where id = ?")
                        .params(other, StoredJson.write(found.withSweep(other)), found.id())
                        .update());
    }

    /** Of a run, in the order in which it was found. */
    List<FoundLength> all(String run) {
        return all(Set.of(run)).getOrDefault(run, List.of());
    }

    /** Of a run, what was found until then, in the order in which it was found. */
    List<FoundLength> until(String run, Instant time) {
        return jdbc.sql("select id, content from found_length where run = ? and created <= ? order by id")
                .params(run, time.toEpochMilli())
                .query((row, i) -> StoredJson.read(row.getString("content"), FoundLength.class)
                        .withId(row.getLong("id")))
                .list();
    }

    /** By run, in the order in which it was found. */
    Map<String, List<FoundLength>> all(Set<String> runs) {
        Map<String, List<FoundLength>> found = new HashMap<>();
        if (runs.isEmpty()) return found;
        jdbc.sql("select run, id, content from found_length where run in (:runs) order by id")
                .param("runs", runs)
                .query(row -> {
                    found.computeIfAbsent(row.getString("run"), run -> new ArrayList<>())
                            .add(StoredJson.read(row.getString("content"), FoundLength.class)
                                    .withId(row.getLong("id")));
                });
        return found;
    }
}
