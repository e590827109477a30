package phema.format;

import java.io.IOException;

/** Indexes files of one format. */
interface WeightReader {
    /**
     * Reads what it must to know where every tensor lies, and no elements. @throws FormatException when the file breaks
     * a rule of its format
     */
    WeightFile read(InputFile file) throws IOException;
}
