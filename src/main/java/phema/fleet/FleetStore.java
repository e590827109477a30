package phema.fleet;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Keeps the workers in the database. */
@Component
record FleetStore(JdbcClient jdbc, WorkerIdentity self, InstantSource clock) {
    /** Records that this process is a worker and still running. */
    void live() {
        jdbc.sql("insert into worker (name, host, pid, since, seen) values (?, ?, ?, ?, ?)"
                        + " on conflict (name) do update set seen = excluded.seen")
                .params(self.getName(), self.host(), self.pid(), self.since().toEpochMilli(), clock.millis())
                .update();
    }

    void leave() {
        jdbc.sql("delete from worker where name = ?").param(self.getName()).update();
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
    }

    List<Worker> seenAfter(Instant limit) {
        return jdbc.sql("select * from worker where seen > ? order by name")
                .param(limit.toEpochMilli())
                .query((row, i) -> new Worker(
                        row.getString("name"),
                        row.getString("host"),
                        row.getLong("pid"),
                        Instant.ofEpochMilli(row.getLong("since")),
                        Instant.ofEpochMilli(row.getLong("seen")),
                        running(row.getString("name"))))
                .list();
    }

    private List<String> running(String worker) {
        return jdbc.sql("select task_instance from scheduled_tasks where picked = true and picked_by = ? order by 1")
                .param(worker)
                .query((row, i) -> row.getString(1))
                .list();
    }
}
