package phema.dashboard;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import phema.catalog.Run;
import phema.fleet.WorkState;
import phema.sweep.Advice;
import phema.sweep.Sweep;
import phema.sweep.Sweeps;
import phema.sweep.Trial;

/**
 * Describes a run on the start page.
 *
 * @param last the newest sweep that has something to show, or the newest one
 * @param curve of it
 */
record RunCard(
        RunSummary run,
        RecommendedPanel recommended,
        @Nullable SweepRow last,
        @Nullable Chart curve) {
    private static final int SWEEPS = 5;

    static RunCard of(Run run, Advice advice, Sweeps sweeps) {
        List<Sweep> newest = sweeps.sweeps(Optional.of(run.name()), 0, SWEEPS);
        Optional<Sweep> telling =
                newest.stream().filter(sweep -> sweep.count(WorkState.DONE) > 0).findFirst();
        return new RunCard(
                RunSummary.of(run),
                RecommendedPanel.of(advice, RunClock.of(run)),
                telling.or(() -> newest.stream().findFirst()).map(SweepRow::of).orElse(null),
                telling.map(sweep -> curve(run, sweep, sweeps)).orElse(null));
    }

    private static Chart curve(Run run, Sweep sweep, Sweeps sweeps) {
        List<Trial> trials = sweeps.trials(sweep.id());
        ChartSlice slice = ChartSlice.of(sweep.spec(), trials, sweep.optimum(), Map.of());
        return new SweepCharts(sweep, trials, sweeps.fits(sweep.id()), slice, RunClock.of(run))
                .metric("curve-" + run.name(), Map.of(), false)
                .from(ChartSource.of(
                        SweepLines.of(sweep.id(), sweep.spec()),
                        run.name(),
                        sweep.spec().metric(),
                        "by",
                        sweep.spec().axes().family().kind().noun()));
    }
}
