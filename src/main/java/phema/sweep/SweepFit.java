package phema.sweep;

import java.util.List;
import phema.evaluation.MetricGoal.MetricDirection;
import phema.evaluation.Point;
import phema.search.CurveFit;
import phema.search.CurveFit.CurvePoint;
import phema.search.Interval;

/**
 * Tells what the finished trials of a sweep say that differ in nothing but the length of the average, guidance and
 * seeds.
 *
 * @param any of their points
 * @param fit of the metric's costs
 * @param direction of the metric
 */
public record SweepFit(Point any, CurveFit fit, MetricDirection direction) {
    /** Whether the fit tells something of such points. */
    public boolean covers(Point point) {
        return any.rest().equals(point.rest());
    }

    /** The metric at one guidance, at lengths of equal ratios. */
    public List<CurvePoint> curve(double guidance, int points) {
        return fit.curve(guidance, points).stream()
                .map(point -> switch (direction) {
                    case MIN -> point;
                    case MAX ->
                        new CurvePoint(
                                point.length(),
                                direction.cost(point.value()),
                                new Interval(
                                        direction.cost(point.values().high()),
                                        direction.cost(point.values().low())));
                })
                .toList();
    }
}
