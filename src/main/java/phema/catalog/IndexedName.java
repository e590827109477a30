package phema.catalog;

import java.util.regex.Pattern;

/**
 * Reads file names {@code INDEX.STEP.pt}, as which ema-pytorch, nitrous-ema and pytorch-posthoc-ema name the averages
 * that they track.
 */
final class IndexedName {
    /** The same as a manifest would say it. */
    static final String PATTERN = "{index}.{time}.pt";

    private static final Pattern NAME = Pattern.compile("\\d{1,4}\\.\\d{1,15}\\.pt");

    private IndexedName() {}

    static boolean matches(String fileName) {
        return fileName.endsWith(".pt") && NAME.matcher(fileName).matches();
    }

    static int index(String fileName) {
        return Integer.parseInt(fileName.substring(0, fileName.indexOf('.')));
    }
}
