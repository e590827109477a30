package phema.format;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Reports that a file is not what its format demands. The message names the file and says what is wrong in one line.
 */
public final class FormatException extends IOException {
    private static final long serialVersionUID = 1L;

    private final boolean incomplete;

    public FormatException(Path file, String problem) {
        this(file, problem, false);
    }

    FormatException(Path file, String problem, boolean incomplete) {
        super(OneLine.of(file + ": " + problem));
        this.incomplete = incomplete;
    }

    /** Whether the file ends too early, as one does that is still being written; otherwise more bytes mend nothing. */
    public boolean isIncomplete() {
        return incomplete;
    }
}
