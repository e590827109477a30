package phema.sweep;

import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import phema.evaluation.Axes;
import phema.evaluation.Point;
import phema.evaluation.Seeds;

/**
 * Holds metrics that somebody brought along.
 *
 * @param source who, or what file, says so
 * @param evaluator that measured them; empty where nobody says
 * @param version of the evaluator; empty where it has none
 * @param point where; its seeds mean nothing where their number is not known
 * @param images how many the metrics rest on
 * @param training stands for the run's files when it was brought along; empty where nobody knows
 */
public record ForeignMeasurement(
        String source,
        String evaluator,
        String version,
        Point point,
        Optional<Long> images,
        SortedMap<String, Double> metrics,
        Optional<String> training) {
    public ForeignMeasurement {
        metrics = Collections.unmodifiableSortedMap(new TreeMap<>(metrics));
    }

    /** The seeds, where they are known. */
    public Optional<Seeds> seeds() {
        return images.map(count -> point.get(Axes.SEEDS));
    }

    ForeignMeasurement with(Map<String, Double> others) {
        return new ForeignMeasurement(source, evaluator, version, point, images, new TreeMap<>(others), training);
    }

    ForeignMeasurement from(String otherSource) {
        return new ForeignMeasurement(otherSource, evaluator, version, point, images, metrics, training);
    }

    ForeignMeasurement of(Optional<String> files) {
        return new ForeignMeasurement(source, evaluator, version, point, images, metrics, files);
    }

    /** Whether both are of the same evaluation, and not of a repeat with seeds that nobody knows. */
    boolean isSame(ForeignMeasurement other) {
        return evaluator.equals(other.evaluator)
                && version.equals(other.version)
                && point.equals(other.point)
                && images.equals(other.images)
                && (images.isPresent() || source.equals(other.source) && metrics.equals(other.metrics));
    }
}
