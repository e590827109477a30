package phema.hub;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import phema.catalog.Catalog;
import phema.catalog.Run;

/** Finds which files of runs are passed through. Each is read once, and again when it has changed. */
@Component
final class StoredFiles {
    private static final Logger log = LoggerFactory.getLogger(StoredFiles.class);

    private final Catalog catalog;
    private final Map<Path, StoredFile> known = new ConcurrentHashMap<>();

    StoredFiles(Catalog catalog) {
        this.catalog = catalog;
    }

    /** Those of the run's publication that are there and lie below the roots, links in their paths included. */
    List<StoredFile> of(Run run) {
        List<StoredFile> found = new ArrayList<>();
        for (String path : run.publication().files()) {
            Path file = run.folder().resolve(path);
            try {
                if (!Files.isRegularFile(file)) continue;
                Path real = file.toRealPath();
                if (!catalog.mayRead(real)) log.warn("{} leads outside of phema.roots and is not shown", file);
                else found.add(look(path, real));
            } catch (IOException e) {
                log.warn("{} cannot be read and is not shown: {}", file, e.toString());
            }
        }
        return found;
    }

    private StoredFile look(String path, Path file) throws IOException {
        StoredFile before = known.get(file);
        if (before != null && before.fileName().equals(path) && before.isUnchanged()) return before;
        StoredFile now = StoredFile.read(path, file);
        known.put(file, now);
        return now;
    }
}
