package phema.fleet;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.SchedulerClient;
import com.github.kagkarlsson.scheduler.task.SchedulableInstance;
import com.github.kagkarlsson.scheduler.task.TaskInstance;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import javax.sql.DataSource;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import phema.problem.Problem;

/**
 * Holds what waits for a worker, in the order of priority, then of arrival. Takes part in the transactions of its
 * callers.
 */
@Component
public class Queue {
    private static final int MOST_PRIORITY = 1000;

    private static final String ARRIVE = """
            update scheduled_tasks set arrival = coalesce(
                (select min(q.arrival) from scheduled_tasks q where q.task_name = ? and q.task_instance like ?),
                (select coalesce(max(q.arrival), 0) + 1 from scheduled_tasks q))
            where task_name = ? and task_instance like ? and arrival is null""";

    private final SchedulerClient client;
    private final JdbcClient jdbc;
    private final InstantSource clock;
    private final ObjectProvider<Scheduler> worker;

    /** @param worker of this process, if it is one */
    Queue(DataSource dataSource, JdbcClient jdbc, InstantSource clock, ObjectProvider<Scheduler> worker) {
        this.jdbc = jdbc;
        this.clock = clock;
        this.worker = worker;
        client = SchedulerClient.Builder.create(new TransactionAwareDataSourceProxy(dataSource))
                .enablePriority()
                .build();
    }

    /** @throws Problem where it is no priority of what waits */
    public static void requirePriority(int priority) {
        if (Math.abs((long) priority) > MOST_PRIORITY)
            throw Problem.invalid(
                    "priority",
                    "priority must lie in -%d..%d, not %d".formatted(MOST_PRIORITY, MOST_PRIORITY, priority));
    }

    /**
     * Adds what is not in the queue yet, in this order, behind all that has arrived before; but where some of what it
     * belongs to waits or is worked on, which instances begin with, up to a slash, together with that.
     */
    public void add(String task, List<String> instances, int priority) {
        Instant first = clock.instant().minusMillis(instances.size());
        List<SchedulableInstance<?>> all = new ArrayList<>();
        for (int i = 0; i < instances.size(); i++)
            all.add(new TaskInstance.Builder<Void>(task, instances.get(i))
                    .priority(priority)
                    .scheduledTo(first.plusMillis(i)));
        client.scheduleBatch(all);
        arrive(task, instances);
    }

    /** Adds one unless it is there, in the same order. */
    public void ensure(String task, String instance, int priority) {
        ensure(task, List.of(instance), priority);
    }

    /** Adds those that are not there, in the same order. */
    public void ensure(String task, List<String> instances, int priority) {
        for (String instance : instances)
            client.scheduleIfNotExists(new TaskInstance.Builder<Void>(task, instance)
                    .priority(priority)
                    .scheduledTo(clock.instant()));
        arrive(task, instances);
    }

    /** Says when those arrived that are new, and wakes this process's worker. Others find them within a second. */
    private void arrive(String task, List<String> instances) {
        for (String group : instances.stream().map(Queue::group).distinct().toList())
            jdbc.sql(ARRIVE).params(task, group, task, group).update();
        if (!TransactionSynchronizationManager.isSynchronizationActive()) wake();
        else
            TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
                @Override
                public void afterCommit() {
                    wake();
                }
            });
    }

    private void wake() {
        worker.ifAvailable(Scheduler::triggerCheckForDueExecutions);
    }

    /** A pattern of all that an instance belongs to. */
    private static String group(String instance) {
        int slash = instance.indexOf('/');
        return slash < 0 ? instance : instance.substring(0, slash) + "/%";
    }

    /** Gives another priority to what is there, of the instances that begin like this. */
    public void prioritize(String task, String prefix, int priority) {
        jdbc.sql("update scheduled_tasks set priority = ? where task_name = ? and task_instance like ?")
                .params(priority, task, prefix + "%")
                .update();
    }

    /** Takes out what waits, of the instances that begin like this, but not what is being worked on. */
    public void removeWaiting(String task, String prefix) {
        jdbc.sql("delete from scheduled_tasks where task_name = ? and picked = false and task_instance like ?")
                .params(task, prefix + "%")
                .update();
    }

    /**
     * The same of what nobody wants any more, with what clients have: from now on their leases lead to nothing. Workers
     * give back by themselves what they are at.
     */
    public void removeUnwanted(String task, String prefix) {
        removeWaiting(task, prefix);
        jdbc.sql("delete from scheduled_tasks where task_name = ? and task_instance like ? and picked = true"
                        + " and picked_by like '" + Leases.CLIENT + "%'")
                .params(task, prefix + "%")
                .update();
    }

    /**
     * What is due of the instances that begin like one of these, in the order in which it is taken.
     *
     * @param prefixes one at least
     */
    public List<String> due(String task, Collection<String> prefixes, int limit) {
        List<Object> params = new ArrayList<>(List.of(task, Timestamp.from(clock.instant())));
        prefixes.forEach(prefix -> params.add(prefix + "%"));
        params.add(limit);
        return jdbc.sql("select task_instance from scheduled_tasks where task_name = ? and picked = false and"
                        + " execution_time <= ? and ("
                        + String.join(" or ", Collections.nCopies(prefixes.size(), "task_instance like ?"))
                        + ") order by priority desc, arrival, execution_time limit ?")
                .params(params)
                .query((row, i) -> row.getString(1))
                .list();
    }

    /** Counts what workers of the fleet have taken, and not ended. */
    int taken() {
        return jdbc.sql("select count(*) from scheduled_tasks where picked = true and picked_by not like '"
                        + Leases.CLIENT + "%'")
                .query(Integer.class)
                .single();
    }

    /** Counts what waits, as opposed to being worked on. */
    int depth() {
        return jdbc.sql("select count(*) from scheduled_tasks where picked = false")
                .query(Integer.class)
                .single();
    }
}
