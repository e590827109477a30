package phema.hub;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import phema.solver.SolverKind;

class CommitStoreTest {
    private final SingleConnectionDataSource database = new SingleConnectionDataSource("jdbc:sqlite::memory:", true);
    private final JdbcClient jdbc = JdbcClient.create(database);
    private final CommitStore store = new CommitStore(jdbc);

    @BeforeEach
    void create() {
        jdbc.sql("create table hub_commit (run text, sha text, content text, primary key (run, sha))")
                .update();
    }

    @AfterEach
    void close() {
        database.destroy();
    }

    private static RememberedStart commit() {
        Map<SolverKind, Double> errors = new EnumMap<>(Map.of(SolverKind.BLUP, 0.001, SolverKind.PAPER, 0.002));
        Map<String, Double> coefficients = new LinkedHashMap<>();
        coefficients.put("b", 0.6);
        coefficients.put("a", 0.4);
        return new RememberedStart(
                "ema-0.100",
                "power:0.1",
                262_144,
                SolverKind.BLUP,
                coefficients,
                errors,
                new TreeMap<>(Map.of("x", "y")));
    }

    @Test
    void readsWhatALaterVersionWroteMoreIn() {
        store.save("run", "sha", commit());
        jdbc.sql("update hub_commit set content = replace(content, '{\"title\"', '{\"later\": {\"a\": 1}, \"title\"')")
                .update();
        assertThat(content()).contains("later");
        assertThat(store.load("run", "sha")).hasValue(commit());
    }

    /** The very text, in which databases hold commits that clients were given. */
    @Test
    void writesWhatEarlierVersionsRead() {
        store.save("run", "sha", commit());
        assertThat(content())
                .isEqualTo("{\"title\":\"ema-0.100\",\"target\":\"power:0.1\",\"time\":262144.0,\"method\":\"BLUP\","
                        + "\"coefficients\":{\"b\":0.6,\"a\":0.4},"
                        + "\"predictedRelativeErrors\":{\"PAPER\":0.002,\"BLUP\":0.001},\"texts\":{\"x\":\"y\"}}");
        assertThat(store.load("run", "other")).isEqualTo(Optional.empty());
    }

    private String content() {
        return jdbc.sql("select content from hub_commit").query(String.class).single();
    }
}
