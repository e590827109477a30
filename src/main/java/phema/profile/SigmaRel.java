package phema.profile;

import java.math.BigDecimal;

/** Converts between the relative width of a power-function profile and its exponent (arXiv 2312.02696, appendix C). */
public final class SigmaRel {
    /** The width of the flat profile, {@code 1/sqrt(12)}: the supremum. */
    public static final double LIMIT = 1 / Math.sqrt(12);

    private SigmaRel() {}

    /**
     * The exponent of a width (Eq. 126, which Algorithm 2 solves).
     *
     * @throws IllegalArgumentException outside (0, {@link #LIMIT}); the message says the range
     */
    public static double toGamma(double sigmaRel) {
        if (!(sigmaRel > 0 && sigmaRel < LIMIT))
            throw new IllegalArgumentException("sigma_rel must lie in (0, 0.288675), not " + sigmaRel);
        // The largest real root of g^3 + 7 g^2 + (16 - s) g + (12 - s), s = sigmaRel^-2, by bisection in g + 1.
        double low = -1;
        double high = 1 / sigmaRel + 1;
        while (true) {
            double middle = (low + high) / 2;
            if (middle <= low || middle >= high) return middle;
            if (ofGamma(middle) > sigmaRel) low = middle;
            else high = middle;
        }
    }

    /** {@code 0.100}: with as many digits as it has, three at least and nine at most, as in file names. */
    public static String print(double sigmaRel) {
        BigDecimal digits = BigDecimal.valueOf(Math.round(sigmaRel * 1e9), 9).stripTrailingZeros();
        return digits.setScale(Math.max(3, digits.scale())).toPlainString();
    }

    /** The width of an exponent (Eq. 123). */
    public static double ofGamma(double gamma) {
        return Math.sqrt((gamma + 1) / ((gamma + 2) * (gamma + 2) * (gamma + 3)));
    }
}
