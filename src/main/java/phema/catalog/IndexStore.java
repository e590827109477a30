package phema.catalog;

import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import com.fasterxml.jackson.annotation.PropertyAccessor;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.NestedRuntimeException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;
import phema.format.FileStamp;
import phema.format.WeightFile;
import phema.storage.Locations;
import phema.time.Ticker;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;
import tools.jackson.databind.ser.std.ToStringSerializer;

/**
 * Keeps what scans learned of files in the database, across restarts. Only a cache of
 * what the files say: without it they are read again, and a database that does not answer costs nothing but that.
 */
@Component
class IndexStore {
    private static final Logger log = LoggerFactory.getLogger(IndexStore.class);

    /** The mapper, which sees components of records and nothing else, so that what is read equals what was written. */
    private static final JsonMapper JSON = JsonMapper.builder()
            .addModule(new SimpleModule()
                    .addSerializer(Path.class, ToStringSerializer.instance)
                    .addDeserializer(Path.class, new LocationDeserializer()))
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .changeDefaultVisibility(visibility -> visibility
                    .withVisibility(PropertyAccessor.ALL, Visibility.NONE)
                    .withFieldVisibility(Visibility.ANY)
                    .withCreatorVisibility(Visibility.ANY))
            .build();

    /**
     * The first byte of what is stored, raised whenever readers find more in the same files than before; what readers
     * before it found is read again. Content without it begins as gzip does, with 31.
     */
    private static final byte READERS = 8;

    /** The times as large as its samples that a file must be for these to be kept: else it is as quick to read. */
    private static final int WORTH_KEEPING = 16;

    /** What a row holds beside samples; the columns for size and time stamp are for people. */
    record Stored(FileStamp stamp, WeightFile file, Map<String, StoredSample> samples) {}

    /** What is known of a sample without its numbers. */
    record StoredSample(String plan, SampleSummary summary, Map<String, Double> scales) {}

    private static final class LocationDeserializer extends ValueDeserializer<Path> {
        @Override
        public Path deserialize(JsonParser parser, DeserializationContext context) {
            return Locations.path(parser.getString());
        }
    }

    /** The time for which a database that failed is not asked for samples: each file would take its time-out. */
    private static final Duration PAUSE = Duration.ofSeconds(30);

    private final JdbcClient jdbc;
    private final TransactionTemplate transaction;
    private final Ticker ticker;
    private volatile long lastFailure;

    IndexStore(JdbcClient jdbc, TransactionTemplate transaction, Ticker ticker) {
        this.jdbc = jdbc;
        this.transaction = transaction;
        this.ticker = ticker;
    }

    /** Returns what is remembered of a folder's files, by file name. */
    Map<String, RememberedFile> load(Path folder) {
        Map<String, RememberedFile> known = new HashMap<>();
        try {
            jdbc.sql("select name, content from catalog_file where folder = ? order by name")
                    .param(folder.toString())
                    .query(row -> {
                        byte[] stored = row.getBytes("content");
                        if (stored[0] != READERS) return;
                        String name = row.getString("name");
                        known.put(name, remembered(folder, name, unpack(stored)));
                    });
        } catch (RuntimeException e) { // whatever is wrong with a cache, the files are there
            log.warn("What was remembered of {} cannot be used; its files are read again: {}", folder, e.getMessage());
            return Map.of();
        }
        return shareTensors(known);
    }

    /**
     * Makes the remembered state of a folder {@code after} where it was {@code before}; in the order of names, or
     * processes that do so together might wait for each other.
     */
    void save(Path folder, Map<String, RememberedFile> before, Map<String, RememberedFile> after) {
        Set<String> gone = new TreeSet<>();
        for (String name : before.keySet()) if (!after.containsKey(name)) gone.add(name);
        Map<String, RememberedFile> changed = new TreeMap<>();
        after.forEach((name, known) -> {
            if (!known.equals(before.get(name))) changed.put(name, known);
        });
        gone.addAll(changed.keySet());
        if (gone.isEmpty()) return;
        // Before others have to wait for this to end.
        List<Row> rows = new ArrayList<>();
        changed.forEach((name, known) -> {
            if (known.content() instanceof RememberedFile.Indexed indexed)
                rows.add(new Row(
                        name,
                        known.stamp(),
                        pack(stored(known.stamp(), indexed)),
                        samples(indexed).orElse(null)));
        });
        try {
            transaction.executeWithoutResult(status -> {
                for (String name : gone) delete(folder, name);
                for (Row row : rows) insert(folder, row);
            });
            changed.forEach((name, known) -> {
                if (known.content() instanceof RememberedFile.Indexed indexed)
                    indexed.samples()
                            .forEach((prefix, sample) -> sample.numbers()
                                    .moveTo(elsewhere(folder, name, known.stamp(), prefix, sample.plan())));
            });
        } catch (NestedRuntimeException e) {
            log.warn(
                    "The index of {} cannot be remembered; a restart will read its files again: {}",
                    folder,
                    e.getMessage());
        }
    }

