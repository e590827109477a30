package phema.edm2;

import phema.problem.Problem;

/**
 * Says how noise becomes images (arXiv 2206.00364, algorithm 2).
 *
 * @param steps noise levels, each but the last evaluated twice
 * @param sigmaMin lowest noise level above zero
 * @param sigmaMax noise level to begin with
 * @param rho how much the levels crowd at the low end
 * @param guidance how far to go from the guiding network's answer to the network's own and beyond; 1 for no guidance
 * @param churn how much fresh noise is added in all, 0 for none
 * @param churnMin lowest noise level at which noise is added
 * @param churnMax highest
 * @param churnNoise standard deviation of what is added, relative to what it should be
 */
public record SamplerOptions(
        int steps,
        double sigmaMin,
        double sigmaMax,
        double rho,
        double guidance,
        double churn,
        double churnMin,
        double churnMax,
        double churnNoise) {
    public SamplerOptions {
        if (steps < 1) throw Problem.invalid("steps", "steps must be at least 1, not " + steps);
        if (!(sigmaMin > 0 && sigmaMin < sigmaMax && sigmaMax < Double.POSITIVE_INFINITY))
            throw Problem.invalid("sigmaMin", "noise levels must satisfy 0 < sigma_min < sigma_max");
        if (!(rho > 0 && rho < Double.POSITIVE_INFINITY))
            throw Problem.invalid("rho", "rho must be a number above 0, not " + rho);
        if (!Double.isFinite(guidance)) throw Problem.invalid("guidance", "guidance must be a number, not " + guidance);
        if (!(churn >= 0)) throw Problem.invalid("S_churn", "S_churn must be 0 or a number above, not " + churn);
        if (!(churnMin <= churnMax))
            throw Problem.invalid("S_min", "S_min must not be above S_max: " + churnMin + ", " + churnMax);
        if (!Double.isFinite(churnNoise))
            throw Problem.invalid("S_noise", "S_noise must be a number, not " + churnNoise);
    }

    /**
     * The noise levels {@code (a + i/(n-1) (b - a))^rho}, {@code a = sigma_max^(1/rho)}, {@code b = sigma_min^(1/rho)},
     * then 0.
     */
    double[] levels() {
        double[] levels = new double[steps + 1];
        double high = Math.pow(sigmaMax, 1 / rho);
        double low = Math.pow(sigmaMin, 1 / rho);
        for (int i = 0; i < steps; i++)
            levels[i] = Math.pow(high + (steps == 1 ? 0 : (double) i / (steps - 1)) * (low - high), rho);
        return levels;
    }
}
