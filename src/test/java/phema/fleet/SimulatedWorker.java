package phema.fleet;

import com.github.kagkarlsson.scheduler.Scheduler;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.sql.DataSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/**
 * A worker as threads of this process, with a name, a heartbeat, a scheduler and connections of its own: all that the
 * database sees of one. It dies as machines do, from one moment to the next and without a word.
 */
public final class SimulatedWorker implements AutoCloseable {
    private static final Set<String> NAMES = ConcurrentHashMap.newKeySet();

    private final WorkerIdentity identity;
    private final FleetStore fleet;
    private final Scheduler scheduler;
    private volatile boolean dead;

    /** What a worker does with what it takes. */
    public interface SimulatedWork {
        /** Whatever it returns does not count where the worker died of it. */
        DurableTask.Runner of(SimulatedWorker worker);
    }

    public SimulatedWorker(DataSource database, String task, SimulatedWork work) {
        DataSource own = new CutOff(database);
        identity = newIdentity();
        fleet = new FleetStore(JdbcClient.create(own), identity, InstantSource.system());
        // As application.yaml has it.
        scheduler = Scheduler.create(own, DurableTask.of(task, work.of(this)))
                .schedulerName(identity)
                .jdbcCustomization(new DueWork(own, identity, fleet))
                .threads(1)
                .pollingInterval(Duration.ofSeconds(1))
                .heartbeatInterval(Duration.ofSeconds(2))
                .missedHeartbeatsLimit(4)
                .shutdownMaxWait(Duration.ofSeconds(1))
                .enablePriority()
                .build();
        scheduler.start();
    }

    /** Names of one process on one host differ in sixteen bits. */
    private static WorkerIdentity newIdentity() {
        WorkerIdentity identity = new WorkerIdentity(Instant::now, Optional.empty());
        return NAMES.add(identity.getName()) ? identity : newIdentity();
    }

    public String name() {
        return identity.getName();
    }

    /** Says that it lives, as {@link Heartbeat} does every other second. */
    public void beat() {
        if (!dead) fleet.live();
    }

    public void die() {
        dead = true;
    }

    public boolean isDead() {
        return dead;
    }

    @Override
    public void close() {
        scheduler.stop();
    }

    /** A network that is gone once the worker is dead. */
    private final class CutOff extends DelegatingDataSource {
        CutOff(DataSource target) {
            super(target);
        }

        @Override
        public Connection getConnection() throws SQLException {
            if (dead) throw new SQLException("this worker is dead");
            return super.getConnection();
        }
    }
}
