package phema.sweep;

import phema.evaluation.Point;
import phema.search.CurveFit;

/**
 * Tells what the finished trials of a sweep say that differ in nothing but EMA length, guidance and seeds.
 *
 * @param any of their points
 */
public record SweepFit(Point any, CurveFit fit) {
    /** Whether the fit tells something of such points. */
    public boolean covers(Point point) {
        return any.rest().equals(point.rest());
    }
}
