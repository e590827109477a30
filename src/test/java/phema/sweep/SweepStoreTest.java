package phema.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import phema.text.StoredJson;

/** What is said of sweeps, and lists by it, on both databases. */
@DisabledOnOs(OS.WINDOWS)
class SweepStoreTest {
    private static final SweepSpec SPEC = StoredJson.read("""
            {"run":"edm2","mode":"GRID","sigmaRel":[0.05,0.1],"time":[262144.0],"guidance":[1.0],"guides":[],\
            "seeds":["0-63"],"evaluator":"mine","metric":"fid","solver":"BLUP","files":"ALL","tolerance":0.05,"priority":0}""", SweepSpec.class);

    @TempDir
    private Path folder;

    @Test
    void onSqlite() {
        listsBySayings(new DriverManagerDataSource("jdbc:sqlite:" + folder.resolve("phema.db")), "sqlite");
    }

    @Test
    void onPostgresql() throws Exception {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start()) {
            listsBySayings(postgres.getPostgresDatabase(), "postgresql");
        }
    }

    private static void listsBySayings(DataSource database, String kind) {
        Flyway.configure()
                .dataSource(database)
                .locations("classpath:db/migration/" + kind)
                .load()
                .migrate();
        SweepStore store = new SweepStore(JdbcClient.create(database), InstantSource.system());
        for (String id : List.of("a", "b", "c"))
            store.insert(id, SPEC, new Basis(new TreeMap<>(), new TreeMap<>(), null, null));
        assertThat(store.row("a").orElseThrow().description()).isEqualTo(SweepDescription.NONE);

        SweepDescription said = new SweepDescription(
                Optional.of("nightly"), "two\nlines", new TreeSet<>(List.of("100_a", "paper")), false);
        store.describe("a", said);
        store.describe("b", new SweepDescription(Optional.empty(), "", new TreeSet<>(List.of("100xa", "p")), true));
        assertThat(store.row("a").orElseThrow().description()).isEqualTo(said);
        assertThat(store.tags(Optional.of("edm2"))).containsExactly("100_a", "100xa", "p", "paper");
        assertThat(store.tags(Optional.of("other"))).isEmpty();

        // A tag is another than one that it begins, and its _ is no wildcard.
        assertThat(ids(store, "p", true)).containsExactly("b");
        assertThat(ids(store, "100_a", true)).containsExactly("a");
        assertThat(ids(store, "p", false)).isEmpty();
        assertThat(store.count(SweepFilter.of(Optional.of("edm2")))).isEqualTo(2);
        assertThat(store.count(SweepFilter.all("edm2"))).isEqualTo(3);
        assertThat(store.count(new SweepFilter(Optional.empty(), Optional.of("paper"), false)))
                .isEqualTo(1);
        store.unarchive("b");
        assertThat(ids(store, "p", false)).containsExactly("b");

        assertThatThrownBy(() -> store.describe("c", said)).isInstanceOf(DataAccessException.class);
    }

    private static List<String> ids(SweepStore store, String tag, boolean archived) {
        return store.rows(new SweepFilter(Optional.of("edm2"), Optional.of(tag), archived), 0, 10).stream()
                .map(SweepStore.StoredSweep::id)
                .toList();
    }
}
