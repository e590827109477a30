package phema.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import phema.text.StoredJson;

/** Recommendations and pins that a database made before migration 7 holds. */
@DisabledOnOs(OS.WINDOWS)
class FoundLengthMigrationTest {
    private static final String SPEC = """
            {"run":"edm2","mode":"GRID","sigmaRel":[0.05,0.1],"time":[262144.0],"guidance":[1.0,1.4],"guides":[],\
            "seeds":["0-63"],"evaluator":"it's \\"mine\\"","metric":"fid","solver":"BLUP","files":"ALL","tolerance":0.05,"priority":0}""";

    private static final String OPTIMUM = """
            {"point":{"sigmaRel":0.1,"time":262144.0,"guidance":1.4,"guide":null,"seeds":"0-63"},"metric":2.5,\
            "standardError":null,"low":0.05,"high":0.1}""";

    @TempDir
    private Path folder;

    @Test
    void onSqlite() {
        survive(new DriverManagerDataSource("jdbc:sqlite:" + folder.resolve("phema.db")), "sqlite");
    }

    @Test
    void onPostgresql() throws Exception {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start()) {
            survive(postgres.getPostgresDatabase(), "postgresql");
        }
    }

    private static void survive(DataSource database, String kind) {
        migrate(database, kind, "4");
        JdbcClient jdbc = JdbcClient.create(database);
        jdbc.sql("insert into sweep (id, run, spec, version, created) values ('s1', 'edm2', ?, 1, 1)")
                .param(SPEC)
                .update();
        String insert = "insert into recommendation (run, source, sigma_rel, time, sweep, optimum, created)"
                + " values ('edm2', ?, ?, ?, ?, ?, 5)";
        jdbc.sql(insert).params("SWEEP", 0.1, 262144.0, "s1", OPTIMUM).update();
        jdbc.sql(insert)
                .param("PINNED")
                .param(0.123)
                .param(null)
                .param(null)
                .param(null)
                .update();
        migrate(database, kind, "7");
        jdbc.sql("update sweep set basis = ?")
                .param("{\"evaluator\":{},\"snapshots\":{\"edm2/a.pkl\":\"0123\"}}")
                .update();
        migrate(database, kind, "latest");

        List<FoundLength> found = new FoundLengthStore(jdbc, InstantSource.system()).all("edm2");
        assertThat(found).hasSize(1);
        FoundLength old = found.getFirst();
        assertThat(List.of(old.metric(), old.evaluator(), old.sweep())).containsExactly("fid", "it's \"mine\"", "s1");
        assertThat(old.profile()).isEqualTo("power:0.1");
        assertThat(old.guidance()).isEqualTo(1.4);
        assertThat(old.evidence()).isEmpty();
        assertThat(old.settings()).isEmpty();
        assertThat(jdbc.sql("select files from training where id = ?")
                        .param(old.training().orElseThrow())
                        .query((row, i) -> StoredJson.read(row.getString(1), Witnesses.class))
                        .single()
                        .stamps())
                .isEqualTo(Map.of("edm2/a.pkl", "0123"));
        assertThat(RecommendationRule.of(found).recommended()).contains(old);
        assertThat(Recommendation.of(Recommendation.RecommendationSource.SWEEP, old)
                        .cautions())
                .singleElement()
                .asString()
                .contains("kept neither how many trials it rests on");
        assertThat(jdbc.sql("select profile from pin where run = 'edm2' and time is null and found is null")
                        .query(String.class)
                        .single())
                .isEqualTo("power:0.123");
    }

    private static void migrate(DataSource database, String kind, String target) {
        Flyway.configure()
                .dataSource(database)
                .locations("classpath:db/migration/" + kind)
                .target(target)
                .load()
                .migrate();
    }
}
