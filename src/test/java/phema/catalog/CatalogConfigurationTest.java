package phema.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import phema.Fixtures;

@SpringBootTest(webEnvironment = SpringBootTest.WebEnvironment.NONE)
class CatalogConfigurationTest {
    @TempDir
    static Path temporary;

    @DynamicPropertySource
    static void properties(DynamicPropertyRegistry registry) {
        registry.add("phema.roots", () -> Fixtures.fixture("edm2") + "," + Fixtures.fixture("safetensors"));
        registry.add("phema.home", () -> temporary.resolve("not/there/yet").toString());
    }

    @Autowired
    Catalog catalog;

    @Autowired
    JdbcClient jdbc;

    @Autowired
    MeterRegistry meters;

    @Test
    void startsWithAFolderForItsDatabaseAndTheRunsOfEveryRoot() {
        assertThat(temporary.resolve("not/there/yet/phema.db")).exists();
        assertThat(jdbc.sql("pragma journal_mode").query(String.class).single()).isEqualTo("wal");
        assertThat(catalog.runs()).extracting(Run::name).containsExactly("edm2", "safetensors");
        assertThat(meters.get("phema.catalog.snapshots").gauge().value()).isEqualTo(64);
    }
}
