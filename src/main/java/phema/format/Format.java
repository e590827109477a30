package phema.format;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/** Layouts of weight files that users have. */
public enum Format {
    SAFETENSORS("safetensors"),
    EDM2_PICKLE("pkl"),
    TORCH_ZIP("pt");

    private final String extension;

    Format(String extension) {
        this.extension = extension;
    }

    /** File name extension without the dot. */
    public String extension() {
        return extension;
    }

    public static Optional<Format> ofExtension(String extension) {
        return Arrays.stream(values())
                .filter(format -> format.extension.equals(extension))
                .findFirst();
    }

    /** Of all formats, as messages list them. */
    public static String extensions() {
        return Arrays.stream(values()).map(Format::extension).collect(Collectors.joining(", "));
    }
}
