package phema.fleet;

import com.github.kagkarlsson.scheduler.SchedulerClient;
import com.github.kagkarlsson.scheduler.task.SchedulableInstance;
import com.github.kagkarlsson.scheduler.task.TaskInstance;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.stereotype.Component;

/**
 * Holds what waits for a worker, in the order of priority, then of arrival. Takes part in the transactions of its
 * callers.
 */
@Component
public class Queue {
    private final SchedulerClient client;
    private final JdbcClient jdbc;
    private final InstantSource clock;

    Queue(DataSource dataSource, JdbcClient jdbc, InstantSource clock) {
        this.jdbc = jdbc;
        this.clock = clock;
        client = SchedulerClient.Builder.create(new TransactionAwareDataSourceProxy(dataSource))
                .enablePriority()
                .build();
    }

    /** Adds what is not in the queue yet, in this order. */
    public void add(String task, List<String> instances, int priority) {
        Instant first = clock.instant().minusMillis(instances.size());
        List<SchedulableInstance<?>> all = new ArrayList<>();
        for (int i = 0; i < instances.size(); i++)
            all.add(new TaskInstance.Builder<Void>(task, instances.get(i))
                    .priority(priority)
                    .scheduledTo(first.plusMillis(i)));
        client.scheduleBatch(all);
    }

    /** Adds one unless it is there. */
    public void ensure(String task, String instance, int priority) {
        client.scheduleIfNotExists(new TaskInstance.Builder<Void>(task, instance)
                .priority(priority)
                .scheduledTo(clock.instant()));
    }

    /** Takes out what waits, of the instances that begin like this, but not what is being worked on. */
    public void removeWaiting(String task, String prefix) {
        jdbc.sql("delete from scheduled_tasks where task_name = ? and picked = false and task_instance like ?")
                .params(task, prefix + "%")
                .update();
    }

    /** Counts what waits, as opposed to being worked on. */
    int depth() {
        return jdbc.sql("select count(*) from scheduled_tasks where picked = false")
                .query(Integer.class)
                .single();
    }
}
