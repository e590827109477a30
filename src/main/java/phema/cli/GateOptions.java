package phema.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import phema.api.RecommendedView;
import phema.api.SweepView;
import phema.api.TrialView;
import phema.evaluation.MetricGoal.MetricDirection;
import phema.problem.Problem;
import phema.sweep.SweepSpec;
import picocli.CommandLine.Option;

/** Holds the options that say what must be true of the best point, and judges it. */
final class GateOptions {
    /** What becomes of a gate whose bound lies within the noise. */
    enum NoiseRule {
        PASS,
        FAIL
    }

    @Option(
            names = "--gate",
            paramLabel = "COND",
            description = "What must be true of the best point, such as 'fid<=2.6', 'fid<=last+1%%' or "
                    + "'fid<=recommended'; may be given several times. Exit status 3 when it is not.")
    private List<Gate> gates = new ArrayList<>();

    @Option(
            names = "--within-noise",
            paramLabel = "WORD",
            defaultValue = "pass",
            description = "pass (default) or fail: what a gate does whose bound lies within one standard error.")
    private NoiseRule withinNoise = NoiseRule.PASS;

    private Optional<SweepResults> last = Optional.empty();
    private Optional<RecommendedView> recommended = Optional.empty();

    /** What gates of these words compare with, before a sweep begins that may change it. */
    void look(SweepAccess sweeps, SweepSpec spec) throws IOException {
        if (refers(Gate.GateReference.LAST)) last = last(sweeps, spec);
        if (!refers(Gate.GateReference.RECOMMENDED)) return;
        recommended = Optional.ofNullable(sweeps.run(spec.run()).recommended());
        for (Gate gate : gates)
            if (gate.reference() == Gate.GateReference.RECOMMENDED && recommended.isPresent())
                requireComparable(gate, recommended.get(), spec);
    }

    private boolean refers(Gate.GateReference reference) {
        return gates.stream().anyMatch(gate -> gate.reference() == reference);
    }

    /** Those that were cancelled are passed over: what they found is no end. */
    private static Optional<SweepResults> last(SweepAccess sweeps, SweepSpec spec) throws IOException {
        for (SweepView sweep : sweeps.sweeps(spec.run()))
            if (List.of("done", "failed").contains(sweep.state())
                    && sweep.optimum() != null
                    && sweep.evaluator().equals(spec.evaluator())
                    && sweep.metric().equals(spec.metric())
                    && sweep.metrics().getFirst().max() == (spec.goal().direction() == MetricDirection.MAX))
                return Optional.of(new SweepResults(sweep, sweeps.trials(sweep.id())));
        return Optional.empty();
    }

    private static void requireComparable(Gate gate, RecommendedView recommended, SweepSpec spec) {
        String metric = recommended.metric();
        if (metric == null)
            throw Problem.invalid(
                    "gate",
                    "--gate %s: the recommended length of %s is pinned and has no metrics".formatted(gate, spec.run()));
        if (!metric.equals(gate.metric()) || !spec.evaluator().equals(recommended.evaluator()))
            throw Problem.invalid(
                    "gate",
                    "--gate %s cannot be compared with what is recommended for %s, which has the %s of %s"
                            .formatted(gate, spec.run(), metric, recommended.evaluator()));
    }

    /** @throws Problem when a gate names none of these metrics of an evaluator, as whoever speaks has it */
    void require(List<String> metrics, String whose) {
        for (Gate gate : gates)
            if (!metrics.contains(gate.metric()))
                throw Problem.invalid(
                        "gate",
                        "--gate %s names no metric of this sweep; %s %s"
                                .formatted(gate, whose, String.join(", ", metrics)));
    }

    /** @throws Problem when a trial is done, and none has what a gate names */
    void require(List<TrialView> trials) {
        List<String> reported = trials.stream()
                .filter(SweepResults::isDone)
                .flatMap(trial -> trial.metrics().keySet().stream())
                .distinct()
                .sorted()
                .toList();
        if (!reported.isEmpty()) require(reported, "its trials reported");
    }

    List<Verdict> judge(SweepResults results) {
        return gates.stream().map(gate -> judge(gate, results)).toList();
    }

    private Verdict judge(Gate gate, SweepResults results) {
        Optional<SweepResults.BestValue> best = results.best(gate.metric());
        if (best.isEmpty())
            return new Verdict(gate, null, null, null, false, false, "no trial reported " + gate.metric());
        double value = best.get().value();
        if (gate.reference() == null) return compare(gate, value, best.get().error(), gate.bound(0));
        return switch (gate.reference()) {
            case LAST ->
                last.map(earlier -> judge(
                                gate,
                                best.get(),
                                ComparableResult.of(results),
                                ComparableResult.of(earlier),
                                earlier.best(gate.metric())))
                        .orElseGet(() ->
                                open(gate, best.get(), "no sweep of this run, evaluator and metric ended before"));
            case RECOMMENDED ->
                recommended
                        .map(r -> judge(
                                gate,
                                best.get(),
                                ComparableResult.of(results),
                                ComparableResult.of(r),
                                Optional.of(new SweepResults.BestValue(
                                        Objects.requireNonNullElse(r.value(), Double.NaN),
                                        Objects.requireNonNullElse(r.standardError(), 0.0)))))
                        .orElseGet(() -> open(gate, best.get(), "no length was recommended before"));
        };
    }

    private Verdict judge(
            Gate gate,
            SweepResults.BestValue best,
            ComparableResult now,
            ComparableResult earlier,
            Optional<SweepResults.BestValue> referred) {
        Optional<String> difference = now.difference(earlier);
        if (difference.isPresent()) return open(gate, best, difference.get());
        return referred.map(value -> compare(gate, best, value))
                .orElseGet(() -> open(gate, best, earlier.name() + " has no " + gate.metric()));
    }

    private static Verdict open(Gate gate, SweepResults.BestValue best, String why) {
        return new Verdict(
                gate, best.value(), best.error(), null, false, true, "there is nothing to compare with: " + why);
    }

    private Verdict compare(Gate gate, SweepResults.BestValue best, SweepResults.BestValue referred) {
        double scale = gate.percent() ? 1 + gate.bound() / 100 : 1;
        return compare(
                gate, best.value(), Math.hypot(best.error(), scale * referred.error()), gate.bound(referred.value()));
    }

    private Verdict compare(Gate gate, double value, double error, double bound) {
        if (!Double.isFinite(bound))
            return new Verdict(gate, value, error, null, false, false, "its bound is no finite number");
        boolean noise = error > 0 && Math.abs(value - bound) <= error;
        boolean met = noise ? withinNoise == NoiseRule.PASS : gate.isMetBy(value, bound);
        return new Verdict(gate, value, error, bound, noise, met, null);
    }
}
