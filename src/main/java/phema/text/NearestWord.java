package phema.text;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Finds the word that may have been meant by one that is misspelt. */
public final class NearestWord {
    /** The most letters that may differ: more make another word. */
    private static final int MOST_CHANGES = 3;

    private NearestWord() {}

    /** Returns the one of which the fewest letters differ, where most of the word are the same. */
    public static Optional<String> among(Collection<String> known, String word) {
        int most = Math.min(MOST_CHANGES, word.length() / 2);
        return known.stream()
                .filter(each -> changes(each, word) <= most)
                .min(Comparator.<String>comparingInt(each -> changes(each, word))
                        .thenComparing(Comparator.naturalOrder()));
    }

    /** How many letters are added, left out or others: Levenshtein's distance. */
    private static int changes(String one, String other) {
        int[] above = new int[other.length() + 1];
        for (int j = 0; j < above.length; j++) above[j] = j;
        for (int i = 1; i <= one.length(); i++) {
            int[] row = new int[above.length];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int replaced = above[j - 1] + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(replaced, 1 + Math.min(above[j], row[j - 1]));
            }
            above = row;
        }
        return above[other.length()];
    }
}
