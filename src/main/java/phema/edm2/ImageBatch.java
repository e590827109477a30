package phema.edm2;

/**
 * Holds images of -1 (black) to 1 (white).
 *
 * @param channels 1 or 3
 * @param resolution width and height
 * @param values [N, channels, resolution, resolution]
 */
@SuppressWarnings("ArrayRecordComponent")
public record ImageBatch(int channels, int resolution, float[] values) {
    public ImageBatch {
        if (values.length % (channels * resolution * resolution) != 0)
            throw new IllegalArgumentException(values.length + " values are no images of " + resolution);
    }

    /** Values of one image. */
    public int pixels() {
        return channels * resolution * resolution;
    }

    public int count() {
        return values.length / pixels();
    }
}
