package phema.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import phema.api.RecommendedView;
import phema.api.TrialView;
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

    /** @throws Problem when what is recommended can never be compared with what a sweep like that finds */
    void require(SweepAccess sweeps, SweepSpec spec) throws IOException {
        if (gates.stream().noneMatch(gate -> gate.reference() == Gate.GateReference.RECOMMENDED)) return;
        @Nullable RecommendedView recommended = sweeps.run(spec.run()).recommended();
        if (recommended == null) return;
        for (Gate gate : gates)
            if (gate.reference() == Gate.GateReference.RECOMMENDED) requireComparable(gate, recommended, spec);
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

    List<Verdict> judge(SweepAccess sweeps, SweepResults results) throws IOException {
        EarlierResults earlier = new EarlierResults(sweeps, results);
        List<Verdict> verdicts = new ArrayList<>();
        for (Gate gate : gates) verdicts.add(judge(gate, results, earlier));
        return verdicts;
    }

    private Verdict judge(Gate gate, SweepResults results, EarlierResults earlier) throws IOException {
        Optional<SweepResults.BestValue> best = results.best(gate.metric());
        if (best.isEmpty())
            return new Verdict(gate, null, null, null, null, false, false, "no trial reported " + gate.metric());
        if (gate.reference() == null)
            return compare(gate, best.get().value(), best.get().error(), gate.bound(0), null);
        return judge(
                gate,
                best.get(),
                switch (gate.reference()) {
                    case LAST -> earlier.last();
                    case RECOMMENDED -> earlier.recommended();
                });
    }

    private Verdict judge(Gate gate, SweepResults.BestValue best, EarlierResult earlier) {
        if (earlier.lack() != null) return open(gate, best, earlier.lack());
        return earlier.best()
                .apply(gate.metric())
                .map(value -> compare(gate, best, value, earlier.name()))
                .orElseGet(() -> open(gate, best, earlier.name() + " has no " + gate.metric()));
    }

    private static Verdict open(Gate gate, SweepResults.BestValue best, String why) {
        return new Verdict(
                gate, best.value(), best.error(), null, null, false, true, "there is nothing to compare with: " + why);
    }

    private Verdict compare(Gate gate, SweepResults.BestValue best, SweepResults.BestValue referred, String against) {
        double scale = gate.percent() ? 1 + gate.bound() / 100 : 1;
        return compare(
                gate,
                best.value(),
                Math.hypot(best.error(), scale * referred.error()),
                gate.bound(referred.value()),
                against);
    }

    private Verdict compare(Gate gate, double value, double error, double bound, @Nullable String against) {
        if (!Double.isFinite(bound))
            return new Verdict(gate, value, error, null, against, false, false, "its bound is no finite number");
        boolean noise = error > 0 && Math.abs(value - bound) <= error;
        boolean met = noise ? withinNoise == NoiseRule.PASS : gate.isMetBy(value, bound);
        return new Verdict(gate, value, error, bound, against, noise, met, null);
    }
}
