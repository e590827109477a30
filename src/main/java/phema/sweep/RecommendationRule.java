package phema.sweep;

import static java.util.stream.Collectors.joining;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import phema.evaluation.ParamValue;
import phema.text.Labels;

/**
 * Decides which of the lengths that sweeps found is recommended, and says why the others are not: the one place that
 * knows the rule, which {@code docs/sweeps.md} states.
 */
final class RecommendationRule {
    /** The most that people, and answers, have room for. */
    static final int MOST_OFFERED = 50;

    private final List<FoundLength> all;

    /** Those taken: of those without guidance one, under {@code false}, and of those with guidance one. */
    private final SortedMap<Boolean, FoundLength> taken = new TreeMap<>();

    /** How the weights that each was found on differ from the run's. */
    private final Function<FoundLength, Optional<String>> otherWeights;

    private RecommendationRule(List<FoundLength> all, Function<FoundLength, Optional<String>> otherWeights) {
        this.all = all;
        this.otherWeights = otherWeights;
        for (FoundLength next : all) {
            if (isOfOthers(next)) continue;
            if (!next.cautions().isEmpty() || differenceFromTaken(next).isPresent()) continue;
            FoundLength present = taken.get(next.guided());
            if (present == null || weakness(next, present).isEmpty()) taken.put(next.guided(), next);
        }
    }

    /** @param all what was found, in this order, on the run's weights */
    static RecommendationRule of(List<FoundLength> all) {
        return of(all, found -> Optional.empty());
    }

    /**
     * The same.
     *
     * @param otherWeights how the weights that one was found on differ from the run's: then it counts for nothing
     */
    static RecommendationRule of(List<FoundLength> all, Function<FoundLength, Optional<String>> otherWeights) {
        return new RecommendationRule(all, otherWeights);
    }

    private boolean isOfOthers(FoundLength found) {
        return otherWeights.apply(found).isPresent();
    }

    /** An unguided one goes before a guided one. */
    Optional<FoundLength> recommended() {
        return taken.values().stream().findFirst();
    }

    /**
     * The one of the other kind that was taken, then the others, the latest first: without those in whose place
     * something better founded has come.
     */
    List<Offer> offered() {
        return all.stream()
                .filter(found -> recommended().filter(found::equals).isEmpty())
                .sorted(Comparator.comparing((FoundLength found) -> !taken.containsValue(found))
                        .thenComparing(FoundLength::id, Comparator.reverseOrder()))
                .filter(found -> !isOutdone(found))
                .limit(MOST_OFFERED)
                .map(found -> new Offer(found, reason(found), otherWeights.apply(found)))
                .toList();
    }

    private boolean isOutdone(FoundLength found) {
        return !taken.containsValue(found)
                && all.stream().filter(later -> later.id() > found.id()).anyMatch(later -> outdoes(later, found));
    }

    private boolean outdoes(FoundLength later, FoundLength found) {
        if (later.guided() != found.guided() || isOfOthers(later) && !isOfOthers(found)) return false;
        if (later.sweep().equals(found.sweep())) return true;
        boolean stands = later.cautions().isEmpty() || !found.cautions().isEmpty();
        return stands
                && difference(later, found).isEmpty()
                && weakness(later, found).isEmpty();
    }

    private String reason(FoundLength found) {
        Optional<String> others = otherWeights.apply(found);
        if (others.isPresent()) return Recommendation.measuredOnOthers(others.get());
        List<String> reasons = new ArrayList<>(found.cautions());
        FoundLength present = taken.get(found.guided());
        Optional<String> difference = differenceFromTaken(found);
        difference.ifPresent(reasons::add);
        if (found.equals(present)) reasons.add("it is with guidance, and one without goes before it");
        else if (difference.isEmpty() && present != null)
            weakness(found, present).ifPresent(reasons::add);
        return String.join("; ", reasons);
    }

    private Optional<String> differenceFromTaken(FoundLength found) {
        return taken.values().stream()
                .flatMap(present -> difference(found, present).stream())
                .findFirst();
    }

