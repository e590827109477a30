package phema.fleet;

import com.github.kagkarlsson.scheduler.jdbc.AutodetectJdbcCustomization;
import javax.sql.DataSource;

/**
 * Asks the queue for what is due, in the order of priority, then of arrival, and without what this worker leaves alone:
 * it would take the same again and again, and miss what it can do. A worker that is older than the database takes
 * nothing, as it may misread what it finds.
 */
final class DueWork extends AutodetectJdbcCustomization {
    private final String condition;

    DueWork(DataSource dataSource, WorkerIdentity self, FleetStore store) {
        super(dataSource);
        String name = self.getName().replace("'", "''");
        // In the form that db-scheduler adds: it has no room for parameters of ours.
        condition = """
                 and not exists (select 1 from left_alone l where l.worker = '%s' and l.task = task_name
                    and (task_instance = l.work or task_instance like l.work || '/%%'))
                 and not exists (select 1 from flyway_schema_history where success = true and installed_rank > %d)
                """.formatted(name, store.migrations());
    }

    @Override
    public String createSelectDueQuery(String table, int limit, String and, boolean orderByPriority) {
        return super.createSelectDueQuery(table, limit, and + condition, orderByPriority)
                .replace("priority DESC,", "priority DESC, arrival ASC,");
    }
}
