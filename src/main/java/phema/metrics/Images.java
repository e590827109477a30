package phema.metrics;

import phema.tensor.PixelLevel;

/**
 * Holds images as files hold them.
 *
 * @param rgb [N, 3, resolution, resolution], 0 to 255
 */
@SuppressWarnings("ArrayRecordComponent")
public record Images(int resolution, byte[] rgb) {
    public Images {
        if (resolution < 1 || rgb.length % (3 * resolution * resolution) != 0)
            throw new IllegalArgumentException(rgb.length + " bytes are no images of " + resolution);
    }

    /**
     * Images of -1 (black) to 1 (white), rounded to what files can hold; grey ones get three equal channels.
     *
     * @param values [N, channels, resolution, resolution]
     * @param channels 1 or 3
     */
    public static Images quantized(float[] values, int channels, int resolution) {
        int plane = resolution * resolution;
        byte[] rgb = new byte[values.length / channels * 3];
        for (int i = 0; i < rgb.length; i++) {
            int image = i / (3 * plane);
            int channel = Math.min(i / plane % 3, channels - 1);
            rgb[i] = (byte) PixelLevel.of(values[(image * channels + channel) * plane + i % plane]);
        }
        return new Images(resolution, rgb);
    }

    public int count() {
        return rgb.length / (3 * resolution * resolution);
    }
}
