package phema;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.stream.Stream;

/** Finds the files that tests work on. */
public final class Fixtures {
    private static final Path FOLDER = Path.of("src/test/resources/fixtures");

    private Fixtures() {}

    /** A file or folder of the fixtures. */
    public static Path fixture(String name) {
        return FOLDER.resolve(name);
    }

    /** Copies the files of a fixture's folder to another, which is made if need be. */
    public static Path copy(String name, Path to) throws IOException {
        Files.createDirectories(to);
        try (Stream<Path> files = Files.list(fixture(name))) {
            for (Path file : files.toList()) Files.copy(file, to.resolve(file.getFileName()));
        }
        return to;
    }

    /** Copies a cluster's checkpoint, which then states another step: of torchtitan at most 255, of Megatron more. */
    public static Path copy(String name, Path to, int step) throws IOException {
        copy(name, to);
        try (Stream<Path> files = Files.list(to)) {
            for (Path file : files.toList()) {
                byte[] content = Files.readAllBytes(file);
                // A pickle of a number of one byte, or of two behind its key.
                String bytes = new String(content, ISO_8859_1);
                String stated = step < 256
                        ? bytes.replaceAll("\u0080\u0002K\u00c8\\.", "\u0080\u0002K" + (char) step + ".")
                        : bytes.replaceAll(
                                "(?s)(iterationq.M)..",
                                Matcher.quoteReplacement("iterationq\tM" + (char) (step % 256) + (char) (step / 256)));
                if (!stated.equals(bytes)) Files.write(file, stated.getBytes(ISO_8859_1));
            }
        }
        return to;
    }
}
