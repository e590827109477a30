package phema.format;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Lists the layouts of weight files that users have. */
public enum Format {
    SAFETENSORS("safetensors"),
    EDM2_PICKLE("pkl", "edm2"),
    TORCH_ZIP("pt"),
    /** Folders of {@code torch.distributed.checkpoint}. */
    DCP("dcp", "distcp");

    private final String extension;
    private final List<String> otherWords;

    Format(String extension, String... otherWords) {
        this.extension = extension;
        this.otherWords = List.of(otherWords);
    }

    /** The extension of file names, without the dot: the word for the format, as {@link #parse} reads it. */
    public String extension() {
        return extension;
    }

    /**
     * The format that a user's word means: an extension, or {@code edm2} for EDM2's pickles.
     *
     * @throws IllegalArgumentException saying which words there are
     */
    public static Format parse(String word) {
        String known = word.toLowerCase(Locale.ROOT);
        return Arrays.stream(values())
                .filter(format -> format.extension.equals(known) || format.otherWords.contains(known))
                .findFirst()
                .orElseThrow(
                        () -> new IllegalArgumentException("Unknown format " + word + "; there are " + extensions()));
    }

    private static String extensions() {
        return Arrays.stream(values()).map(Format::extension).collect(Collectors.joining(", "));
    }
}
