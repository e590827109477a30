package phema.catalog;

import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import com.fasterxml.jackson.annotation.PropertyAccessor;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.NestedRuntimeException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;
import phema.format.FileStamp;
import phema.format.WeightFile;
import phema.storage.Locations;
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
    private static final byte READERS = 5;

    /** What a row holds; the columns for size and time stamp are for people. */
    record Stored(FileStamp stamp, RememberedFile.Indexed content) {}

    private static final class LocationDeserializer extends ValueDeserializer<Path> {
        @Override
        public Path deserialize(JsonParser parser, DeserializationContext context) {
            return Locations.path(parser.getString());
        }
    }

    private final JdbcClient jdbc;
    private final TransactionTemplate transaction;

    IndexStore(JdbcClient jdbc, TransactionTemplate transaction) {
        this.jdbc = jdbc;
        this.transaction = transaction;
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
                        Stored file = unpack(stored);
                        known.put(row.getString("name"), new RememberedFile(file.stamp, 0, file.content));
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
        Set<String> gone = new TreeSet<>(before.keySet());
        gone.removeAll(after.keySet());
        Map<String, RememberedFile> changed = new TreeMap<>(after);
        changed.entrySet().removeIf(e -> e.getValue().equals(before.get(e.getKey())));
        gone.addAll(changed.keySet());
        if (gone.isEmpty()) return;
        try {
            transaction.executeWithoutResult(status -> {
                for (String name : gone) delete(folder, name);
                changed.forEach((name, known) -> {
                    if (known.content() instanceof RememberedFile.Indexed indexed) insert(folder, name, known, indexed);
                });
            });
        } catch (NestedRuntimeException e) {
            log.warn(
                    "The index of {} cannot be remembered; a restart will read its files again: {}",
                    folder,
                    e.getMessage());
        }
    }

    private void delete(Path folder, String name) {
        jdbc.sql("delete from catalog_file where folder = ? and name = ?")
                .param(folder.toString())
                .param(name)
                .update();
    }

    private void insert(Path folder, String name, RememberedFile known, RememberedFile.Indexed content) {
        // Of a fleet, several processes may have scanned the folder at the same time.
        jdbc.sql("""
                        insert into catalog_file (folder, name, size, modified, content) values (?, ?, ?, ?, ?)
                        on conflict (folder, name) do update
                        set size = excluded.size, modified = excluded.modified, content = excluded.content""")
                .param(folder.toString())
                .param(name)
                .param(known.stamp().size())
                .param(known.stamp().modified().toString())
                .param(pack(new Stored(known.stamp(), content)))
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
