package phema.dashboard;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Says what a chart shows, for files that are saved of it, and how to get its values without the page.
 *
 * @param title instead of the one that the page has; none where that stands
 * @param file how its files are called, without an extension
 * @param lines to copy
 */
record ChartSource(@Nullable String title, String file, List<CopyLine> lines) {
    ChartSource {
        lines = List.copyOf(lines);
    }

    static ChartSource of(List<CopyLine> lines, String... words) {
        return new ChartSource(null, fileName(words), lines);
    }

    ChartSource entitled(String text) {
        return new ChartSource(text, file, lines);
    }

    /** {@code demo-fid-by-ema-length}: letters, digits, dots and hyphens alone. */
    static String fileName(String... words) {
        return Stream.of(words)
                .map(word -> word.replaceAll("[^\\p{L}\\p{N}._]+", "-").replaceAll("^-+|-+$", ""))
                .filter(word -> !word.isEmpty())
                .collect(Collectors.joining("-"))
                .toLowerCase(Locale.ROOT);
    }
}
