package phema.text;

import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.MappingIterator;
import tools.jackson.databind.ObjectReader;
import tools.jackson.dataformat.csv.CsvMapper;
import tools.jackson.dataformat.csv.CsvReadFeature;

/** Reads comma-separated values (RFC 4180): cells may stand in quotes, and then hold commas, quotes and line breaks. */
public final class CsvRows {
    private static final ObjectReader ROWS = CsvMapper.builder()
            .enable(CsvReadFeature.WRAP_AS_ARRAY)
            .enable(CsvReadFeature.TRIM_SPACES)
            .build()
            .readerFor(String[].class);

    private CsvRows() {}

    /** Reads row after row, blank ones too; what is none is a {@link JacksonException}. */
    public static MappingIterator<String[]> of(Reader text) throws IOException {
        return ROWS.readValues(text);
    }

    /**
     * Reads all rows that are not blank.
     *
     * @throws IllegalArgumentException where something is no such row
     */
    public static List<List<String>> parse(String text) {
        List<List<String>> all = new ArrayList<>();
        int number = 0;
        try (MappingIterator<String[]> rows =
                of(new StringReader(text.startsWith("\uFEFF") ? text.substring(1) : text))) {
            for (; rows.hasNextValue(); number++) {
                List<String> row = Arrays.asList(rows.nextValue());
                if (row.stream().anyMatch(cell -> !cell.isBlank())) all.add(List.copyOf(row));
            }
        } catch (JacksonException | IOException e) {
            throw new IllegalArgumentException("row " + (number + 1) + " is no comma-separated values", e);
        }
        return all;
    }
}
