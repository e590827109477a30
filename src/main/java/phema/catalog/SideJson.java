package phema.catalog;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Predicate;
import phema.format.RegularFiles;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads the small JSON files that trainers write beside weights. */
final class SideJson {
    private static final int MAX_BYTES = 1 << 20;

    private SideJson() {}

    /** Empty where there is no such file, or none that can be read: then it states nothing. */
    static Optional<JsonNode> read(Path file, Predicate<Path> mayRead) {
        if (!Files.isRegularFile(file)) return Optional.empty();
        try (InputStream in = Channels.newInputStream(RegularFiles.open(file, mayRead))) {
            return Optional.of(JsonMapper.shared().readTree(in.readNBytes(MAX_BYTES)));
        } catch (IOException | JacksonException e) { // whoever loads what lies beside it sees that
            return Optional.empty();
        }
    }
}
