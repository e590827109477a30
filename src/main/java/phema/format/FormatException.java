package phema.format;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Reports that a file is not what its format demands. The message names the file and says what is wrong in one line.
 */
public final class FormatException extends IOException {
    private static final long serialVersionUID = 1L;

    public FormatException(Path file, String problem) {
        super(OneLine.of(file + ": " + problem));
    }
}
