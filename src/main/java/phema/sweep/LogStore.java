package phema.sweep;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import phema.problem.ShownPaths;

/** Keeps the end of what the latest attempt of each trial printed: the table {@code trial_log}. */
@Component
class LogStore {
    private final JdbcClient jdbc;
    private final ShownPaths paths;

    /** @param paths of what was printed, which is read elsewhere */
    LogStore(JdbcClient jdbc, ShownPaths paths) {
        this.jdbc = jdbc;
        this.paths = paths;
    }

    void save(TrialId id, String content) {
        jdbc.sql("insert into trial_log (sweep, number, content) values (?, ?, ?)"
                        + " on conflict (sweep, number) do update set content = excluded.content")
                .params(id.sweep(), id.number(), paths.in(content))
                .update();
    }

    /** Empty where nothing was printed. */
    String log(TrialId id) {
        return jdbc.sql("select content from trial_log where sweep = ? and number = ?")
                .params(id.sweep(), id.number())
                .query(String.class)
                .optional()
                .orElse("");
    }
}
