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
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import phema.evaluation.Point;
import phema.fleet.WorkState;
import phema.problem.ShownPaths;
import phema.text.StoredJson;
import phema.text.StoredTime;

/**
 * Keeps the trials: the table {@code trial}, read with the metrics of their evaluations. Callers provide transactions;
 * those that change something begin with {@link SweepStore#touch} and hand its version on.
 */
@Component
class TrialStore {
    private static final String TRIALS =
            "select t.*, e.metrics from trial t left join evaluation e on e.id = t.evaluation ";

    private static final String UNPICKED = "exists (select 1 from scheduled_tasks q where q.picked = false"
            + " and q.task_name = ? and q.task_instance = trial.sweep || '/' || trial.number)";

    private final JdbcClient jdbc;
    private final InstantSource clock;
    private final ShownPaths paths;

    /** @param paths of errors, which are read elsewhere */
    TrialStore(JdbcClient jdbc, InstantSource clock, ShownPaths paths) {
        this.jdbc = jdbc;
        this.clock = clock;
        this.paths = paths;
    }

    /** Of one sweep. */
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

    /** Trials that are evaluated in a second, by those that ended last; empty while nobody can tell. */
    Optional<Double> pace(String id) {
        List<Pace.Evaluated> latest = jdbc.sql("select started, ended from trial where sweep = ? and cached = 0"
                        + " and state in ('DONE', 'FAILED') and started is not null and ended is not null"
                        + " order by ended desc limit ?")
                .params(id, Pace.TRIALS)
                .query((row, i) ->
                        new Pace.Evaluated(Instant.ofEpochMilli(row.getLong(1)), Instant.ofEpochMilli(row.getLong(2))))
                .list();
        Optional<Instant> running = jdbc.sql("select min(started) from trial where sweep = ? and state = 'RUNNING'")
                .params(id)
                .query((row, i) -> row.getLong(1))
                .optional()
                .filter(started -> started > 0)
                .map(Instant::ofEpochMilli);
        return Pace.perSecond(latest, running, clock.instant());
    }

    /** Of one sweep, by number. */
    List<Trial> trials(String id) {
        return select("where t.sweep = ? order by t.number", id);
    }

    List<Trial> trialsChangedAfter(String id, long version) {
        return select("where t.sweep = ? and t.change > ? order by t.number", id, version);
    }

    Optional<Trial> trial(TrialId id) {
        return select("where t.sweep = ? and t.number = ?", id.sweep(), id.number()).stream()
                .findFirst();
    }

    List<Trial> recentFailures(int limit) {
        return select("where t.state = 'FAILED' order by t.ended desc limit ?", limit);
    }

    private List<Trial> select(String condition, Object... params) {
        return jdbc.sql(TRIALS + condition)
                .params(Arrays.asList(params))
                .query(TrialStore::trial)
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

    /**
     * @return whether the trial waited or its worker was lost; then it is this worker's now, as the attempt that
     *     {@link #trial} tells
     */
    boolean begin(TrialId id, String worker, long version) {
        return jdbc.sql("""
                        update trial set deaths = deaths + case when state = 'RUNNING' then 1 else 0 end,
                            state = 'RUNNING', attempt = attempt + 1, worker = ?, lease = null, told = null,
                            started = ?, ended = null, change = ?
                        where sweep = ? and number = ? and state in ('QUEUED', 'RUNNING')""")
                        .params(worker, now(), version, id.sweep(), id.number())
                        .update()
                == 1;
    }

    /**
     * What a client has of a trial, and told of it.
     *
     * @param lease its digest; null where our own worker has the latest attempt
     * @param told a digest of it; null before
     */
    record LentTrial(
            int attempt,
            WorkState state,
            @Nullable String lease,
            @Nullable String told) {}

    Optional<LentTrial> lent(TrialId id) {
        return jdbc.sql("select attempt, state, lease, told from trial where sweep = ? and number = ?")
                .params(id.sweep(), id.number())
                .query((row, i) -> new LentTrial(
                        row.getInt("attempt"),
                        WorkState.valueOf(row.getString("state")),
                        row.getString("lease"),
                        row.getString("told")))
                .optional();
    }

    /** The latest attempt is a client's. @param lease its digest */
    void lend(TrialId id, String lease) {
        jdbc.sql("update trial set lease = ? where sweep = ? and number = ?")
                .params(lease, id.sweep(), id.number())
                .update();
    }

    /** The attempt is about to begin with these. */
    void note(TrialId id, int attempt, TrialWeights weights) {
        jdbc.sql("update trial set weights = ? where sweep = ? and number = ? and attempt = ?")
                .params(StoredJson.write(weights), id.sweep(), id.number(), attempt)
                .update();
    }

    /** @param told a digest of what the client told */
    void told(TrialId id, String told) {
        jdbc.sql("update trial set told = ? where sweep = ? and number = ?")
                .params(told, id.sweep(), id.number())
                .update();
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
        return jdbc.sql("select count(*) from trial where sweep = ? and number = ? and attempt = ? and state "
                                + "= 'RUNNING'")
                        .params(id.sweep(), id.number(), attempt)
                        .query(Integer.class)
                        .single()
                == 1;
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
                paths.in(error),
                now(),
                version);
    }

