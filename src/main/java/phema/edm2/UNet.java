package phema.edm2;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import phema.format.Tensor.TensorRole;
import phema.tensor.Shape;

/**
 * Names the blocks of a network and the tensors that they hold (arXiv 2312.02696, Fig. 21), under the names that EDM2's
 * files use. ADM's biases and norms, which those files do not have, are named in the same way.
 *
 * @param input name of the first convolution
 * @param encoder blocks in order; the output of each, and of the first convolution, is kept for the decoder
 * @param decoder blocks in order
 */
record UNet(NetworkSpec spec, String input, List<BlockSpec> encoder, List<BlockSpec> decoder) {
    static final String OUTPUT = "unet.out_conv";
    static final String OUTPUT_GAIN = "unet.out_gain";
    static final String OUTPUT_NORM = "unet.out_norm";
    static final String NOISE_FOURIER = "unet.emb_fourier";
    static final String NOISE = "unet.emb_noise";
    static final String LABEL = "unet.emb_label";
    static final String LOGVAR_FOURIER = "logvar_fourier";
    static final String LOGVAR = "logvar_linear";

    // Of a block.
    static final String EMBEDDING_GAIN = ".emb_gain";
    static final String NORM0 = ".norm0";
    static final String NORM1 = ".norm1";
    static final String ATTENTION_NORM = ".attn_norm";

    enum Side {
        ENCODER,
        DECODER
    }

    enum Resample {
        NONE,
        DOWN,
        UP
    }

    /**
     * @param in channels of the block's input, those of {@code skip} included
     * @param skip channels that come from the encoder, 0 for none
     * @param heads of self-attention, 0 for none
     */
    record BlockSpec(String name, Side side, Resample resample, int in, int skip, int out, int resolution, int heads) {
        /** Channels that enter the residual branch: in the encoder, the main branch is widened before it. */
        int residualIn() {
            return side == Side.ENCODER ? out : in;
        }

        /** Activations per image between the two convolutions. */
        int activations() {
            return out * resolution * resolution;
        }

        /** Values of an image that exist at once: the input twice, outputs of convolutions, weights of attention. */
        long memory() {
            long pixels = (long) resolution * resolution;
            return (2L * in + 4L * out) * pixels + 2 * heads * pixels * pixels;
        }
    }

    /** What an element is before training. */
    enum Initial {
        /** The normal distribution of unit variance. */
        NORMAL,
        /** The normal distribution of variance 1 / n, where an output sums n products. */
        NORMAL_FAN_IN,
        ZERO,
        ONE,
        FREQUENCY,
        PHASE
    }

    /** @param shape as in files: [out, in] or [out, in, height, width] for weights */
    record Parameter(Shape shape, Initial initial) {
        TensorRole role() {
            return initial == Initial.FREQUENCY || initial == Initial.PHASE ? TensorRole.BUFFER : TensorRole.PARAMETER;
        }

        /** With what it is before training. */
        void fill(float[] to, RandomGenerator random) {
            double fanIn = (double) to.length / NetworkWeights.rows(shape);
            for (int i = 0; i < to.length; i++)
                to[i] = (float)
                        switch (initial) {
                            case NORMAL -> random.nextGaussian();
                            case NORMAL_FAN_IN -> random.nextGaussian() / Math.sqrt(fanIn);
                            case ZERO -> 0;
                            case ONE -> 1;
                            case FREQUENCY -> 2 * Math.PI * random.nextGaussian();
                            case PHASE -> 2 * Math.PI * random.nextDouble();
                        };
        }
    }

    /** Returns all blocks, in order. */
    List<BlockSpec> blocks() {
        return Stream.concat(encoder.stream(), decoder.stream()).toList();
    }

    /** Counts the values that exist at once while an image is denoised: what is kept for the decoder, and a block's. */
    long memory() {
        long kept = encoder.stream().mapToLong(BlockSpec::activations).sum();
        long block = blocks().stream().mapToLong(BlockSpec::memory).max().orElse(0);
        return kept + block;
    }