    private RememberedFile remembered(Path folder, String name, Stored stored) {
        Map<String, RememberedFile.Sampled> samples = new HashMap<>();
        stored.samples.forEach((prefix, sample) -> samples.put(
                prefix,
                new RememberedFile.Sampled(
                        sample.plan,
                        sample.summary,
                        sample.scales,
                        SampledNumbers.of(elsewhere(folder, name, stored.stamp, prefix, sample.plan)))));
        return new RememberedFile(stored.stamp, 0, new RememberedFile.Indexed(stored.file, samples));
    }

    private SampledNumbers.Elsewhere elsewhere(Path folder, String name, FileStamp stamp, String prefix, String plan) {
        return () -> numbers(folder, name, stamp, prefix, plan);
    }

    /** Of a database that does not answer there are none: the file has them. */
    private Optional<SampledElements> numbers(Path folder, String name, FileStamp stamp, String prefix, String plan) {
        long last = lastFailure;
        if (last != 0 && ticker.since(last).compareTo(PAUSE) < 0) return Optional.empty();
        try {
            return jdbc.sql("select samples from catalog_file where folder = ? and name = ? and size = ?"
                            + " and modified = ? and samples is not null")
                    .params(
                            folder.toString(),
                            name,
                            stamp.size(),
                            stamp.modified().toString())
                    .query((row, i) -> row.getBytes(1))
                    .optional()
                    .flatMap(samples -> SampleCodec.find(samples, prefix, plan));
        } catch (RuntimeException e) { // whatever is wrong with a cache, the file is there
            lastFailure = ticker.read();
            log.warn("What was sampled of {} is read again: {}", folder.resolve(name), e.getMessage());
            return Optional.empty();
        }
    }

    private void delete(Path folder, String name) {
        jdbc.sql("delete from catalog_file where folder = ? and name = ?")
                .param(folder.toString())
                .param(name)
                .update();
    }

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Row(String name, FileStamp stamp, byte[] content, byte @Nullable [] samples) {}

    private void insert(Path folder, Row row) {
        // Of a fleet, several processes may have scanned the folder at the same time.
        jdbc.sql("""
                        insert into catalog_file (folder, name, size, modified, content, samples)
                        values (?, ?, ?, ?, ?, ?)
                        on conflict (folder, name) do update
                        set size = excluded.size, modified = excluded.modified, content = excluded.content,
                            samples = excluded.samples""")
                .param(folder.toString())
                .param(row.name)
                .param(row.stamp.size())
                .param(row.stamp.modified().toString())
                .param(row.content)
                .param(row.samples)
                .update();
    }

    private static Map<String, RememberedFile> shareTensors(Map<String, RememberedFile> known) {
        WeightFile[] similar = new WeightFile[1];
        Map<String, RememberedFile> shared = new HashMap<>();
        known.forEach((name, k) -> {
            if (!(k.content() instanceof RememberedFile.Indexed indexed)) return;
            WeightFile file =
                    similar[0] == null ? indexed.file() : indexed.file().sharingTensorsOf(similar[0]);
            similar[0] = file;
            shared.put(name, k.with(new RememberedFile.Indexed(file, indexed.samples())));
        });
        return shared;
    }

    static Stored stored(FileStamp stamp, RememberedFile.Indexed content) {
        Map<String, StoredSample> samples = new TreeMap<>();
        content.samples()
                .forEach((prefix, sample) ->
                        samples.put(prefix, new StoredSample(sample.plan(), sample.summary(), sample.scales())));
        return new Stored(stamp, content.file(), samples);
    }

    /** Those of a file that takes longer to read. */
    private static Optional<byte[]> samples(RememberedFile.Indexed content) {
        byte[] packed = SampleCodec.pack(content.samples());
        return packed.length * (long) WORTH_KEEPING <= content.file().size() ? Optional.of(packed) : Optional.empty();
    }

    static byte[] pack(Stored file) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.write(READERS);
        try (OutputStream zip = new GZIPOutputStream(bytes)) {
            JSON.writeValue(zip, file);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return bytes.toByteArray();
    }

    static Stored unpack(byte[] bytes) {
        try (InputStream json = new GZIPInputStream(new ByteArrayInputStream(bytes, 1, bytes.length - 1))) {
            return JSON.readValue(json, Stored.class);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
