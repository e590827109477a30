package phema.sweep;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import phema.fleet.WorkState;
import phema.profile.ProfileFamily;
import phema.search.Interval;
import phema.search.Suggestion;

/**
 * Says how much a sweep's best average rests on.
 *
 * @param lengths how many lengths were evaluated with guidance, or without, as the best one was
 * @param trials how many evaluations these were; repeats with other seeds count
 * @param missing how many trials of the whole sweep failed or were cancelled
 * @param all how many trials the whole sweep has
 * @param measured how many of these evaluations were brought along; empty for none
 * @param edge which end of the lengths the best one lies at
 * @param uneven that no model of the metric holds, as a sentence without its stop; empty where one does, or none is due
 * @param thinned how many of these evaluations are of worse weights than others, since files were deleted, as a
 *     sentence without its stop; empty for none
 */
public record Evidence(
        int lengths,
        int trials,
        int missing,
        int all,
        LengthEdge edge,
        Optional<Integer> measured,
        Optional<String> uneven,
        Optional<String> thinned) {
    public Evidence(int lengths, int trials, int missing, int all, LengthEdge edge) {
        this(lengths, trials, missing, all, edge, Optional.empty(), Optional.empty(), Optional.empty());
    }

    /** What the best point of a sweep rests on, with what it has so far. */
    static Evidence of(SweepSpec spec, List<Trial> trials, Optimum optimum) {
        List<Trial> basis = basis(spec, trials, optimum);
        List<Double> lengths =
                basis.stream().map(trial -> trial.point().length()).distinct().toList();
        Interval tried = Interval.of(spec.mode() == SweepSpec.SweepMode.SEARCH ? spec.lengths() : lengths);
        int brought = (int) basis.stream().filter(Trial::isMeasured).count();
        return new Evidence(
                lengths.size(),
                basis.size(),
                (int) trials.stream().filter(Evidence::isMissing).count(),
                (int) trials.stream().filter(t -> !t.isMeasured()).count(),
                LengthEdge.of(optimum.point().length(), tried.low(), tried.high()),
                Optional.of(brought).filter(n -> n > 0),
                Optima.uneven(spec, basis, optimum),
                thinned(basis));
    }

    private static Optional<String> thinned(List<Trial> basis) {
        List<TrialWeights> worse = basis.stream()
                .flatMap(trial -> trial.weights().stream())
                .filter(TrialWeights::isThinned)
                .toList();
        return worse.stream()
                .max(Comparator.comparingDouble(
                        weights -> weights.predictedError().orElse(Double.POSITIVE_INFINITY)))
                .map(worst -> worse.size() + " of " + basis.size() + " evaluations are of worse weights than its sweep"
                        + " was made for: " + worst.gone() + " of the " + worst.noted()
                        + " files noted then had been deleted, and " + worst.errorInWords("the worst"));
    }

    /** The evaluations with guidance, or without, as the best one was, that differ in nothing but length and seeds. */
    static List<Trial> basis(SweepSpec spec, List<Trial> trials, Optimum optimum) {
        return trials.stream()
                .filter(t -> t.state() == WorkState.DONE && t.metrics().containsKey(spec.metric()))
                .filter(t -> FoundLength.isGuided(t.point()) == FoundLength.isGuided(optimum.point())
                        && t.point().rest().equals(optimum.point().rest()))
                .toList();
    }

    /** What the sweep lacks for good, each as a sentence without its stop. */
    List<String> lost() {
        List<String> lost = new ArrayList<>();
        if (missing > 0) lost.add(missing + " of " + all + " trials of its sweep failed or were cancelled");
        thinned.ifPresent(lost::add);
        return lost;
    }

    private static boolean isMissing(Trial trial) {
        return trial.state() == WorkState.FAILED || trial.state() == WorkState.CANCELLED;
    }

    /** Says whether a length lies at an end of those that were tried. */
    public enum LengthEdge {
        NONE,
        SHORTEST,
        LONGEST;

        /** The share of the range, in the logarithm, that is its end: no more than a model's step. */
        private static final double MARGIN = 0.02;

        /** The widest range, in the logarithm, that the share is of: a single length far away widens no step. */
        private static final double WIDEST = Math.log(100);

        static LengthEdge of(double length, double shortest, double longest) {
            if (shortest == longest) return NONE;
            double margin = MARGIN * Math.min(Math.log(longest / shortest), WIDEST);
            if (Math.log(length / shortest) <= margin) return SHORTEST;
            return Math.log(longest / length) <= margin ? LONGEST : NONE;
        }
    }

    /** Why the length is not taken without its user's word, each as a sentence without its stop; none where it is. */
    public List<String> cautions(ProfileFamily.LengthKind kind) {
        List<String> cautions = lost();
        if (lengths < Suggestion.LENGTHS)
            cautions.add("it rests on %s, fewer than the %d that it takes to tell a best one"
                    .formatted(kind.counted(lengths), Suggestion.LENGTHS));
        uneven.ifPresent(cautions::add);
        switch (edge) {
            case NONE -> {}
            case SHORTEST -> cautions.add("it is the shortest length that was tried, and shorter ones may be better");
            case LONGEST -> cautions.add("it is the longest length that was tried, and longer ones may be better");
        }
        return List.copyOf(cautions);
    }
}
