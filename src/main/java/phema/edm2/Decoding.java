package phema.edm2;

import phema.problem.Problem;

/** Turns what networks make, or datasets hold, into images. */
public interface Decoding extends AutoCloseable {
    /** Takes what is images already. */
    Decoding NONE = new Decoding() {
        @Override
        public void require(int channels, int resolution) {
            if (channels != 1 && channels != 3)
                throw Problem.invalid(
                        "decoder",
                        "latents of " + channels
                                + " channels are no images yet; give their decoder, or write them into "
                                + "a safetensors file");
        }

        @Override
        public ImageBatch images(float[] values, int channels, int resolution) {
            return new ImageBatch(channels, resolution, values);
        }

        @Override
        public void close() {}
    };

    /** @throws Problem when this takes nothing of that size; for calling before hours of work */
    void require(int channels, int resolution);

    /** @param values [N, channels, resolution, resolution] */
    ImageBatch images(float[] values, int channels, int resolution);

    @Override
    void close();
}
