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
import phema.problem.ShownPaths;
import phema.text.StoredJson;
import phema.text.StoredTime;

/** Keeps bulk syntheses in the database. */
@Component
class SynthesisStore {
    private static final String OPEN = " and state in ('QUEUED', 'RUNNING')";

    /** The query of jobs; those of older versions, which have no parts, have bytes of their own. */
    private static final String SELECT = """
            select s.id, s.spec, s.state, s.files, s.worker, s.error, s.created, s.ended,
                s.bytes + coalesce(sum(p.bytes), 0) as bytes,
                s.total_bytes + coalesce(sum(p.total_bytes), 0) as total_bytes,
                count(p.number) as parts,
                coalesce(sum(case when p.state = 'DONE' then 1 else 0 end), 0) as parts_done
            from synthesis s left join synthesis_part p on p.synthesis = s.id""";

    private static final String GROUP = " group by s.id";

    private final JdbcClient jdbc;
    private final BulkProperties storage;
    private final InstantSource clock;
    private final ShownPaths paths;

    /** @param paths of errors, which are read elsewhere */
    SynthesisStore(JdbcClient jdbc, BulkProperties storage, InstantSource clock, ShownPaths paths) {
        this.jdbc = jdbc;
        this.storage = storage;
        this.clock = clock;
        this.paths = paths;
    }

    void insert(String id, SynthesisSpec spec, SynthesisPlan plan) {
        jdbc.sql("insert into synthesis (id, run, spec, plan, state, created) values (?, ?, ?, ?, 'QUEUED', ?)")
                .params(id, spec.run(), StoredJson.write(spec), StoredJson.write(plan), now())
                .update();
    }

    void delete(String id) {
        jdbc.sql("delete from synthesis where id = ?").param(id).update();
    }

    Optional<SynthesisJob> job(String id) {
        return jdbc.sql(SELECT + " where s.id = ?" + GROUP)
                .param(id)
                .query(this::read)
                .optional();
    }

    List<SynthesisJob> jobs() {
        return jdbc.sql(SELECT + GROUP + " order by s.created desc, s.id")
                .query(this::read)
                .list();
    }

    /** Empty for one that an older version was asked for and nobody has cut yet. */
    Optional<SynthesisPlan> plan(String id) {
        return jdbc.sql("select plan from synthesis where id = ? and plan is not null")
                .param(id)
                .query(String.class)
                .optional()
                .map(json -> StoredJson.read(json, SynthesisPlan.class));
    }

    /** @return whether it had none, and has not ended */
    boolean setPlan(String id, SynthesisPlan plan) {
        return jdbc.sql("update synthesis set plan = ?, state = 'QUEUED', bytes = 0, total_bytes = 0"
                                + " where id = ? and plan is null"
                                + OPEN)
                        .params(StoredJson.write(plan), id)
                        .update()
                == 1;
    }

    /** Lets no other transaction about it go on before this one ends. @return whether it has not ended */
    boolean touch(String id) {
        return jdbc.sql("update synthesis set version = version + 1 where id = ?" + OPEN)
                        .param(id)
                        .update()
                == 1;
    }

    /** Somebody has begun a part. */
    void takenBy(String id, String worker) {
        jdbc.sql("update synthesis set state = 'RUNNING', worker = ? where id = ?")
                .params(worker, id)
                .update();
    }

    void done(String id, List<String> files) {
        jdbc.sql("update synthesis set state = 'DONE', files = ?, error = null, ended = ? where id = ?" + OPEN)
                .params(StoredJson.write(files), now(), id)
                .update();
    }

    void failed(String id, String error) {
        jdbc.sql("update synthesis set state = 'FAILED', error = ?, ended = ? where id = ?" + OPEN)
                .params(paths.in(error), now(), id)
                .update();
    }

    /** Those of an older version that should be in the queue and are not, with their priority. */
    Map<String, Integer> lostUncut() {
        Map<String, Integer> lost = new HashMap<>();
        jdbc.sql("""
                        select s.id, s.spec from synthesis s
                        where s.state in ('QUEUED', 'RUNNING') and s.plan is null and not exists (
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
                row.getInt("parts"),
                row.getInt("parts_done"),
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
