package phema.profile;

/**
 * Forgets by the power rule of EDM2, {@code P(s; t) = (s / t)^exponent} (arXiv 2312.02696, Eq. 3).
 *
 * @param exponent {@code gamma + 1}
 */
public record PowerDecay(double exponent) implements Decay {
    @Override
    public double logShare(double s, double t) {
        return exponent * Math.log(s / t);
    }

    @Override
    public double intake(double s) {
        return exponent / s;
    }
}
