package phema.sweep;

import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import phema.text.StoredJson;

/**
 * Keeps what was ever evaluated, by all that determines it: the table {@code evaluation}. Callers begin transactions.
 */
@Component
class EvaluationStore {
    private final JdbcClient jdbc;
    private final InstantSource clock;

    EvaluationStore(JdbcClient jdbc, InstantSource clock) {
        this.jdbc = jdbc;
        this.clock = clock;
    }

    /** The metrics of an evaluation that was made. */
    Optional<Map<String, Double>> find(String evaluation) {
        return jdbc.sql("select metrics from evaluation where id = ?")
                .param(evaluation)
                .query(String.class)
                .optional()
                .map(StoredJson::readMetrics);
    }

    /**
     * Keeps what is there already: of two that evaluate the same at the same time, the first counts. Metrics that it
     * lacks are added, as a command may print only those that it was asked for.
     */
    void insert(String evaluation, String evaluator, Map<String, Double> metrics, double seconds) {
        int added = jdbc.sql(
                        "insert into evaluation (id, evaluator, metrics, seconds, created) values (?, ?, ?, ?, ?) on "
                                + "conflict (id) do nothing")
                .params(evaluation, evaluator, StoredJson.write(metrics), seconds, clock.millis())
                .update();
        if (added == 1) return;
        // Locks the row until the end of the transaction, so that nobody adds to it at the same time.
        jdbc.sql("update evaluation set seconds = seconds where id = ?")
                .param(evaluation)
                .update();
        Map<String, Double> stored = find(evaluation).orElseThrow();
        if (stored.keySet().containsAll(metrics.keySet())) return;
        Map<String, Double> all = new TreeMap<>(metrics);
        all.putAll(stored);
        jdbc.sql("update evaluation set metrics = ?, seconds = seconds + ? where id = ?")
                .params(StoredJson.write(all), seconds, evaluation)
                .update();
    }

    /** Which metrics each evaluator gave, the last time that it evaluated. */
    SortedMap<String, List<String>> given() {
        SortedMap<String, List<String>> given = new TreeMap<>();
        jdbc.sql("""
                        select e.evaluator, e.metrics from evaluation e join
                            (select evaluator, max(created) as latest from evaluation group by evaluator) l
                            on l.evaluator = e.evaluator and l.latest = e.created""").query(row -> {
            given.put(
                    row.getString("evaluator"),
                    List.copyOf(new TreeSet<>(
                            StoredJson.readMetrics(row.getString("metrics")).keySet())));
        });
        return given;
    }

    /** Evaluations, and the seconds that they took together. */
    record Tally(long count, double seconds) {}

    /** What an evaluator did, on all machines. */
    Tally tally(String evaluator) {
        return jdbc.sql("select count(*), coalesce(sum(seconds), 0) from evaluation where evaluator = ?")
                .param(evaluator)
                .query((row, i) -> new Tally(row.getLong(1), row.getDouble(2)))
                .single();
    }
}
