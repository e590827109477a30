package phema.evaluation;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;

/** Finds programs of this host. */
final class ProgramPath {
    private ProgramPath() {}

    /** Whether a command that begins with this can be started: a path, or a name that {@code PATH} finds. */
    static boolean isThere(String program) {
        if (program.contains("/")) return isExecutable(Path.of(program));
        return Arrays.stream(
                        Objects.requireNonNullElse(System.getenv("PATH"), "").split(File.pathSeparator, -1))
                .anyMatch(folder -> isExecutable(Path.of(folder, program)));
    }

    private static boolean isExecutable(Path file) {
        return Files.isRegularFile(file) && Files.isExecutable(file);
    }
}
