package phema.bulk;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import phema.fleet.WorkState;
import phema.text.StoredJson;
import phema.text.StoredTime;

/** Keeps bulk syntheses in the database. */
@Component
class SynthesisStore {
    private final JdbcClient jdbc;
    private final BulkProperties storage;
    private final InstantSource clock;

    SynthesisStore(JdbcClient jdbc, BulkProperties storage, InstantSource clock) {
        this.jdbc = jdbc;
        this.storage = storage;
        this.clock = clock;
    }

    void insert(String id, SynthesisSpec spec) {
        jdbc.sql("insert into synthesis (id, run, spec, state, created) values (?, ?, ?, 'QUEUED', ?)")
                .params(id, spec.run(), StoredJson.write(spec), now())
                .update();
    }

    void delete(String id) {
        jdbc.sql("delete from synthesis where id = ?").param(id).update();
    }

    Optional<SynthesisJob> job(String id) {
        return jdbc.sql("select * from synthesis where id = ?")
                .param(id)
                .query(this::read)
                .optional();
    }

    List<SynthesisJob> jobs() {
        return jdbc.sql("select * from synthesis order by created desc, id")
                .query(this::read)
                .list();
    }

    /** @return the number of this attempt; empty when there is nothing to do any more */
    Optional<Integer> begin(String id, String worker) {
        int begun = jdbc.sql("""
                        update synthesis set deaths = deaths + case when state = 'RUNNING' then 1 else 0 end,
                            state = 'RUNNING', attempt = attempt + 1, worker = ?, bytes = 0
                        where id = ? and state in ('QUEUED', 'RUNNING')""").params(worker, id).update();
        if (begun == 0) return Optional.empty();
        return jdbc.sql("select attempt from synthesis where id = ?")
                .param(id)
                .query(Integer.class)
                .optional();
    }

    int deaths(String id) {
        return jdbc.sql("select deaths from synthesis where id = ?")
                .param(id)
                .query(Integer.class)
                .single();
    }

    boolean isRunning(String id, int attempt) {
        return jdbc.sql("select count(*) from synthesis where id = ? and attempt = ? and state = 'RUNNING'")
                        .params(id, attempt)
                        .query(Integer.class)
                        .single()
                == 1;
    }

    void progress(String id, int attempt, long bytes, long total) {
        jdbc.sql("update synthesis set bytes = ?, total_bytes = ? where id = ? and attempt = ? and state = 'RUNNING'")
                .params(bytes, total, id, attempt)
                .update();
    }

    /** @return whether the attempt is the latest and was not cancelled */
    boolean done(String id, int attempt, List<String> files) {
        return jdbc.sql("""
                        update synthesis set state = 'DONE', bytes = total_bytes, files = ?, error = null, ended = ?
                        where id = ? and attempt = ?
                        and state = 'RUNNING'""").params(StoredJson.write(files), now(), id, attempt).update() == 1;
    }

    boolean failed(String id, int attempt, String error) {
        return jdbc.sql("""
                        update synthesis set state = 'FAILED', error = ?, ended = ?
                        where id = ? and attempt = ?
                        and state = 'RUNNING'""").params(error, now(), id, attempt).update() == 1;
    }

    boolean handedBack(String id, int attempt) {
        return jdbc.sql("update synthesis set state = 'QUEUED' where id = ? and attempt = ? and state = 'RUNNING'")
                        .params(id, attempt)
                        .update()
                == 1;
    }

    /** Jobs that should be in the queue and are not, with their priority. */
    Map<String, Integer> lost() {
        Map<String, Integer> lost = new HashMap<>();
        jdbc.sql("""
                        select s.id, s.spec from synthesis s where s.state in ('QUEUED', 'RUNNING') and not exists (
                            select 1 from scheduled_tasks q
                            where q.task_name = 'synthesis' and q.task_instance = s.id)""").query(row -> {
            lost.put(
                    row.getString("id"),
                    StoredJson.read(row.getString("spec"), SynthesisSpec.class).priority());
        });
        return lost;
    }

    private SynthesisJob read(ResultSet row, int i) throws SQLException {
        String id = row.getString("id");
        return new SynthesisJob(
                id,
                StoredJson.read(row.getString("spec"), SynthesisSpec.class),
                WorkState.valueOf(row.getString("state")),
                row.getLong("bytes"),
                row.getLong("total_bytes"),
                storage.folder(id).toString(),
                StoredJson.readTexts(row.getString("files")),
                Optional.ofNullable(row.getString("worker")),
                Optional.ofNullable(row.getString("error")),
                Instant.ofEpochMilli(row.getLong("created")),
                StoredTime.read(row, row.findColumn("ended")));
    }

    private long now() {
        return clock.millis();
    }
}
