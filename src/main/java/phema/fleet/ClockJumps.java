package phema.fleet;

import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Mends what a process wrote into the queue while its clock was ahead. Work that is due in the future would wait for
 * it, and work of a worker that was killed would pass for alive until then. Neither decision here depends on what this
 * process's own clock says.
 */
@Component
class ClockJumps {
    /** The queue itself never plans further ahead than ten seconds. */
    private static final Duration FAR = Duration.ofMinutes(1);

    /**
     * The number of looks at the same heartbeat, ten seconds apart, after which a worker is taken for dead; a living
     * one writes every two.
     */
    private static final int SILENT_LOOKS = 3;

    private final JdbcClient jdbc;
    private final InstantSource clock;
    private final Map<String, LookedAt> heartbeats = new HashMap<>();

    ClockJumps(JdbcClient jdbc, InstantSource clock) {
        this.jdbc = jdbc;
        this.clock = clock;
    }

    private record LookedAt(String task, String instance, Timestamp last, int looks) {}

    /** Mends what a jump of the clock broke; to be called every ten seconds. */
    void mend() {
        Instant now = clock.instant();
        jdbc.sql("update scheduled_tasks set execution_time = ? where picked = false and execution_time > ?")
                .params(Timestamp.from(now), Timestamp.from(now.plus(FAR)))
                .update();
        Map<String, LookedAt> latest = new HashMap<>();
        jdbc.sql("select task_name, task_instance, picked_by, last_heartbeat from scheduled_tasks where picked = true"
                        // They say seldom that they live, and Leases tells which are ahead.
                        + " and picked_by not like '" + Leases.CLIENT + "%'")
                .query(row -> {
                    String task = row.getString(1);
                    String instance = row.getString(2);
                    String key = task + " " + instance + " " + row.getString(3);
                    Timestamp last = row.getTimestamp(4);
                    LookedAt before = heartbeats.get(key);
                    int looks = before != null && before.last.equals(last) ? before.looks + 1 : 0;
                    latest.put(key, new LookedAt(task, instance, last, looks));
                });
        heartbeats.clear();
        heartbeats.putAll(latest);
        latest.values().stream().filter(h -> h.looks >= SILENT_LOOKS).forEach(this::declareDead);
    }

    /** What has a heartbeat of long ago goes to the next worker. */
    private void declareDead(LookedAt silent) {
        jdbc.sql("""
                        update scheduled_tasks set last_heartbeat = ?
                        where task_name = ? and task_instance = ? and picked = true and last_heartbeat = ?""")
                .params(Timestamp.from(Instant.EPOCH), silent.task, silent.instance, silent.last)
                .update();
    }
}
