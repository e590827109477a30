package phema.catalog;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;
import phema.Fixtures;
import phema.TestWeights;
import phema.TestWeights.Entry;
import phema.tensor.DType;
import phema.tensor.Shape;
import phema.time.Ticker;

/** Runs on disk. */
final class TestFiles {
    static final String FIRST = "network-snapshot-0000016-0.050";

    private TestFiles() {}

    /** Copies the sample run in {@code edm2} or {@code safetensors} and makes it an hour old. */
    static Path copyRun(String format, Path to) throws IOException {
        try (Stream<Path> files = Files.list(Fixtures.copy(format, to))) {
            for (Path file : files.toList()) age(file);
        }
        return to;
    }

    static Path copy(Path from, Path to) {
        try {
            Files.copy(from, to);
            return age(to);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Path age(Path file) throws IOException {
        return Files.setLastModifiedTime(file, FileTime.from(Instant.now().minus(Duration.ofHours(1))));
    }

    static Path truncate(Path file, int bytes) throws IOException {
        byte[] all = Files.readAllBytes(file);
        return Files.write(file, java.util.Arrays.copyOf(all, all.length - bytes));
    }

    /** A safetensors file with one tensor of type F32. */
    static Path safetensors(Path file, String tensor, float... values) throws IOException {
        Files.createDirectories(file.getParent());
        Entry entry = Entry.of(tensor, DType.F32, Shape.of(values.length), values);
        return age(TestWeights.safetensors(file, Map.of(), List.of(entry)));
    }

    /** A safetensors file with metadata and tensors of type F32 of one element each. */
    static Path safetensors(Path file, Map<String, String> metadata, Map<String, Float> tensors) throws IOException {
        List<Entry> entries = new ArrayList<>();
        new TreeMap<>(tensors).forEach((name, value) -> entries.add(Entry.of(name, DType.F32, Shape.of(1), value)));
        return age(TestWeights.safetensors(file, metadata, entries));
    }

    /** Looks only when asked to, and takes new files at once. */
    static CatalogProperties properties(Path home, Path... roots) {
        return new CatalogProperties(
                List.of(roots),
                home,
                new CatalogProperties.Polling(Duration.ofDays(1), Duration.ZERO, Duration.ofSeconds(10)));
    }

    /** A database without tables, which is a cache that does not answer. */
    static DataSource database(Path home) {
        return new DriverManagerDataSource("jdbc:sqlite:" + home.resolve("phema.db"));
    }

    static IndexStore store(DataSource database) {
        return new IndexStore(
                JdbcClient.create(database),
                new TransactionTemplate(new JdbcTransactionManager(database)),
                Ticker.SYSTEM);
    }
}
