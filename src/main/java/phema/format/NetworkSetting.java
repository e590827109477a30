package phema.format;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Lists what decides how the layers of EDM2's network (arXiv 2312.02696, App. B) work together and does not show in the
 * tensors of its weight files. Values are texts, as metadata and manifests hold them.
 */
public enum NetworkSetting {
    /** The channels of a head of self-attention (Fig. 21), a whole number. */
    CHANNELS_PER_HEAD("64"),
    /** The share of the residual branch in the sum at its end (Eq. 88), 0 to 1. */
    RES_BALANCE("0.3"),
    /** The share of attention in the sum at its end, 0 to 1. */
    ATTN_BALANCE("0.3"),
    /** The share of the encoder in concatenations (Eq. 103), 0 to 1. */
    CONCAT_BALANCE("0.5"),
    /** The share of the label in the embedding, 0 to 1. */
    LABEL_BALANCE("0.5"),
    /** The magnitude at which the outputs of blocks are clipped, or {@code none}. */
    CLIP_ACT("256"),
    /** The filter of resampling along one axis, such as {@code [1, 1]}. */
    RESAMPLE_FILTER("[1, 1]"),
    /** The standard deviation of the data, of which preconditioning is made. */
    SIGMA_DATA("0.5"),
    /** The share of activations that training drops; images do not depend on it. */
    DROPOUT("0");

    /** The word for a limit that is not there. */
    static final String NO_LIMIT = "none";

    private static final int MOST_CHANNELS = 1 << 20;
    private static final Pattern NUMBER = Pattern.compile("[-+]?(\\d+\\.?\\d*|\\.\\d+)([eE][-+]?\\d{1,3})?");
    private static final Pattern LIST = Pattern.compile("^[\\[(](.*?),?\\s*[\\])]$");

    private final String usual;
    private final String key;

    NetworkSetting(String usual) {
        this.usual = usual;
        this.key = name().toLowerCase(Locale.ROOT);
    }

    /** Returns the name in metadata and manifests, which is that of EDM2's arguments: {@code channels_per_head}. */
    public String key() {
        return key;
    }

    /** Returns EDM2's default, as {@link #canonical} gives it. */
    public String usual() {
        return usual;
    }

    /** Whether images depend on it. */
    public boolean matters() {
        return this != DROPOUT;
    }

    /**
     * The one form of all texts that mean the same: {@code 0.3} for {@code 0.30}.
     *
     * @throws IllegalArgumentException when the text is no value of this setting; the message goes on after its name
     */
    public String canonical(String text) {
        return switch (this) {
            case CHANNELS_PER_HEAD -> wholeNumber(text);
            case RES_BALANCE, ATTN_BALANCE, CONCAT_BALANCE, LABEL_BALANCE ->
                print(number(text, x -> x >= 0 && x <= 1, "a number from 0 to 1"));
            case CLIP_ACT ->
                List.of(NO_LIMIT, "null", "~").contains(text.toLowerCase(Locale.ROOT))
                        ? NO_LIMIT
                        : print(number(text, x -> x > 0, "a number above 0, or none"));
            case RESAMPLE_FILTER -> filter(text);
            case SIGMA_DATA -> print(number(text, x -> x > 0, "a number above 0"));
            case DROPOUT -> print(number(text, x -> x >= 0 && x < 1, "a number from 0 to below 1"));
        };
    }

    /** The canonical text where there is one, else the text as it is. */
    String lenient(String text) {
        try {
            return canonical(text);
        } catch (IllegalArgumentException e) {
            return text;
        }
    }

    private static String wholeNumber(String text) {
        if (!text.matches("[1-9]\\d{0,6}") || Integer.parseInt(text) > MOST_CHANNELS)
            throw new IllegalArgumentException("must be a whole number above 0, not " + text);
        return text;
    }

    private interface Range {
        boolean holds(double x);
    }

    private static double number(String text, Range range, String wanted) {
        return parse(text)
                .filter(range::holds)
                .orElseThrow(() -> new IllegalArgumentException("must be " + wanted + ", not " + text));
    }

    private static Optional<Double> parse(String text) {
        if (!NUMBER.matcher(text.strip()).matches()) return Optional.empty();
        return Optional.of(Double.parseDouble(text)).filter(Double::isFinite);
    }

    /** Filters are scaled to a sum of one before use, so equal taps are ones. */
    private static String filter(String text) {
        String inner = LIST.matcher(text.strip()).replaceFirst("$1");
        List<Optional<Double>> taps =
                Arrays.stream(inner.split(",")).map(NetworkSetting::parse).toList();
        if (taps.stream().anyMatch(Optional::isEmpty))
            throw new IllegalArgumentException("must be a list of numbers, such as [1, 1], not " + text);
        List<Double> numbers = taps.stream().map(Optional::orElseThrow).toList();
        boolean equal = numbers.getFirst() > 0 && numbers.stream().distinct().count() == 1;
        return numbers.stream().map(tap -> equal ? "1" : print(tap)).collect(Collectors.joining(", ", "[", "]"));
    }

    private static String print(double x) {
        return x == Math.rint(x) && Math.abs(x) < 1e15 ? String.valueOf((long) x) : String.valueOf(x);
    }
}
