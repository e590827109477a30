package phema.edm2;

import java.util.Map;
import java.util.Objects;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import phema.format.NetworkSetting;
import phema.format.NetworkSettings;

/**
 * Builds what differs between architectures. Layers and norms go by their names in files; {@code parameters}
 * are the tensors by name.
 */
sealed interface Layers {
    static Layers of(NetworkSpec spec, SameDiff sd, Map<String, SDVariable> parameters) {
        return switch (spec.architecture()) {
            case EDM2 -> new Edm2(sd, parameters, spec.settings());
            case ADM -> new Adm(sd, parameters);
        };
    }

    /** A convolution whose output has the size of its input. */
    SDVariable conv(SDVariable x, String name, int in, int kernel);

    SDVariable linear(SDVariable x, String name, int in);

    SDVariable silu(SDVariable x);

    /** Normalizes pixels at the entry of an encoder's block. */
    SDVariable pixelNorm(SDVariable x, int channels);

    /** Normalizes groups at the entry of a residual branch. */
    SDVariable groupNorm(SDVariable x, String name, int channels, int resolution);

    /** Between the two convolutions of a block. @param embedding the output of the block's {@code emb_linear} */
    SDVariable modulate(SDVariable x, SDVariable embedding, UNet.BlockSpec block);

    /** @param t weight of {@code b}, where sums are weighted */
    SDVariable sum(SDVariable a, SDVariable b, double t);

    SDVariable concat(SDVariable a, int na, SDVariable b, int nb);

    /** @param qkv [N, 3 C, H, W], as in {@link Parts#attention} */
    SDVariable attention(SDVariable qkv, int channels, int heads, int resolution);

    SDVariable clip(SDVariable x);

    /** The last convolution, and what comes before or after it. */
    SDVariable output(SDVariable x, int in, int resolution);

    record Edm2(SameDiff sd, Map<String, SDVariable> parameters, NetworkSettings settings) implements Layers {
        private SDVariable parameter(String name) {
            return Objects.requireNonNull(parameters.get(name), name);
        }

        @Override
        public SDVariable conv(SDVariable x, String name, int in, int kernel) {
            return Parts.conv(sd, x, parameter(name + ".weight"), in, kernel);
        }

        @Override
        public SDVariable linear(SDVariable x, String name, int in) {
            return Parts.linear(sd, x, parameter(name + ".weight"), in);
        }

        @Override
        public SDVariable silu(SDVariable x) {
            return Parts.silu(sd, x);
        }

        @Override
        public SDVariable pixelNorm(SDVariable x, int channels) {
            return Parts.pixelNorm(x, channels);
        }

        @Override
        public SDVariable groupNorm(SDVariable x, String name, int channels, int resolution) {
            return x;
        }

        @Override
        public SDVariable modulate(SDVariable x, SDVariable embedding, UNet.BlockSpec block) {
            return x.mul(embedding
                    .mul(parameter(block.name() + UNet.EMBEDDING_GAIN))
                    .add(1.0)
                    .reshape(-1, block.out(), 1, 1));
        }

        @Override
        public SDVariable sum(SDVariable a, SDVariable b, double t) {
            return Parts.sum(a, b, t);
        }

        @Override
        public SDVariable concat(SDVariable a, int na, SDVariable b, int nb) {
            return Parts.concat(sd, a, na, b, nb, settings.number(NetworkSetting.CONCAT_BALANCE));
        }

        @Override
        public SDVariable attention(SDVariable qkv, int channels, int heads, int resolution) {
            return Parts.attention(sd, qkv, channels, heads, resolution);
        }

        @Override
        public SDVariable clip(SDVariable x) {
            double limit = settings.number(NetworkSetting.CLIP_ACT);
            return Double.isInfinite(limit) ? x : sd.math().clipByValue(x, -limit, limit);
        }

        @Override
        public SDVariable output(SDVariable x, int in, int resolution) {
            return conv(x, UNet.OUTPUT, in, 3).mul(parameter(UNet.OUTPUT_GAIN));
        }
    }

    record Adm(SameDiff sd, Map<String, SDVariable> parameters) implements Layers {
        private SDVariable weight(String name) {
            return Objects.requireNonNull(parameters.get(name + ".weight"), name);
        }

        private SDVariable bias(String name) {
            return Objects.requireNonNull(parameters.get(name + ".bias"), name);
        }

        @Override
        public SDVariable conv(SDVariable x, String name, int in, int kernel) {
            return AdmParts.conv(sd, x, weight(name), bias(name), kernel);
        }

        @Override
        public SDVariable linear(SDVariable x, String name, int in) {
            return AdmParts.linear(sd, x, weight(name), bias(name));
        }

        @Override
        public SDVariable silu(SDVariable x) {
            return sd.nn().swish(x);
        }

        @Override
        public SDVariable pixelNorm(SDVariable x, int channels) {
            return x;
        }

        @Override
        public SDVariable groupNorm(SDVariable x, String name, int channels, int resolution) {
            return AdmParts.groupNorm(sd, x, weight(name), bias(name), channels, resolution);
        }

        @Override
        public SDVariable modulate(SDVariable x, SDVariable embedding, UNet.BlockSpec block) {
            SDVariable normalized = groupNorm(x, block.name() + UNet.NORM1, block.out(), block.resolution());
            return AdmParts.modulate(sd, normalized, embedding, block.out());
        }

        @Override
        public SDVariable sum(SDVariable a, SDVariable b, double t) {
            return a.add(b);
        }

        @Override
        public SDVariable concat(SDVariable a, int na, SDVariable b, int nb) {
            return sd.concat(1, a, b);
        }

        @Override
        public SDVariable attention(SDVariable qkv, int channels, int heads, int resolution) {
            SDVariable split = Parts.split(qkv, channels, heads, resolution);
            return Parts.attend(sd, split, channels, heads, resolution);
        }

        @Override
        public SDVariable clip(SDVariable x) {
            return x;
        }

        @Override
        public SDVariable output(SDVariable x, int in, int resolution) {
            return conv(silu(groupNorm(x, UNet.OUTPUT_NORM, in, resolution)), UNet.OUTPUT, in, 3);
        }
    }
}
