package phema.sweep;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import phema.evaluation.Point;
import phema.fleet.WorkState;
import phema.text.StoredJson;
import phema.text.StoredTime;

/** Sweeps and trials in the database. Callers provide transactions; those that change something begin with {@link #touch}. */
@Component
public class SweepStore {
    private static final String TRIALS =
            "select t.*, e.metrics from trial t left join evaluation e on e.id = t.evaluation ";

    private final JdbcClient jdbc;
    private final InstantSource clock;

    SweepStore(JdbcClient jdbc, InstantSource clock) {
        this.jdbc = jdbc;
        this.clock = clock;
    }

    /** A sweep without what follows from its trials. */
    record StoredSweep(String id, SweepSpec spec, @Nullable String held, long version, Instant created) {}

    void insert(String id, SweepSpec spec) {
        jdbc.sql("insert into sweep (id, run, spec, version, created) values (?, ?, ?, 1, ?)")
                .params(id, spec.run(), StoredJson.write(spec), now())
                .update();
    }

    void changeSpec(String id, SweepSpec spec) {
        jdbc.sql("update sweep set spec = ? where id = ?")
                .params(StoredJson.write(spec), id)
                .update();
    }

    void hold(String id, @Nullable SweepState held) {
        jdbc.sql("update sweep set held = ? where id = ?")
                .param(held == null ? null : held.name())
                .param(id)
                .update();
    }

    /** Begins a change: others who want to change the same sweep wait for the end of this transaction. @return its version from now on */
    long touch(String id) {
        return jdbc.sql("update sweep set version = version + 1 where id = ? returning version")
                .param(id)
                .query(Long.class)
                .single();
    }

    Optional<Long> version(String id) {
        return jdbc.sql("select version from sweep where id = ?")
                .param(id)
                .query(Long.class)
                .optional();
    }

    Optional<StoredSweep> row(String id) {
        return jdbc.sql("select * from sweep where id = ?")
                .param(id)
                .query(SweepStore::row)
                .optional();
    }

    /** Newest first. */
    List<StoredSweep> rows(Optional<String> run, long offset, int limit) {
        List<Object> params = new ArrayList<>(run.stream().toList());
        params.addAll(List.of(limit, offset));
        return jdbc.sql("select * from sweep " + (run.isPresent() ? "where run = ? " : "")
                        + "order by created desc, id limit ? offset ?")
                .params(params)
                .query(SweepStore::row)
                .list();
    }

    int count(Optional<String> run) {
        return jdbc.sql(run.isPresent() ? "select count(*) from sweep where run = ?" : "select count(*) from sweep")
                .params(run.stream().toList())
                .query(Integer.class)
                .single();
    }

    Map<WorkState, Integer> counts(String id) {
        Map<WorkState, Integer> counts = new EnumMap<>(WorkState.class);
        jdbc.sql("select state, count(*) as n from trial where sweep = ? group by state")
                .param(id)
                .query(row -> {
                    counts.put(WorkState.valueOf(row.getString("state")), row.getInt("n"));
                });
        return counts;
    }

    /** When the last of its trials ended. */
    Optional<Instant> ended(String id) {
        return jdbc.sql("select max(ended) from trial where sweep = ?")
                .param(id)
                .query((row, i) -> StoredTime.read(row, 1))
                .single();
    }

    List<Trial> trials(String id) {
        return trials("where t.sweep = ? order by t.number", id);
    }

    List<Trial> trialsChangedAfter(String id, long version) {
        return trials("where t.sweep = ? and t.change > ? order by t.number", id, version);
    }

    Optional<Trial> trial(TrialId id) {
        return trials("where t.sweep = ? and t.number = ?", id.sweep(), id.number()).stream()
                .findFirst();
    }

    List<Trial> recentFailures(int limit) {
        return trials("where t.state = 'FAILED' order by t.ended desc limit ?", limit);
    }

    private List<Trial> trials(String condition, Object... params) {
        return jdbc.sql(TRIALS + condition)
                .params(Arrays.asList(params))
                .query(SweepStore::trial)
                .list();
    }

