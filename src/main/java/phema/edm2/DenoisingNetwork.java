package phema.edm2;

/** Denoises batches of images, at a noise level of their own each. */
sealed interface DenoisingNetwork extends AutoCloseable permits Denoiser, OnnxDenoiser {
    /** Denoised images, [N, C, H, W]. */
    float[] denoise(Batch batch);

    /** Predicted logarithms of the loss at each noise level, [N]. */
    float[] logvar(Batch batch);

    @Override
    void close();
}
