package phema.edm2;

import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Samples images with Heun's method with optional churn (arXiv 2206.00364, algorithm 2). States are kept in 64 bits.
 */
final class Heun {
    private static final double MOST_CHURN = Math.sqrt(2) - 1;

    private Heun() {}

    /** Denoises images that all have one noise level. */
    interface Denoise {
        float[] at(double[] x, double sigma);
    }

    /**
     * @param noise [N, C, H, W] of unit variance
     * @param random one generator per image, for churn
     */
    static float[] sample(Denoise denoise, float[] noise, SamplerOptions options, List<RandomGenerator> random) {
        double[] t = options.levels();
        double[] x = new double[noise.length];
        for (int i = 0; i < x.length; i++) x[i] = noise[i] * t[0];
        for (int step = 0; step < options.steps(); step++) {
            double now = churned(x, t[step], options, random);
            double next = t[step + 1];
            double[] slope = slope(denoise, x, now);
            if (next == 0) {
                for (int i = 0; i < x.length; i++) x[i] += (next - now) * slope[i];
            } else {
                double[] euler = new double[x.length];
                for (int i = 0; i < x.length; i++) euler[i] = x[i] + (next - now) * slope[i];
                double[] there = slope(denoise, euler, next);
                for (int i = 0; i < x.length; i++) x[i] += (next - now) * (slope[i] + there[i]) / 2;
            }
        }
        float[] images = new float[x.length];
        for (int i = 0; i < x.length; i++) images[i] = (float) x[i];
        return images;
    }

    /** Adds noise in place. @return the noise level afterwards */
    private static double churned(double[] x, double sigma, SamplerOptions options, List<RandomGenerator> random) {
        if (options.churn() == 0 || sigma < options.churnMin() || sigma > options.churnMax()) return sigma;
        double raised = sigma * (1 + Math.min(options.churn() / options.steps(), MOST_CHURN));
        double scale = Math.sqrt(raised * raised - sigma * sigma) * options.churnNoise();
        int pixels = x.length / random.size();
        for (int i = 0; i < x.length; i++)
            x[i] += scale * random.get(i / pixels).nextGaussian();
        return raised;
    }

    private static double[] slope(Denoise denoise, double[] x, double sigma) {
        float[] denoised = denoise.at(x, sigma);
        double[] slope = new double[x.length];
        for (int i = 0; i < x.length; i++) slope[i] = (x[i] - denoised[i]) / sigma;
        return slope;
    }
}
