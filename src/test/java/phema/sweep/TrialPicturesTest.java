package phema.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Path;
import java.util.List;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import phema.evaluation.Picture;

/** Images of trials in both databases. */
@DisabledOnOs(OS.WINDOWS)
class TrialPicturesTest {
    private static final TrialId FIRST = new TrialId("s1", 0);
    private static final TrialId ALIKE = new TrialId("s2", 0);

    @TempDir
    private Path folder;

    @Test
    void onSqlite() {
        keep(new DriverManagerDataSource("jdbc:sqlite:" + folder.resolve("phema.db")), "sqlite");
    }

    @Test
    void onPostgresql() throws Exception {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start()) {
            keep(postgres.getPostgresDatabase(), "postgresql");
        }
    }

    private static Picture picture(String name, int bytes, int small) {
        return new Picture(name, 300, 300, "image/jpeg", new byte[bytes], new byte[small], "");
    }

    private static void keep(DataSource database, String kind) {
        Flyway.configure()
                .dataSource(database)
                .locations("classpath:db/migration/" + kind)
                .load()
                .migrate();
        JdbcClient jdbc = JdbcClient.create(database);
        for (TrialId id : List.of(FIRST, ALIKE)) {
            jdbc.sql("insert into sweep (id, run, spec, version, created) values (?, 'edm2', '', 1, 1)")
                    .param(id.sweep())
                    .update();
            jdbc.sql("insert into trial (sweep, number, point, state, change, evaluation)"
                            + " values (?, 0, '{}', 'DONE', 1, 'e1')")
                    .param(id.sweep())
                    .update();
        }
        TrialPictures pictures = new TrialPictures(jdbc);
        pictures.insert(
                FIRST,
                List.of(
                        picture("000001", 1000, 10),
                        picture("000000", 20, 0),
                        picture("000002", 0, 0).withProblem("000002.png: is none")));
        assertThat(pictures.of(FIRST)).extracting(TrialPicture::name).containsExactly("000000", "000001", "000002");
        assertThat(pictures.of(FIRST).getLast().problem()).isEqualTo("000002.png: is none");
        assertThat(pictures.trials("s1")).containsExactly(0);

        assertThat(pictures.content("s1", 0, "000001", false).orElseThrow().bytes())
                .hasSize(1000);
        TrialPictures.PictureContent small =
                pictures.content("s1", 0, "000001", true).orElseThrow();
        assertThat(small.bytes()).hasSize(10);
        assertThat(small.media()).isEqualTo("image/png");
        assertThat(pictures.content("s1", 0, "000000", true).orElseThrow())
                .satisfies(whole -> assertThat(whole.bytes()).hasSize(20))
                .satisfies(whole -> assertThat(whole.media()).isEqualTo("image/jpeg"));
        assertThat(pictures.content("s1", 0, "000002", false)).isEmpty();

        pictures.copy(ALIKE, "e1");
        assertThat(pictures.of(ALIKE)).hasSize(3);
        pictures.delete(FIRST);
        assertThat(pictures.of(FIRST)).isEmpty();
        assertThat(pictures.of(ALIKE)).hasSize(3);
        pictures.copy(ALIKE, "none");

        // As if there were as much already.
        jdbc.sql("update trial_image set bytes = ? where sweep = 's2' and name = '000000'")
                .param(TrialPictures.MOST_BYTES - 1500)
                .update();
        assertThat(pictures.replace(ALIKE, picture("000001", 1400, 0)).isShown())
                .isTrue();
        assertThat(pictures.replace(ALIKE, picture("000003", 200, 0)).problem())
                .isEqualTo("000003: the images of this sweep take 256 MiB already, and no more are kept;"
                        + " phema.samples says how many there are of a trial");
    }
}
