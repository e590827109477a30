package phema.dashboard;

import java.util.List;
import phema.catalog.Catalog;
import phema.catalog.Run;

/**
 * Says how times of a run are shown.
 *
 * @param unit empty where nobody knows what the training job counts
 */
record RunClock(String unit, double perUnit) {
    /** Returns the clock of a run that may be gone. */
    static RunClock of(Catalog catalog, String run) {
        return catalog.runs().stream()
                .filter(r -> r.name().equals(run))
                .findFirst()
                .map(RunClock::of)
                .orElse(new RunClock("", 1));
    }

    static RunClock of(Run run) {
        if (run.snapshots().isEmpty() || !run.countsKimg()) return new RunClock("", 1);
        return run.newestTime() < 1e7 ? new RunClock("kimg", 1e3) : new RunClock("Mimg", 1e6);
    }

    double in(double time) {
        return time / perUnit;
    }

    List<Double> in(List<Double> times) {
        return times.stream().map(this::in).toList();
    }

    String show(double time) {
        return (Show.number(in(time)) + " " + unit).strip();
    }

    ChartAxis axis() {
        return ChartAxis.linear(unit.isEmpty() ? "Training time" : "Training time (" + unit + ")", ",.4~r");
    }
}
