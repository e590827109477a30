package phema.edm2;

/** Says what the layers of a network are made of; the U-Net around them is the same. */
public enum Architecture {
    /** Config G of arXiv 2312.02696: every layer preserves magnitudes. Instead of biases there is a channel of ones. */
    EDM2(1),
    /**
     * The baseline that it improves on, as in arXiv 2105.05233: group normalization, biases, free weights, and plain
     * sums, concatenations and SiLU.
     */
    ADM(0);

    private final int constantChannels;

    Architecture(int constantChannels) {
        this.constantChannels = constantChannels;
    }

    /** Channels of ones that are appended to the input. */
    int constantChannels() {
        return constantChannels;
    }
}