    /** Adds those points that the sweep does not have. @return the new trials */
    List<TrialId> add(String id, List<Point> points, long version) {
        List<Point> there = jdbc.sql("select point from trial where sweep = ?")
                .param(id)
                .query((row, i) -> StoredJson.read(row.getString(1), Point.class))
                .list();
        Set<Point> known = new HashSet<>(there);
        int number = there.size();
        List<TrialId> added = new ArrayList<>();
        for (Point point : points) {
            if (!known.add(point)) continue;
            jdbc.sql("insert into trial (sweep, number, point, state, change) values (?, ?, ?, 'QUEUED', ?)")
                    .params(id, number, StoredJson.write(point), version)
                    .update();
            added.add(new TrialId(id, number++));
        }
        return added;
    }

    /** @return whether the trial waited or its worker was lost; then it is this worker's now, as the attempt that {@link #trial} tells */
    boolean begin(TrialId id, String worker, long version) {
        return jdbc.sql("""
                        update trial set deaths = deaths + case when state = 'RUNNING' then 1 else 0 end,
                            state = 'RUNNING', attempt = attempt + 1, worker = ?, started = ?, ended = null, change = ?
                        where sweep = ? and number = ? and state in ('QUEUED', 'RUNNING')""")
                        .params(worker, now(), version, id.sweep(), id.number())
                        .update()
                == 1;
    }

    /** Attempts that ended in an error, and attempts whose worker was lost. */
    record Mishaps(int failures, int deaths) {}

    Mishaps mishaps(TrialId id) {
        return jdbc.sql("select failures, deaths from trial where sweep = ? and number = ?")
                .params(id.sweep(), id.number())
                .query(Mishaps.class)
                .single();
    }

    boolean isRunning(TrialId id, int attempt) {
        return jdbc.sql(
                                "select count(*) from trial where sweep = ? and number = ? and attempt = ? and state = 'RUNNING'")
                        .params(id.sweep(), id.number(), attempt)
                        .query(Integer.class)
                        .single()
                == 1;
    }

    Optional<Map<String, Double>> evaluation(String evaluation) {
        return jdbc.sql("select metrics from evaluation where id = ?")
                .param(evaluation)
                .query(String.class)
                .optional()
                .map(StoredJson::readMetrics);
    }

    /**
     * Keeps what is there already: of two that evaluate the same at the same time, the first counts. Metrics that it lacks are added, as a command may print only those that it was asked for.
     */
    void insertEvaluation(String evaluation, String evaluator, Map<String, Double> metrics, double seconds) {
        int added = jdbc.sql(
                        "insert into evaluation (id, evaluator, metrics, seconds, created) values (?, ?, ?, ?, ?) on conflict (id) do nothing")
                .params(evaluation, evaluator, StoredJson.write(metrics), seconds, now())
                .update();
        if (added == 1) return;
        // Locks the row until the end of the transaction, so that nobody adds to it at the same time.
        jdbc.sql("update evaluation set seconds = seconds where id = ?")
                .param(evaluation)
                .update();
        Map<String, Double> stored = evaluation(evaluation).orElseThrow();
        if (stored.keySet().containsAll(metrics.keySet())) return;
        Map<String, Double> all = new TreeMap<>(metrics);
        all.putAll(stored);
        jdbc.sql("update evaluation set metrics = ?, seconds = seconds + ? where id = ?")
                .params(StoredJson.write(all), seconds, evaluation)
                .update();
    }

    /** Evaluations, and the seconds that they took together. */
    record Tally(long count, double seconds) {}

    /** What an evaluator did, on all machines. */
    Tally tally(String evaluator) {
        return jdbc.sql("select count(*), coalesce(sum(seconds), 0) from evaluation where evaluator = ?")
                .param(evaluator)
                .query((row, i) -> new Tally(row.getLong(1), row.getDouble(2)))
                .single();
    }

    /** @return whether the attempt was the trial's latest and had not ended: only then was it recorded */
    boolean done(TrialId id, int attempt, String evaluation, boolean cached, long version) {
        return end(
                id,
                attempt,
                "state = 'DONE', evaluation = ?, cached = ?, error = null, ended = ?, change = ?",
                evaluation,
                cached ? 1 : 0,
                now(),
                version);
    }

    boolean failed(TrialId id, int attempt, String error, long version) {
        return end(
                id,
                attempt,
                "state = 'FAILED', failures = failures + 1, error = ?, ended = ?, change = ?",
                error,
                now(),
                version);
    }