    static UNet of(NetworkSpec spec) {
        List<BlockSpec> encoder = new ArrayList<>();
        Deque<Integer> skips = new ArrayDeque<>();
        int width = spec.widths().getFirst();
        skips.push(width);
        for (int level = 0; level < spec.levels(); level++) {
            int resolution = spec.resolution(level);
            String at = "unet.enc.%dx%d_".formatted(resolution, resolution);
            if (level > 0) {
                encoder.add(new BlockSpec(at + "down", Side.ENCODER, Resample.DOWN, width, 0, width, resolution, 0));
                skips.push(width);
            }
            int out = spec.widths().get(level);
            for (int b = 0; b < spec.blocks(); b++) {
                int heads = spec.attendsAt(level) ? spec.heads(out) : 0;
                encoder.add(
                        new BlockSpec(at + "block" + b, Side.ENCODER, Resample.NONE, width, 0, out, resolution, heads));
                width = out;
                skips.push(width);
            }
        }
        List<BlockSpec> decoder = new ArrayList<>();
        for (int level = spec.levels() - 1; level >= 0; level--) {
            int resolution = spec.resolution(level);
            String at = "unet.dec.%dx%d_".formatted(resolution, resolution);
            if (level == spec.levels() - 1) {
                int heads = spec.heads(width);
                decoder.add(new BlockSpec(at + "in0", Side.DECODER, Resample.NONE, width, 0, width, resolution, heads));
                decoder.add(new BlockSpec(at + "in1", Side.DECODER, Resample.NONE, width, 0, width, resolution, 0));
            } else {
                decoder.add(new BlockSpec(at + "up", Side.DECODER, Resample.UP, width, 0, width, resolution, 0));
            }
            int out = spec.widths().get(level);
            for (int b = 0; b <= spec.blocks(); b++) {
                int skip = skips.pop();
                int heads = spec.attendsAt(level) ? spec.heads(out) : 0;
                decoder.add(new BlockSpec(
                        at + "block" + b, Side.DECODER, Resample.NONE, width + skip, skip, out, resolution, heads));
                width = out;
            }
        }
        String input = "unet.enc.%dx%d_conv".formatted(spec.resolution(), spec.resolution());
        return new UNet(spec, input, encoder, decoder);
    }

    /** Every tensor by name, in the order in which files are written. */
    SequencedMap<String, Parameter> parameters() {
        Parameters all = new Parameters(spec.architecture(), spec.embeddingChannels());
        all.fourier(NOISE_FOURIER, spec.noiseChannels());
        all.linear(NOISE, spec.noiseChannels(), spec.embeddingChannels());
        if (spec.classes() > 0) all.linear(LABEL, spec.classes(), spec.embeddingChannels());
        all.conv(input, spec.inputChannels(), spec.widths().getFirst(), 3);
        encoder.forEach(all::block);
        decoder.forEach(all::block);
        all.norm(OUTPUT_NORM, spec.widths().getFirst());
        all.lastConv(OUTPUT, spec.widths().getFirst(), spec.channels(), 3);
        all.gain(OUTPUT_GAIN);
        all.fourier(LOGVAR_FOURIER, spec.logvarChannels());
        all.linear(LOGVAR, spec.logvarChannels(), 1);
        return all.named;
    }

    private static final class Parameters {
        final SequencedMap<String, Parameter> named = new LinkedHashMap<>();
        final boolean adm;
        final int embedding;

        Parameters(Architecture architecture, int embedding) {
            this.adm = architecture == Architecture.ADM;
            this.embedding = embedding;
        }

        void block(BlockSpec block) {
            gain(block.name() + EMBEDDING_GAIN);
            norm(block.name() + NORM0, block.residualIn());
            conv(block.name() + ".conv_res0", block.residualIn(), block.out(), 3);
            linear(block.name() + ".emb_linear", embedding, adm ? 2 * block.out() : block.out());
            norm(block.name() + NORM1, block.out());
            lastConv(block.name() + ".conv_res1", block.out(), block.out(), 3);
            if (block.in() != block.out()) conv(block.name() + ".conv_skip", block.in(), block.out(), 1);
            if (block.heads() == 0) return;
            norm(block.name() + ATTENTION_NORM, block.out());
            conv(block.name() + ".attn_qkv", block.out(), 3 * block.out(), 1);
            lastConv(block.name() + ".attn_proj", block.out(), block.out(), 1);
        }

        void conv(String name, int in, int out, int kernel) {
            layer(name, Shape.of(out, in, kernel, kernel), adm ? Initial.NORMAL_FAN_IN : Initial.NORMAL);
        }

        /** Adds the last convolution of a branch or of the network, which ADM starts at zero. */
        void lastConv(String name, int in, int out, int kernel) {
            layer(name, Shape.of(out, in, kernel, kernel), adm ? Initial.ZERO : Initial.NORMAL);
        }

        void linear(String name, int in, int out) {
            layer(name, Shape.of(out, in), adm ? Initial.NORMAL_FAN_IN : Initial.NORMAL);
        }

        private void layer(String name, Shape weight, Initial initial) {
            named.put(name + ".weight", new Parameter(weight, initial));
            if (adm)
                named.put(name + ".bias", new Parameter(Shape.of(weight.dims().getFirst()), Initial.ZERO));
        }

        /** Adds a norm, which only ADM has. */
        void norm(String name, int channels) {
            if (!adm) return;
            named.put(name + ".weight", new Parameter(Shape.of(channels), Initial.ONE));
            named.put(name + ".bias", new Parameter(Shape.of(channels), Initial.ZERO));
        }

        /** Adds a gain, which only EDM2 has. */
        void gain(String name) {
            if (!adm) named.put(name, new Parameter(Shape.of(), Initial.ZERO));
        }

        void fourier(String name, int channels) {
            named.put(name + ".freqs", new Parameter(Shape.of(channels), Initial.FREQUENCY));
            named.put(name + ".phases", new Parameter(Shape.of(channels), Initial.PHASE));
        }
    }
}
