package phema.search;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Finds the point of the least metric with few evaluations. It starts with a few points spread over the ranges. Then it
 * asks for the point whose evaluation promises the most by a {@linkplain Surrogate model} of the metric, until the best
 * point is known to the tolerance and was evaluated itself, or nearly so.
 *
 * <p>A search has no state but what was evaluated, and repeats exactly: the same observations lead to the same step.
 */
public final class Search {
    private static final int FIRST_LENGTHS = 4;
    private static final int FIRST_WITH_GUIDANCE = 8;
    /** The golden ratio: its multiples spread the guidances of the first points evenly, whatever their number. */
    private static final double GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;

    /** The distance, in the logarithm of the length, from which an evaluation confirms the best point. */
    private static final double NEARLY = 0.1;

    /** What to do next. */
    public sealed interface SearchStep {
        /** @param points to evaluate; none while the answers that are awaited decide */
        record Ask(List<SearchPoint> points) implements SearchStep {}

        /** The tolerance is reached, or the budget is spent. */
        record SearchFound(Estimate estimate) implements SearchStep {}

        /** The budget is spent, and no evaluation succeeded. */
        record SearchFailed() implements SearchStep {}
    }

    private Search() {}

    /**
     * @param observations of this search's points and of any others
     * @param running asked for, without a value yet
     * @param failed asked for, and without a value for ever
     */
    public static SearchStep next(
            SearchSpec spec, List<Observation> observations, List<SearchPoint> running, List<SearchPoint> failed) {
        Candidates candidates = Candidates.within(spec.lengths(), spec.guidance());
        List<SearchPoint> observed =
                observations.stream().map(Observation::point).distinct().toList();
        List<SearchPoint> awaited = running.stream().distinct().toList();
        List<SearchPoint> taken = Stream.of(observed, awaited, failed)
                .flatMap(List::stream)
                .distinct()
                .toList();
        int left = Math.min(spec.budget(), candidates.points().size()) - taken.size();
        int free = Math.min(left, spec.parallelism() - awaited.size());

        List<SearchPoint> first = first(spec, candidates);
        if (taken.size() < first.size())
            return ask(
                    first.stream().filter(point -> !taken.contains(point)),
                    Math.min(free, first.size() - taken.size()));
        if (observed.size() < first.size() && !awaited.isEmpty()) return new SearchStep.Ask(List.of());
        if (observed.isEmpty())
            return left > 0 ? ask(Stream.of(candidates.farthest(taken)), free) : new SearchStep.SearchFailed();

        Belief belief = Belief.of(candidates, observations);
        Estimate estimate = belief.estimate();
        Predicate<SearchPoint> confirms = point -> candidates.distance(point, estimate.point()) < NEARLY;
        boolean known = estimate.loss() <= spec.tolerance();
        if (known && observed.stream().anyMatch(confirms)) return new SearchStep.SearchFound(estimate);
        if (left <= 0) return awaited.isEmpty() ? new SearchStep.SearchFound(estimate) : new SearchStep.Ask(List.of());
        if (known) return ask(Stream.of(estimate.point()), awaited.stream().anyMatch(confirms) ? 0 : free);
        return new SearchStep.Ask(promising(belief, observations, awaited, taken, free));
    }

    private static SearchStep ask(Stream<SearchPoint> points, int most) {
        return new SearchStep.Ask(points.limit(Math.max(most, 0)).toList());
    }

    /** Several at once: each as if those before it had confirmed what the model expects of them. */
    private static List<SearchPoint> promising(
            Belief belief,
            List<Observation> observations,
            List<SearchPoint> awaited,
            List<SearchPoint> taken,
            int count) {
        List<Observation> supposed = new ArrayList<>(observations);
        awaited.forEach(point -> supposed.add(belief.expected(point)));
        List<SearchPoint> avoided = new ArrayList<>(taken);
        List<SearchPoint> promising = new ArrayList<>();
        while (promising.size() < count) {
            Belief now = supposed.size() == observations.size()
                    ? belief
                    : Belief.of(belief.model().candidates(), supposed);
            SearchPoint point = now.mostPromising(avoided);
            promising.add(point);
            avoided.add(point);
            supposed.add(belief.expected(point));
        }
        return promising;
    }

    /** Chooses as many points as can be evaluated at once, but at most half of the budget. */
    private static List<SearchPoint> first(SearchSpec spec, Candidates candidates) {
        int least = candidates.varyGuidance() ? FIRST_WITH_GUIDANCE : FIRST_LENGTHS;
        int count = Math.min(Math.max(least, Math.min(spec.parallelism(), spec.budget() / 2)), spec.budget());
        return IntStream.range(0, count)
                .mapToDouble(i -> i + 0.5)
                .mapToObj(i -> candidates.at(i / count, i * GOLDEN_RATIO % 1))
                .distinct()
                .toList();
    }
}