    /** It will be tried again. */
    boolean failedForNow(TrialId id, int attempt, String error, long version) {
        return end(id, attempt, "state = 'QUEUED', failures = failures + 1, error = ?, change = ?", error, version);
    }

    boolean handedBack(TrialId id, int attempt, long version) {
        return end(id, attempt, "state = 'QUEUED', change = ?", version);
    }

    private boolean end(TrialId id, int attempt, String changes, Object... params) {
        List<Object> all = new ArrayList<>(Arrays.asList(params));
        all.addAll(List.of(id.sweep(), id.number(), attempt));
        return jdbc.sql("update trial set " + changes
                                + " where sweep = ? and number = ? and attempt = ? and state = 'RUNNING'")
                        .params(all)
                        .update()
                == 1;
    }

    void cancel(String id, long version) {
        jdbc.sql(
                        "update trial set state = 'CANCELLED', ended = ?, change = ? where sweep = ? and state in ('QUEUED', 'RUNNING')")
                .params(now(), version, id)
                .update();
    }

    void retry(String id, long version) {
        jdbc.sql("""
                        update trial set state = 'QUEUED', failures = 0, deaths = 0, ended = null, change = ?
                        where sweep = ? and state in ('FAILED', 'CANCELLED')""").params(version, id).update();
    }

    List<TrialId> queued(String id) {
        return jdbc.sql("select sweep, number from trial where sweep = ? and state = 'QUEUED' order by number")
                .param(id)
                .query((row, i) -> new TrialId(row.getString(1), row.getInt(2)))
                .list();
    }

    /** Trials that should be in the queue and are not, with the priority of their sweeps. */
    Map<TrialId, Integer> lost() {
        Map<TrialId, Integer> lost = new HashMap<>();
        jdbc.sql("""
                        select t.sweep, t.number, s.spec from trial t join sweep s on s.id = t.sweep
                        where t.state in ('QUEUED', 'RUNNING') and s.held is null and not exists (
                            select 1 from scheduled_tasks q where q.task_name = 'trial' and q.task_instance = t.sweep || '/' || t.number)""").query(row -> {
            lost.put(
                    new TrialId(row.getString("sweep"), row.getInt("number")),
                    StoredJson.read(row.getString("spec"), SweepSpec.class).priority());
        });
        return lost;
    }

    void saveLog(TrialId id, String content) {
        jdbc.sql("insert into trial_log (sweep, number, content) values (?, ?, ?)"
                        + " on conflict (sweep, number) do update set content = excluded.content")
                .params(id.sweep(), id.number(), content)
                .update();
    }

    String log(TrialId id) {
        return jdbc.sql("select content from trial_log where sweep = ? and number = ?")
                .params(id.sweep(), id.number())
                .query(String.class)
                .optional()
                .orElse("");
    }

    /** Of all sweeps. */
    Map<WorkState, Integer> counts() {
        Map<WorkState, Integer> counts = new EnumMap<>(WorkState.class);
        jdbc.sql("select state, count(*) as n from trial group by state").query(row -> {
            counts.put(WorkState.valueOf(row.getString("state")), row.getInt("n"));
        });
        return counts;
    }

    private static StoredSweep row(ResultSet row, int i) throws SQLException {
        return new StoredSweep(
                row.getString("id"),
                StoredJson.read(row.getString("spec"), SweepSpec.class),
                row.getString("held"),
                row.getLong("version"),
                Instant.ofEpochMilli(row.getLong("created")));
    }

    private static Trial trial(ResultSet row, int i) throws SQLException {
        String metrics = row.getString("metrics");
        return new Trial(
                row.getString("sweep"),
                row.getInt("number"),
                StoredJson.read(row.getString("point"), Point.class),
                WorkState.valueOf(row.getString("state")),
                row.getInt("attempt"),
                Optional.ofNullable(row.getString("worker")),
                metrics == null ? Map.of() : StoredJson.readMetrics(metrics),
                row.getInt("cached") != 0,
                Optional.ofNullable(row.getString("error")),
                StoredTime.read(row, row.findColumn("started")),
                StoredTime.read(row, row.findColumn("ended")),
                row.getLong("change"));
    }

    private long now() {
        return clock.millis();
    }
}
