package phema.solver;

import java.util.List;

/**
 * Holds a target and the combination that a fit makes of the stored averages, on equidistant times from 0 to the last
 * of them; lists of equal length.
 *
 * @param targetDensity per unit of time, like {@link phema.profile.Profile#density}
 * @param fittedCumulative share of the combination at or before each time; may leave [0, 1] where coefficients are
 *     negative
 */
public record ProfileCurve(
        List<Double> times,
        List<Double> targetDensity,
        List<Double> fittedDensity,
        List<Double> targetCumulative,
        List<Double> fittedCumulative) {}
