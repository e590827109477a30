package phema.sweep;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.regex.Pattern;
import phema.evaluation.Axes;
import phema.evaluation.LengthFields;
import phema.evaluation.MetricName;
import phema.evaluation.Point;
import phema.evaluation.Seeds;
import phema.problem.Problem;
import phema.profile.ProfileFamily;
import phema.search.Observation;
import phema.search.SearchPoint;
import phema.text.StoredJson;
import tools.jackson.databind.JsonNode;

/**
 * Holds a measurement as people bring it, before anything of it was checked.
 *
 * @param place where it stands
 * @param source who, or what file, says so
 * @param evaluator that measured it; empty where nobody says
 * @param version of the evaluator
 * @param profile any average, in the place of sigmaRel
 * @param time where the average ends; the run's newest snapshot where none is given
 * @param guidance 1 where none is given
 */
public record MeasurementRow(
        RowPlace place,
        String source,
        String evaluator,
        String version,
        Optional<Double> sigmaRel,
        Optional<String> profile,
        Optional<Double> time,
        Optional<Double> guidance,
        Optional<Seeds> seeds,
        SortedMap<String, Double> metrics) {
    private static final Pattern SOURCE = Pattern.compile("[\\p{L}\\p{N}][\\p{L}\\p{N} ._@:/+-]{0,99}");

    /** Names the row and the column of a file, or the field of a request. */
    public record RowPlace(int number, boolean csv) {
        /** {@code row 4, column fid}, {@code measurements[2].fid}. */
        public String of(String field) {
            return csv ? "row " + number + ", column " + field : "measurements[" + number + "]." + field;
        }

        String row() {
            return csv ? "row " + number : "measurements[" + number + "]";
        }

        Problem problem(String field, String message) {
            return Problem.invalid(field, of(field) + ": " + message);
        }
    }

    /**
     * @param newest the run's newest snapshot's time
     * @throws Problem naming the row and the column that is wrong
     */
    ForeignMeasurement checked(double newest) {
        if (!SOURCE.matcher(source).matches())
            throw place.problem(
                    "source",
                    "a source has up to 100 letters, digits, spaces and . _ @ : / + -, unlike '" + source + "'");
        if (!evaluator.isEmpty() && !SOURCE.matcher(evaluator).matches())
            throw place.problem(
                    "evaluator",
                    "an evaluator's name has up to 100 letters, digits, spaces and . _ @ : / + -, unlike '" + evaluator
                            + "'");
        if (version.chars().anyMatch(Character::isISOControl))
            throw place.problem("version", "a version has characters that can be printed");
        if (metrics.isEmpty()) throw place.problem("metrics", "there is no metric");
        metrics.forEach((name, value) -> {
            MetricName.fault(name).ifPresent(fault -> {
                throw place.problem(name, fault);
            });
            if (!Double.isFinite(value)) throw place.problem(name, value + " is no finite number");
            if (Math.abs(value) > Observation.GREATEST) throw place.problem(name, Attempts.beyond(value));
        });
        if (!guidance.map(SearchPoint::isGuidance).orElse(true))
            throw place.problem("guidance", SearchPoint.GUIDANCES + ", not " + guidance.get());
        return new ForeignMeasurement(
                source, evaluator, version, point(newest), seeds.map(Seeds::count), metrics, Optional.empty());
    }

    private Point point(double newest) {
        double end = time.orElse(newest);
        if (!(end > 0 && end <= newest))
            throw place.problem(
                    "time", "time must lie in (0, %s], the run's newest snapshot, not %s".formatted(newest, end));
        Map<String, JsonNode> fields = new LinkedHashMap<>();
        fields.put(Axes.TIME.names().field(), StoredJson.tree(end));
        fields.put(Axes.GUIDANCE.names().field(), StoredJson.tree(guidance.orElse(1.0)));
        fields.put(
                Axes.SEEDS.names().field(),
                StoredJson.tree(seeds.orElseGet(() -> Axes.SEEDS.defaults().getFirst())));
        String field = profile.isPresent() ? LengthFields.PROFILE : LengthFields.SIGMA_REL;
        if (profile.isPresent() == sigmaRel.isPresent())
            throw place.problem(field, "give either sigmaRel or a profile, such as decay:cosine:800");
        sigmaRel.ifPresent(width -> fields.put(field, StoredJson.tree(width)));
        profile.ifPresent(spec -> {
            if (ProfileFamily.find(spec).isEmpty())
                throw place.problem(field, "'" + spec + "' is no average with a length, such as decay:cosine:800");
            fields.put(field, StoredJson.tree(spec));
        });
        try {
            Point point = Point.read(fields);
            SweepChecks.target(point.family(), point.length(), end);
            return point;
        } catch (Problem e) {
            throw place.problem(field, e.getMessage());
        }
    }
}
