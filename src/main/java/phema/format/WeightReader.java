package phema.format;

import java.io.IOException;
import java.nio.file.Path;

/** Indexes files of one format. */
interface WeightReader {
    /** Reads what it must to know where every tensor lies, and no elements. @throws FormatException when the file breaks a rule of its format */
    WeightFile read(Path path) throws IOException;
}
