package phema.search;

/**
 * Says where a search measures.
 *
 * @param guidance {@code g} of {@code D_ref + g (D - D_ref)}; 1 is without guidance
 */
public record SearchPoint(double length, double guidance) {
    /** The least length that a search, or a curve, can do with: of shorter ones even the ratios are beyond numbers. */
    public static final double LEAST_LENGTH = 1e-12;

    /** The greatest length, and the greatest magnitude of a guidance. */
    public static final double GREATEST = 1e15;

    /** Whether a model can do with it. */
    public boolean isUsual() {
        return length >= LEAST_LENGTH && length <= GREATEST && Math.abs(guidance) <= GREATEST;
    }
}
