package phema.text;

import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import phema.problem.Problem;

/** Writes choices and numbers as users read and type them. */
public final class Labels {
    private static final int MOST_DIGITS = 40;

    private Labels() {}

    /** {@code fd_random}: as {@link #parse} reads it. */
    public static String of(Enum<?> choice) {
        return choice.name().toLowerCase(Locale.ROOT);
    }

    /** {@code no profile}: within a sentence. */
    public static String inWords(Enum<?> choice) {
        return of(choice).replace('_', ' ');
    }

    /** The choice of this word. @throws Problem naming the field and listing the choices when there is none */
    @SafeVarargs
    public static <E extends Enum<E>> E parse(String field, String word, E... choices) {
        return parse(field, word, Arrays.asList(choices));
    }

    /** The same of a list. */
    public static <E extends Enum<E>> E parse(String field, String word, List<E> choices) {
        return choices.stream()
                .filter(choice -> of(choice).equals(word))
                .findFirst()
                .orElseThrow(
                        () -> Problem.invalid(field, "Unknown " + field + " " + word + "; there are " + all(choices)));
    }

    private static String all(List<? extends Enum<?>> choices) {
        return choices.stream().map(Labels::of).collect(Collectors.joining(", "));
    }

    /**
     * {@code 131072}, {@code 0.05}: all digits that a number has, without an exponent unless they would be dozens. Not
     * for NaN and infinity.
     */
    public static String plain(double value) {
        BigDecimal digits = BigDecimal.valueOf(value).stripTrailingZeros();
        return Math.abs(digits.scale()) > MOST_DIGITS ? digits.toString() : digits.toPlainString();
    }
}
