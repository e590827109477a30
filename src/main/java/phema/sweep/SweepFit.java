package phema.sweep;

import java.util.Optional;
import phema.evaluation.Point;
import phema.search.CurveFit;

/** What the finished trials of a sweep tell that have this time and this guiding network. */
public record SweepFit(double time, Optional<Point.Guide> guide, CurveFit fit) {}
