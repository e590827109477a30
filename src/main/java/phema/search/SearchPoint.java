package phema.search;

/**
 * Says where a search measures.
 *
 * @param guidance {@code g} of {@code D_ref + g (D - D_ref)}; 1 is without guidance
 */
public record SearchPoint(double length, double guidance) {
    /** The least length that a search, or a curve, can do with: of shorter ones even the ratios are beyond numbers. */
    public static final double LEAST_LENGTH = 1e-12;

    /** The greatest length, and the greatest guidance. */
    public static final double GREATEST = 1e15;

    private static final double LEAST_GUIDANCE = 1e-12;

    /** The strengths that {@link #isGuidance} holds of, in words. */
    public static final String GUIDANCES = "guidance must be 0, or lie in 1e-12..1e15, 1 for none";

    /** Whether a model can do with it. */
    public boolean isUsual() {
        return length >= LEAST_LENGTH && length <= GREATEST && isGuidance(guidance);
    }

    /** Whether somebody may evaluate, or have measured, with a guidance of this strength. */
    public static boolean isGuidance(double strength) {
        return strength == 0 || strength >= LEAST_GUIDANCE && strength <= GREATEST;
    }
}
