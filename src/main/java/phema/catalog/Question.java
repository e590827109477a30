package phema.catalog;

import java.util.List;
import java.util.stream.Collectors;

/**
 * Asks for a manifest where nothing else says what a folder holds.
 *
 * @param text as the end of a sentence; it holds the lines
 * @param lines of the manifest that answers in the likeliest case; none where there is no such case
 */
record Question(String text, List<String> lines) {
    Question {
        lines = List.copyOf(lines);
    }

    /** One that ends with the lines to write. @param rest what is to be said of these */
    static Question of(String what, List<String> lines, String rest) {
        return new Question(what + ". Write it into this folder with the lines " + inline(lines) + rest, lines);
    }

    /** One that other files answer, or other names. */
    static Question withoutLines(String text) {
        return new Question(text, List.of());
    }

    /** The lines within a sentence. */
    static String inline(List<String> lines) {
        return lines.stream().map(line -> "`" + line + "`").collect(Collectors.joining(" and "));
    }

    /** What is wrong with a folder that has no manifest. */
    String problem() {
        return Manifest.FILE_NAME + " is missing: " + text;
    }
}
