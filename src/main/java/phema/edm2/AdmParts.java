package phema.edm2;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;

/**
 * Builds the parts of ADM that EDM2 replaces (arXiv 2105.05233, section 3). Shapes as in {@link Parts}; biases and the
 * parameters of norms are [C].
 */
final class AdmParts {
    private static final double EPSILON = 1e-5;
    private static final int MOST_GROUPS = 32;
    private static final int CHANNELS_PER_GROUP = 4;

    private AdmParts() {}

    /** @param weight [out, in, k, k], k odd */
    static SDVariable conv(SameDiff sd, SDVariable x, SDVariable weight, SDVariable bias, int kernel) {
        return Parts.convolve(sd, x, weight, kernel).add(perChannel(bias));
    }

    /** @param weight [out, in] */
    static SDVariable linear(SameDiff sd, SDVariable x, SDVariable weight, SDVariable bias) {
        return sd.mmul(x, weight.permute(1, 0)).add(bias);
    }

    /** Zero mean and unit variance over groups of channels (arXiv 1803.08494), then a scale and a shift per channel. */
    static SDVariable groupNorm(
            SameDiff sd, SDVariable x, SDVariable weight, SDVariable bias, int channels, int resolution) {
        int groups = groups(channels);
        SDVariable grouped = x.reshape(-1, groups, channels / groups * resolution * resolution);
        SDVariable centered = grouped.sub(grouped.mean(true, 2));
        SDVariable deviation =
                sd.math().sqrt(sd.math().square(centered).mean(true, 2).add(EPSILON));
        return centered.mul(deviation.rdiv(1.0))
                .reshape(-1, channels, resolution, resolution)
                .mul(perChannel(weight))
                .add(perChannel(bias));
    }

    /** Counts the groups: at most 32, all of one size, of at least four channels each. */
    static int groups(int channels) {
        int groups = Math.clamp(channels / CHANNELS_PER_GROUP, 1, MOST_GROUPS);
        while (channels % groups != 0) groups--;
        return groups;
    }

    /** {@code x (1 + scale) + shift}. @param scaleAndShift [N, 2 C], scales first */
    static SDVariable modulate(SameDiff sd, SDVariable x, SDVariable scaleAndShift, int channels) {
        SDVariable[] parts = sd.unstack(scaleAndShift.reshape(-1, 2, channels, 1, 1), 1, 2);
        return x.mul(parts[0].add(1.0)).add(parts[1]);
    }

    private static SDVariable perChannel(SDVariable parameter) {
        return parameter.reshape(1, -1, 1, 1);
    }
}
