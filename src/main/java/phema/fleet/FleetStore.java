package phema.fleet;

import static java.util.stream.Collectors.groupingBy;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Keeps the workers in the database, and what they leave alone: the tables {@code worker} and {@code left_alone}. */
@Component
class FleetStore {
    private static final String NEWEST =
            "(select coalesce(max(installed_rank), 0) from flyway_schema_history where success = true)";

    private static final String OUTDATED =
            "is older than the database: stop it, and start it again with the phema that the others are";

    private final JdbcClient jdbc;
    private final WorkerIdentity self;
    private final InstantSource clock;
    private final int migrations;

    FleetStore(JdbcClient jdbc, WorkerIdentity self, InstantSource clock) {
        this.jdbc = jdbc;
        this.self = self;
        this.clock = clock;
        // Those that this process has just made, or found.
        migrations = jdbc.sql("select " + NEWEST).query(Integer.class).single();
    }

    /** How many migrations of the database this process knows. */
    int migrations() {
        return migrations;
    }

    /** Records that this process is a worker and still running. */
    void live() {
        jdbc.sql("""
                        insert into worker (name, host, pid, since, seen, version, migrations) values (?, ?, ?, ?, ?, ?, ?)
                        on conflict (name) do update set seen = excluded.seen""")
                .params(
                        self.getName(),
                        self.host(),
                        self.pid(),
                        self.since().toEpochMilli(),
                        clock.millis(),
                        self.version(),
                        migrations)
                .update();
    }

    void leave() {
        jdbc.sql("delete from worker where name = ?").param(self.getName()).update();
        forgetWhatTheDeadLeftAlone();
    }

    /**
     * Removes those that have not said for so long that they live, or whose clocks were ahead by as much; who does live
     * says so again.
     */
    void forget(Duration silence) {
        Instant now = clock.instant();
        jdbc.sql("delete from worker where seen < ? or seen > ?")
                .params(now.minus(silence).toEpochMilli(), now.plus(silence).toEpochMilli())
                .update();
        forgetWhatTheDeadLeftAlone();
    }

    private void forgetWhatTheDeadLeftAlone() {
        jdbc.sql("delete from left_alone where worker not in (select name from worker)")
                .update();
    }

    List<Worker> seenAfter(Instant limit) {
        // Before the workers: a query within another one's rows takes a second connection.
        Map<String, List<TakenWork>> running = new HashMap<>();
        jdbc.sql("select picked_by, task_name, task_instance from scheduled_tasks where picked = true"
                        + " order by task_instance")
                .query(row -> {
                    running.computeIfAbsent(row.getString(1), worker -> new ArrayList<>())
                            .add(new TakenWork(row.getString(2), row.getString(3)));
                });
        Map<String, List<LeftAlone>> leftAlone = jdbc
                .sql("select worker, task, work, reason from left_alone order by task, work")
                .query((row, i) -> new LeftAlone(
                        row.getString("worker"), row.getString("task"), row.getString("work"), row.getString("reason")))
                .list()
                .stream()
                .collect(groupingBy(LeftAlone::worker));
        return jdbc.sql("select w.*, migrations < " + NEWEST
                        + " as outdated from worker w where seen > ? order by name")
                .param(limit.toEpochMilli())
                .query((row, i) -> {
                    String name = row.getString("name");
                    boolean outdated = row.getBoolean("outdated");
                    return new Worker(
                            name,
                            row.getString("host"),
                            row.getLong("pid"),
                            Instant.ofEpochMilli(row.getLong("since")),
                            Instant.ofEpochMilli(row.getLong("seen")),
                            row.getString("version"),
                            outdated,
                            running.getOrDefault(name, List.of()),
                            outdated
                                    ? List.of(new LeftAlone(name, "", "", OUTDATED))
                                    : leftAlone.getOrDefault(name, List.of()));
                })
                .list();
    }

    Takers takers(String task, String work, Instant seenAfter) {
        List<LeftAlone> others = new ArrayList<>();
        int[] count = {0};
        jdbc.sql("select w.name, migrations < " + NEWEST + " as outdated, l.reason from worker w left join left_alone l"
                        + " on l.worker = w.name and l.task = ? and l.work = ? where w.seen > ? order by w.name")
                .params(task, work, seenAfter.toEpochMilli())
                .query(row -> {
                    String worker = row.getString("name");
                    String reason = row.getString("reason");
                    if (row.getBoolean("outdated")) others.add(new LeftAlone(worker, task, work, OUTDATED));
                    else if (reason != null) others.add(new LeftAlone(worker, task, work, reason));
                    else count[0]++;
                });
        return new Takers(count[0], others);
    }

    void leaveAlone(String task, String work, String reason) {
        jdbc.sql("insert into left_alone (worker, task, work, reason) values (?, ?, ?, ?)"
                        + " on conflict (worker, task, work) do update set reason = excluded.reason")
                .params(self.getName(), task, work, reason)
                .update();
    }

    void takeUp(String task, String work) {
        jdbc.sql("delete from left_alone where worker = ? and task = ? and work = ?")
                .params(self.getName(), task, work)
                .update();
    }

    Map<String, String> leavesAlone(String task) {
        Map<String, String> reasons = new TreeMap<>();
        jdbc.sql("select work, reason from left_alone where worker = ? and task = ?")
                .params(self.getName(), task)
                .query(row -> {
                    reasons.put(row.getString("work"), row.getString("reason"));
                });
        return reasons;
    }
}
