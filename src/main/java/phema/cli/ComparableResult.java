package phema.cli;

import static java.util.stream.Collectors.joining;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import phema.api.RecommendedView;
import phema.api.TrialView;
import phema.evaluation.Axes;
import phema.evaluation.AxisValues;
import phema.evaluation.Guides;
import phema.evaluation.Param;
import phema.evaluation.ParamValue;
import phema.evaluation.Point;
import phema.search.Suggestion;
import phema.text.Labels;

/**
 * Holds what a result must have in common with another of the same evaluator and metric to be compared with it.
 *
 * @param name for people
 * @param settings digits that are equal for equal settings of the evaluator; none where they are not known
 * @param params in words; none where they are not known
 * @param guidance in words; none where it is not known
 * @param images how many each evaluation has, ascending, where evaluations differ in it; none where it is not known
 * @param lengths how many lengths were evaluated; none where it is not known
 * @param time where the best average ends; none where it is not known
 */
record ComparableResult(
        String name,
        @Nullable String settings,
        @Nullable String params,
        @Nullable String guidance,
        List<Long> images,
        @Nullable Integer lengths,
        @Nullable Double time) {
    /** With the parameters and the guidance that it asks for: for another sweep. */
    static ComparableResult asked(SweepResults results) {
        AxisValues asked = results.sweep().asked();
        return of(results, params(asked), guidance(asked));
    }

    /** With those of its best point: for what is recommended. */
    static ComparableResult found(SweepResults results) {
        Optional<Point> place = results.place();
        return of(
                results,
                place.map(point -> params(point.get(Axes.PARAMS), ParamValue::text))
                        .orElse(null),
                place.map(point -> guidance(point.guidance())).orElse(null));
    }

    private static ComparableResult of(SweepResults results, @Nullable String params, @Nullable String guidance) {
        List<TrialView> basis = results.basis();
        return new ComparableResult(
                "the last sweep, " + results.sweep().id() + ",",
                results.sweep().settingsDigest(),
                params,
                guidance,
                basis.stream()
                        .map(trial -> trial.point().seeds().count())
                        .distinct()
                        .sorted()
                        .toList(),
                basis.isEmpty() ? null : SweepResults.lengths(basis),
                results.place().map(Point::time).orElse(null));
    }

    static ComparableResult of(RecommendedView recommended) {
        return new ComparableResult(
                "what is recommended",
                recommended.settingsDigest(),
                recommended.params() == null ? null : params(recommended.params(), Function.identity()),
                recommended.guidance() == null ? null : guidance(recommended.guidance()),
                Objects.requireNonNullElse(recommended.images(), List.of()),
                recommended.lengths(),
                recommended.time());
    }

    private static String params(AxisValues asked) {
        Map<String, String> params = new TreeMap<>();
        for (Param param : asked.get(Axes.PARAMS))
            params.put(
                    param.name(),
                    param.values().stream().sorted().map(ParamValue::text).collect(joining(",")));
        return params(params, Function.identity());
    }

    private static <V> String params(Map<String, V> params, Function<V, String> text) {
        return params.isEmpty()
                ? "no parameters"
                : new TreeMap<>(params)
                        .entrySet().stream()
                                .map(param -> param.getKey() + "=" + text.apply(param.getValue()))
                                .collect(joining(" and "));
    }

    /** Where guiding averages end does not count, as with those that are guided. */
    private static String guidance(AxisValues asked) {
        List<Double> strengths = asked.get(Axes.GUIDANCE).stream().sorted().toList();
        if (strengths.stream().allMatch(strength -> strength == 1)) return guidance(1);
        String by = asked.get(Axes.GUIDES).stream()
                .map(guides -> " by " + guides.run() + "@" + lengths(guides))
                .sorted()
                .collect(joining());
        return "guidance " + strengths.stream().map(Labels::plain).collect(joining(",")) + by;
    }

    private static String lengths(Guides guides) {
        return guides.sigmaRel().stream().sorted().map(SweepResults::length).collect(joining(","));
    }

    private static String guidance(double strength) {
        return strength == 1 ? "no guidance" : "guidance";
    }

    /** Why the earlier one is nothing to compare with; empty where it is, for all that is known. */
    Optional<String> difference(ComparableResult earlier) {
        if (settings != null && earlier.settings != null && !settings.equals(earlier.settings))
            return Optional.of("the evaluator of " + earlier.name + " had other settings");
        if (params != null && earlier.params != null && !params.equals(earlier.params))
            return Optional.of("%s has %s, and this sweep %s".formatted(earlier.name, earlier.params, params));
        if (guidance != null && earlier.guidance != null && !guidance.equals(earlier.guidance))
            return Optional.of("%s has %s, and this sweep %s".formatted(earlier.name, earlier.guidance, guidance));
        if (!images.isEmpty() && !earlier.images.isEmpty() && !images.equals(earlier.images))
            return Optional.of("%s has evaluations of %s images each, and this sweep of %s"
                    .formatted(earlier.name, counts(earlier.images), counts(images)));
        if (lengths != null && earlier.lengths != null && earlier.lengths < Math.min(lengths, Suggestion.LENGTHS))
            return Optional.of("%s is of %d length%s, too few to tell a best one, and this sweep of %d"
                    .formatted(earlier.name, earlier.lengths, earlier.lengths == 1 ? "" : "s", lengths));
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
