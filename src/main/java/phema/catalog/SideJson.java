package phema.catalog;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import phema.format.RegularFiles;
import phema.text.StrictJson;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** Reads the small JSON files that trainers write beside weights. */
final class SideJson {
    private static final int MAX_BYTES = 1 << 20;

    /** The bytes in which a number is looked for that stands before a log, which may be long. */
    private static final int HEAD_BYTES = 1 << 16;

    private SideJson() {}

    /** The first whole number under a key, of a file that need not be read to its end; empty where there is none. */
    static Optional<Long> number(Path file, String key, Predicate<Path> mayRead) {
        if (!Files.isRegularFile(file)) return Optional.empty();
        try (InputStream in = Channels.newInputStream(RegularFiles.open(file, mayRead))) {
            Matcher number = Pattern.compile("\"" + Pattern.quote(key) + "\"\\s*:\\s*(\\d{1,15})[\\s,}]")
                    .matcher(new String(in.readNBytes(HEAD_BYTES), StandardCharsets.UTF_8));
            return number.find() ? Optional.of(Long.parseLong(number.group(1))) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Empty where there is no such file, or none that can be read: then it states nothing. */
    static Optional<JsonNode> read(Path file, Predicate<Path> mayRead) {
        if (!Files.isRegularFile(file)) return Optional.empty();
        try (InputStream in = Channels.newInputStream(RegularFiles.open(file, mayRead))) {
            return Optional.of(StrictJson.MAPPER.readTree(in.readNBytes(MAX_BYTES)));
        } catch (IOException | JacksonException e) { // whoever loads what lies beside it sees that
            return Optional.empty();
        }
    }
}
