package phema.edm2;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.enums.WeightsFormat;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv2DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.PaddingMode;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Pooling2DConfig;

/**
 * Builds the magnitude-preserving parts of EDM2 (arXiv 2312.02696, appendix B): with inputs of unit variance their
 * outputs have unit variance in expectation. Images are [N, C, H, W], vectors [N, C], weights as in files.
 *
 * <p>Some forms are chosen because their plainer equivalents have wrong gradients in ND4J: no division by a tensor, no
 * {@code upsampling2d(x, 2)}, convolution weights as [height, width, in, out].
 */
final class Parts {
    static final double SILU_MAGNITUDE = 0.596;
    private static final double EPSILON = 1e-4;

    private Parts() {}

    /** {@code x / (eps + ||x|| / sqrt(n))} with norms over some axes, {@code n} elements each. */
    static SDVariable normalize(SDVariable x, long n, int... axes) {
        // ND4J has no norm over axes of one element.
        SDVariable norm = n == 1 ? x.getSameDiff().math().abs(x) : x.norm2(true, axes);
        SDVariable magnitude = norm.mul(1 / Math.sqrt(n)).add(EPSILON);
        return x.mul(magnitude.rdiv(1.0));
    }

    /**
     * A convolution without bias whose output has the size of its input (Eq. 47). @param weight [out, in, k, k], k odd
     */
    static SDVariable conv(SameDiff sd, SDVariable x, SDVariable weight, long in, int kernel) {
        long fanIn = in * kernel * kernel;
        return convolve(sd, x, normalize(weight, fanIn, 1, 2, 3).mul(1 / Math.sqrt(fanIn)), kernel);
    }

    /** A convolution with plain weights. @param weight [out, in, k, k], k odd */
    static SDVariable convolve(SameDiff sd, SDVariable x, SDVariable weight, int kernel) {
        Conv2DConfig config = Conv2DConfig.builder()
                .kH(kernel)
                .kW(kernel)
                .pH(kernel / 2)
                .pW(kernel / 2)
                .sH(1)
                .sW(1)
                .dH(1)
                .dW(1)
                .paddingMode(PaddingMode.VALID)
                .dataFormat("NCHW")
                .weightsFormat(WeightsFormat.YXIO)
                .build();
        return sd.cnn().conv2d(x, weight.permute(2, 3, 1, 0), config);
    }

    /** Eq. 47 for vectors. @param weight [out, in] */
    static SDVariable linear(SameDiff sd, SDVariable x, SDVariable weight, long in) {
        SDVariable w = normalize(weight, in, 1).mul(1 / Math.sqrt(in));
        return sd.mmul(x, w.permute(1, 0));
    }

    /** Eq. 81. */
    static SDVariable silu(SameDiff sd, SDVariable x) {
        return sd.nn().swish(x).mul(1 / SILU_MAGNITUDE);
    }

    /** Eq. 88. */
    static SDVariable sum(SDVariable a, SDVariable b, double t) {
        double norm = Math.hypot(1 - t, t);
        return a.mul((1 - t) / norm).add(b.mul(t / norm));
    }

    /** Concatenation of channels (Eq. 103). @param t share of {@code b} */
    static SDVariable concat(SameDiff sd, SDVariable a, int na, SDVariable b, int nb, double t) {
        double c = Math.sqrt((na + nb) / ((1 - t) * (1 - t) + t * t));
        return sd.concat(1, a.mul(c / Math.sqrt(na) * (1 - t)), b.mul(c / Math.sqrt(nb) * t));
    }

    /** Eq. 75. @param x [N, 1] */
    static SDVariable fourier(SameDiff sd, SDVariable x, SDVariable freqs, SDVariable phases) {
        return sd.math().cos(x.mul(freqs).add(phases)).mul(Math.sqrt(2));
    }

    static SDVariable pixelNorm(SDVariable x, int channels) {
        return normalize(x, channels, 1);
    }

    static SDVariable resample(SameDiff sd, SDVariable x, UNet.Resample mode) {
        return switch (mode) {
            case NONE -> x;
            case DOWN ->
                sd.cnn()
                        .avgPooling2d(
                                x,
                                Pooling2DConfig.builder()
                                        .kH(2)
                                        .kW(2)
                                        .sH(2)
                                        .sW(2)
                                        .pH(0)
                                        .pW(0)
                                        .isNHWC(false)
                                        .paddingMode(PaddingMode.VALID)
                                        .build());
            case UP -> sd.cnn().upsampling2d(x, 2, 2, true);
        };
    }

    /**
     * Cosine attention.
     *
     * @param qkv [N, 3 C, H, W], channels ordered by head, then channel of the head, then query, key, value
     * @return [N, C, H, W]
     */
    static SDVariable attention(SameDiff sd, SDVariable qkv, int channels, int heads, int resolution) {
        SDVariable split = split(qkv, channels, heads, resolution);
        return attend(sd, normalize(split, channels / heads, 2), channels, heads, resolution);
    }

    /** @return [N, heads, C / heads, 3, H W] */
    static SDVariable split(SDVariable qkv, int channels, int heads, int resolution) {
        return qkv.reshape(-1, heads, channels / heads, 3, resolution * resolution);
    }

    /** Dot-product attention (arXiv 1706.03762, Eq. 1). @param qkv as from {@link #split} */
    static SDVariable attend(SameDiff sd, SDVariable qkv, int channels, int heads, int resolution) {
        SDVariable[] parts = sd.unstack(qkv, 3, 3);
        SDVariable scores =
                sd.mmul(parts[0].permute(0, 1, 3, 2), parts[1]).mul(1 / Math.sqrt((double) channels / heads));
        SDVariable weights = sd.nn().softmax(scores, 3);
        return sd.mmul(parts[2], weights.permute(0, 1, 3, 2)).reshape(-1, channels, resolution, resolution);
    }
}
