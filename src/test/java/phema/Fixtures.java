package phema;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
}
