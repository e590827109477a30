package phema.search;

/**
 * Says where a search measures.
 *
 * @param guidance {@code g} of {@code D_ref + g (D - D_ref)}; 1 is without guidance
 */
public record SearchPoint(double length, double guidance) {}
