package phema.fleet;

import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Lends work of the {@link Queue} to clients, which are no processes of the fleet, for a time that they extend. To
 * db-scheduler it is picked as by a worker: a lease that runs out is a dead worker, and the work is the next one's.
 * Takes part in the transactions of its callers.
 */
@Component
public class Leases {
    /** The time after which a client that said nothing is taken for dead: enough to restart the service. */
    public static final Duration TIME = Duration.ofMinutes(1);

    /** The silence of a worker that db-scheduler takes for its death, by what {@code application.yaml} sets. */
    private static final Duration SILENCE = Duration.ofSeconds(8);

    /** The beginning of the names under which clients pick, which no worker's name has. */
    static final String CLIENT = "client ";

    private static final String LENT =
            " where task_name = ? and task_instance = ? and picked = true and picked_by like '" + CLIENT + "%'";

    private final JdbcClient jdbc;
    private final InstantSource clock;

    Leases(JdbcClient jdbc, InstantSource clock) {
        this.jdbc = jdbc;
        this.clock = clock;
    }

    /** Takes what waits. @return whether it did: then it is the client's for {@link #TIME} */
    public boolean take(String task, String instance, String client) {
        return jdbc.sql("update scheduled_tasks set picked = true, picked_by = ?, last_heartbeat = ?,"
                                + " version = version + 1 where task_name = ? and task_instance = ? and picked = false")
                        .params(CLIENT + client, lastHeartbeat(), task, instance)
                        .update()
                == 1;
    }

    /** Gives the client {@link #TIME} from now. @return whether it still had it */
    public boolean extend(String task, String instance) {
        return jdbc.sql("update scheduled_tasks set last_heartbeat = ?" + LENT)
                        .params(lastHeartbeat(), task, instance)
                        .update()
                == 1;
    }

    /** It is done, whoever has it. */
    public void end(String task, String instance) {
        jdbc.sql("delete from scheduled_tasks where task_name = ? and task_instance = ?")
                .params(task, instance)
                .update();
    }

    /** It waits again, from a moment on. */
    public void giveBack(String task, String instance, Duration pause) {
        jdbc.sql("update scheduled_tasks set picked = false, picked_by = null, last_heartbeat = null,"
                        + " version = version + 1, execution_time = ?" + LENT)
                .params(Timestamp.from(clock.instant().plus(pause)), task, instance)
                .update();
    }

    /** Whatever has run out waits again, at its place. Workers find it as well, where there are any. */
    public void expire() {
        Instant now = clock.instant();
        jdbc.sql("update scheduled_tasks set picked = false, picked_by = null, last_heartbeat = null,"
                        + " version = version + 1 where picked = true and picked_by like '" + CLIENT
                        + "%' and (last_heartbeat < ? or last_heartbeat > ?)")
                .params(Timestamp.from(now.minus(SILENCE)), Timestamp.from(now.plus(TIME)))
                .update();
    }

    /** The one that db-scheduler finds to be too long ago when the lease runs out. */
    private Timestamp lastHeartbeat() {
        return Timestamp.from(clock.instant().plus(TIME).minus(SILENCE));
    }
}
