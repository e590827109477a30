package phema.cli;

import static java.util.stream.Collectors.joining;

import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import phema.api.OptimumView;
import phema.api.RecommendedView;
import phema.evaluation.Axes;
import phema.evaluation.Point;
import phema.text.Labels;

/**
 * Holds what a result must have in common with another of the same evaluator and metric to be compared with it.
 *
 * @param name for people
 * @param settings digits that are equal for equal settings of the evaluator; none where they are not known
 * @param images how many each evaluation has, ascending, where evaluations differ in it; none where it is not known
 * @param time where the best average ends; none where it is not known
 */
record ComparableResult(
        String name,
        @Nullable String settings,
        List<Long> images,
        @Nullable Double time) {
    static ComparableResult of(SweepResults results) {
        @Nullable OptimumView best = results.sweep().optimum();
        Optional<Point> place = Optional.ofNullable(best).map(results::place);
        return new ComparableResult(
                "the last sweep, " + results.sweep().id() + ",",
                results.sweep().settingsDigest(),
                results.done().stream()
                        .map(trial -> trial.point())
                        .filter(point -> place.isEmpty()
                                || point.rest().equals(place.get().rest()))
                        .map(point -> point.get(Axes.SEEDS).count())
                        .distinct()
                        .sorted()
                        .toList(),
                place.map(Point::time).orElse(null));
    }

    static ComparableResult of(RecommendedView recommended) {
        return new ComparableResult(
                "what is recommended",
                recommended.settingsDigest(),
                Objects.requireNonNullElse(recommended.images(), List.of()),
                recommended.time());
    }

    /** Why the earlier one is nothing to compare with; empty where it is, for all that is known. */
    Optional<String> difference(ComparableResult earlier) {
        if (settings != null && earlier.settings != null && !settings.equals(earlier.settings))
            return Optional.of("the evaluator of " + earlier.name + " had other settings");
        if (!images.isEmpty() && !earlier.images.isEmpty() && !images.equals(earlier.images))
            return Optional.of("%s has evaluations of %s images each, and this sweep of %s"
                    .formatted(earlier.name, counts(earlier.images), counts(images)));
        // A run that trains on is compared with what it was, and not the other way round.
        if (time != null && earlier.time != null && time < earlier.time)
            return Optional.of("%s is of a later time, %s, and this sweep of %s"
                    .formatted(earlier.name, Labels.plain(earlier.time), Labels.plain(time)));
        return Optional.empty();
    }

    private static String counts(List<Long> images) {
        return images.stream().map(n -> String.format(Locale.ROOT, "%,d", n)).collect(joining(" or "));
    }
}