    /** Why the two cannot be compared; empty where they can. */
    private static Optional<String> difference(FoundLength found, FoundLength present) {
        List<String> differences = new ArrayList<>();
        if (!found.goal().equals(present.goal()))
            differences.add("its metric is " + found.goal().text() + ", and this run's recommendation goes by "
                    + present.goal().text());
        if (!found.evaluator().equals(present.evaluator()))
            differences.add("its evaluator is " + found.evaluator() + ", and this run's recommendation goes by "
                    + present.evaluator());
        if (differences.isEmpty() && present.evidence().isPresent()) {
            if (found.settings().isEmpty() || present.settings().isEmpty())
                differences.add("whether its evaluator had the settings of the one taken is not known");
            else if (!found.settings().equals(present.settings()))
                differences.add("its evaluator had other settings than that of the one taken");
            if (!found.images().equals(present.images()))
                differences.add("its evaluations have %s images each, those of the one taken %s"
                        .formatted(found.imageCounts(), present.imageCounts()));
        }
        if (!found.params().equals(present.params()))
            differences.add("its parameters are " + params(found) + ", those of the one taken " + params(present));
        return differences.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", differences));
    }

    private static String params(FoundLength found) {
        SortedMap<String, ParamValue> params = found.params();
        return params.isEmpty()
                ? "none"
                : params.entrySet().stream()
                        .map(param -> param.getKey() + "=" + param.getValue())
                        .collect(joining(", "));
    }

    /** Why it is worse founded than the present one, with which it can be compared; empty where it is not. */
    private static Optional<String> weakness(FoundLength found, FoundLength present) {
        if (found.time() < present.time())
            return Optional.of("it is of an earlier time, %s, the one taken of %s"
                    .formatted(Labels.plain(found.time()), Labels.plain(present.time())));
        boolean otherFamily = !sameFamily(found, present);
        if ((otherFamily || found.guided() && !sameGuidance(found, present)) && isWorse(found, present))
            return Optional.of("its %s is %s, that of the one taken, which is %s, %s"
                    .formatted(
                            found.metric(),
                            found.valueInWords(),
                            otherFamily ? present.profile() : "guided otherwise",
                            present.valueInWords()));
        if (present.evidence().isEmpty()) return Optional.empty();
        if (found.evidence().isEmpty()) return found.lacks();
        Evidence less = found.evidence().get();
        Evidence more = present.evidence().get();
        if (less.lengths() < more.lengths() || less.trials() < more.trials())
            return Optional.of("it rests on %s of %s, the one taken on %d of %d"
                    .formatted(
                            FoundLength.counted(less.trials(), "trial"),
                            found.kind().counted(less.lengths()),
                            more.trials(),
                            more.lengths()));
        boolean equal =
                less.lengths() == more.lengths() && less.trials() == more.trials() && found.time() == present.time();
        return equal && !otherFamily && width(found.optimum()) > width(present.optimum()) * (1 + 1e-9)
                ? Optional.of("it is known less exactly, between %s, the one taken between %s"
                        .formatted(found.range(), present.range()))
                : Optional.empty();
    }

    private static boolean sameGuidance(FoundLength found, FoundLength present) {
        return found.guidance() == present.guidance()
                && found.optimum()
                        .point()
                        .guide()
                        .equals(present.optimum().point().guide());
    }

    private static boolean sameFamily(FoundLength found, FoundLength present) {
        return found.optimum().point().family().equals(present.optimum().point().family());
    }

    /** By more than their standard errors. */
    private static boolean isWorse(FoundLength found, FoundLength present) {
        double error = Math.hypot(
                found.optimum().standardError().orElse(0.0),
                present.optimum().standardError().orElse(0.0));
        return found.goal().direction().cost(found.value() - present.value()) > error;
    }

    private static double width(Optimum optimum) {
        return Math.log(optimum.high() / optimum.low());
    }
}
