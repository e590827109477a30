package phema.text;

import java.util.ArrayList;
import java.util.List;

/** Reads comma-separated values (RFC 4180): cells may stand in quotes, and then hold commas, quotes and line breaks. */
public final class CsvRows {
    private CsvRows() {}

    /**
     * Reads all rows that are not blank.
     *
     * @throws IllegalArgumentException where a quote is never closed
     */
    public static List<List<String>> parse(String text) {
        List<List<String>> rows = new ArrayList<>();
        List<String> row = new ArrayList<>();
        StringBuilder cell = new StringBuilder();
        boolean quoted = false;
        for (int i = text.startsWith("\uFEFF") ? 1 : 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (quoted) {
                if (c != '"') cell.append(c);
                else if (i + 1 < text.length() && text.charAt(i + 1) == '"') cell.append(text.charAt(++i));
                else quoted = false;
            } else if (c == '"' && cell.isEmpty()) quoted = true;
            else if (c == ',') take(cell, row);
            else if (c == '\n') {
                take(cell, row);
                end(row, rows);
            } else if (c != '\r') cell.append(c);
        }
        if (quoted) throw new IllegalArgumentException("a quote in row " + (rows.size() + 1) + " is never closed");
        take(cell, row);
        end(row, rows);
        return rows;
    }

    private static void take(StringBuilder cell, List<String> row) {
        row.add(cell.toString());
        cell.setLength(0);
    }

    private static void end(List<String> row, List<List<String>> rows) {
        if (row.stream().anyMatch(cell -> !cell.isBlank())) rows.add(List.copyOf(row));
        row.clear();
    }
}
