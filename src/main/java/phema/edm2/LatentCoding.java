package phema.edm2;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import phema.problem.Problem;

/**
 * Says what the latents that a network is trained on are of the encoder's own, {@code (own - shift) * scale}, and which
 * values the decoder's images have.
 *
 * @param scale by channel, or one for all
 * @param shift as {@code scale}
 * @param fromZero whether black is 0, as EDM2 has it, and not -1; white is 1 in both
 */
public record LatentCoding(List<Double> scale, List<Double> shift, boolean fromZero) {
    /** The mean of Stable Diffusion's latents over ImageNet, by channel (arXiv 2312.02696, App. B). */
    private static final List<Double> MEAN = List.of(5.81, 3.25, 0.12, -2.15);

    private static final List<Double> DEVIATION = List.of(4.17, 4.62, 3.71, 3.28);
    private static final double WANTED_DEVIATION = 0.5;

    /** The one of EDM2's networks: a mean of 0 and a standard deviation of 0.5. */
    public static final LatentCoding EDM2 = new LatentCoding(
            DEVIATION.stream().map(deviation -> WANTED_DEVIATION / deviation).toList(), MEAN, true);

    public LatentCoding {
        scale = List.copyOf(scale);
        shift = List.copyOf(shift);
        if (scale.isEmpty() || scale.stream().anyMatch(s -> !(s > 0) || s.isInfinite()))
            throw Problem.invalid("latentScale", "latentScale must be numbers above 0, not " + scale);
        if (shift.isEmpty() || shift.stream().anyMatch(s -> !Double.isFinite(s)))
            throw Problem.invalid("latentShift", "latentShift must be numbers, not " + shift);
    }

    /**
     * EDM2's where nothing is given.
     *
     * @param scale may be empty
     * @param shift may be empty
     * @param range {@code 0..1} or {@code -1..1}; may be empty, for that of EDM2's or, with a scale, of diffusers'
     */
    public static LatentCoding of(List<Double> scale, List<Double> shift, String range) {
        if (!List.of("", "0..1", "-1..1").contains(range))
            throw Problem.invalid("decoderRange", "decoderRange is 0..1 or -1..1, not " + range);
        if (scale.isEmpty() && shift.isEmpty()) return new LatentCoding(EDM2.scale, EDM2.shift, !range.equals("-1..1"));
        return new LatentCoding(
                scale.isEmpty() ? List.of(1.0) : scale, shift.isEmpty() ? List.of(0.0) : shift, range.equals("0..1"));
    }

    /**
     * For where nothing is decoded: what says how would have no effect, without a word.
     *
     * @throws Problem when any of it is given
     */
    public static void requireNone(List<Double> scale, List<Double> shift, String range) {
        if (!scale.isEmpty() || !shift.isEmpty() || !range.isEmpty())
            throw Problem.invalid(
                    "decoder", "decoder is missing, though scale, shift or range of latents to be decoded are given");
    }

    /** @throws Problem when there are factors of other channels */
    void require(int channels) {
        require("latentScale", scale.size(), channels);
        require("latentShift", shift.size(), channels);
    }

    private void require(String field, int count, int channels) {
        if (count == 1 || count == channels) return;
        boolean edm2 = scale.equals(EDM2.scale) && shift.equals(EDM2.shift);
        throw Problem.invalid(
                field,
                edm2
                        ? field + " is missing: these are " + channels
                                + " channels, and what is assumed is EDM2's, for the 4 of Stable Diffusion's latents"
                        : field + " has " + count + " numbers for " + channels
                                + " channels of latents; give one, or one a channel");
    }

    /** What the encoder made, from what the network makes. @param channels of each of the images */
    float[] own(float[] latents, int channels, int plane) {
        float[] own = new float[latents.length];
        for (int i = 0; i < own.length; i++) {
            int channel = i / plane % channels;
            own[i] = (float) (latents[i] / at(scale, channel) + at(shift, channel));
        }
        return own;
    }

    double normalized(double own, int channel) {
        return (own - at(shift, channel)) * at(scale, channel);
    }

    private static double at(List<Double> values, int channel) {
        return values.get(values.size() == 1 ? 0 : channel);
    }

    /** What a decoder made as -1 to 1. EDM2 cuts values from zero off to levels of image files, and does not round. */
    float[] pixels(float[] decoded) {
        if (!fromZero) return decoded;
        float[] pixels = new float[decoded.length];
        for (int i = 0; i < pixels.length; i++) {
            double level = Math.floor(Math.clamp(decoded[i], 0f, 1f) * 255f);
            pixels[i] = (float) (level / 127.5 - 1);
        }
        return pixels;
    }

    /** What an encoder takes. @param pixels of -1 to 1 */
    float[] forEncoder(float[] pixels) {
        if (!fromZero) return pixels;
        float[] unit = new float[pixels.length];
        for (int i = 0; i < unit.length; i++) unit[i] = (pixels[i] + 1) / 2;
        return unit;
    }

    /** All numbers that images depend on. */
    public String identity() {
        return Arrays.toString(IntStream.range(0, Math.max(scale.size(), shift.size()))
                        .mapToObj(channel -> at(scale, channel) + " " + at(shift, channel))
                        .toArray())
                + (fromZero ? " 0..1" : " -1..1");
    }
}
