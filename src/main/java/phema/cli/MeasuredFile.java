package phema.cli;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import phema.api.MeasurementsRequest;
import phema.problem.Problem;
import phema.sweep.MeasurementRow;
import phema.sweep.MeasurementsCsv;
import phema.text.StrictJson;
import tools.jackson.core.JacksonException;

/**
 * Reads measurements from a file.
 *
 * @param by what rows of a CSV file have that do not say it themselves
 */
record MeasuredFile(Path path, MeasurementsCsv.MeasuredBy by) {
    /** The most rows that are read, whatever the service allows. */
    private static final int MOST_ROWS = 100_000;

    /** The most bytes of a JSON file, which is read as a whole. */
    private static final long MOST_BYTES = 32L << 20;

    boolean isJson() {
        return path.toString().endsWith(".json");
    }

    /** @throws Problem naming the row and the column that cannot be read */
    void check() throws IOException {
        rows(MOST_ROWS);
    }

    /** @param most how many there may be. @throws Problem naming the row and the column that is wrong */
    List<MeasurementRow> rows(int most) throws IOException {
        if (!isJson())
            try (Reader reader = Files.newBufferedReader(path, StandardCharsets.UTF_8)) {
                return MeasurementsCsv.read(reader, by, most);
            }
        if (Files.size(path) > MOST_BYTES)
            throw Problem.tooLarge(path + " has " + Files.size(path) + " bytes, more than " + MOST_BYTES);
        try {
            return StrictJson.MAPPER
                    .readValue(Files.readString(path), MeasurementsRequest.class)
                    .rows(most);
        } catch (JacksonException e) {
            throw Problem.invalid("file", path + " cannot be read: " + e.getOriginalMessage());
        }
    }
}
