package phema.format;

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
}