    /** It will be tried again. */
    boolean failedForNow(TrialId id, int attempt, String error, long version) {
        return end(
                id,
                attempt,
                "state = 'QUEUED', failures = failures + 1, error = ?, change = ?",
                paths.in(error),
                version);
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
        jdbc.sql("update trial set state = 'CANCELLED', ended = ?, change = ? where sweep = ? and state in "
                        + "('QUEUED', 'RUNNING')")
                .params(now(), version, id)
                .update();
    }

    void retry(String id, long version) {
        jdbc.sql("""
                        update trial set state = 'QUEUED', failures = 0, deaths = 0, ended = null, change = ?
                        where sweep = ? and state in ('FAILED', 'CANCELLED')""").params(version, id).update();
    }

    /** All of them, as if none had been begun. */
    void restart(String id, long version) {
        restart(id, version, "");
    }

    /** Those that are done. */
    void restartDone(String id, long version) {
        restart(id, version, " and state = 'DONE'");
    }

    private void restart(String id, long version, String condition) {
        jdbc.sql("""
                        update trial set state = 'QUEUED', failures = 0, deaths = 0, evaluation = null, cached = 0,
                            error = null, ended = null, change = ?
                        where sweep = ?""" + condition).params(version, id).update();
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
                        where t.state in ('QUEUED', 'RUNNING') and s.hold is null and not exists (
                            select 1 from scheduled_tasks q where q.task_name = ?
                            and q.task_instance = t.sweep || '/' || t.number)""").param(TrialId.TASK).query(row -> {
            lost.put(
                    new TrialId(row.getString("sweep"), row.getInt("number")),
                    StoredJson.read(row.getString("spec"), SweepSpec.class).priority());
        });
        return lost;
    }

    /** Trials whose worker was lost: the queue has them for the next one, who may leave them alone. */
    List<TrialId> orphans() {
        return jdbc.sql("select sweep, number from trial where state = 'RUNNING' and " + UNPICKED)
                .param(TrialId.TASK)
                .query((row, i) -> new TrialId(row.getString(1), row.getInt(2)))
                .list();
    }

    /** Such a trial waits again. */
    void orphaned(TrialId id, long version) {
        jdbc.sql("update trial set state = 'QUEUED', deaths = deaths + 1, change = ?"
                        + " where sweep = ? and number = ? and state = 'RUNNING' and " + UNPICKED)
                .params(version, id.sweep(), id.number(), TrialId.TASK)
                .update();
    }

    /** Of all sweeps. */
    Map<WorkState, Integer> counts() {
        Map<WorkState, Integer> counts = new EnumMap<>(WorkState.class);
        jdbc.sql("select state, count(*) as n from trial group by state").query(row -> {
            counts.put(WorkState.valueOf(row.getString("state")), row.getInt("n"));
        });
        return counts;
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
                Optional.ofNullable(row.getString("weights")).map(json -> StoredJson.read(json, TrialWeights.class)),
                row.getLong("change"));
    }

    private long now() {
        return clock.millis();
    }
}
