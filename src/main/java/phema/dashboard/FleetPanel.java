package phema.dashboard;

import static java.util.stream.Collectors.joining;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import phema.bulk.SynthesisJob;
import phema.evaluation.Axes;
import phema.evaluation.Point;
import phema.fleet.Fleet;
import phema.fleet.LeftAlone;
import phema.fleet.TakenWork;
import phema.fleet.Worker;
import phema.sweep.Sweep;
import phema.sweep.Sweeps;
import phema.sweep.Trial;
import phema.text.ByteSize;
import phema.text.Labels;

/**
 * Describes the workers and what there is for them to do.
 *
 * @param waiting trials and syntheses
 */
record FleetPanel(
        List<WorkerRow> workers,
        int waiting,
        List<SweepRow> sweeps,
        List<SynthesisRow> syntheses,
        List<Failure> failures) {
    static final int SWEEPS = 100;
    private static final int FAILURES = 20;

    /** @param since as machines write it */
    record WorkerRow(
            String name,
            String host,
            long pid,
            String version,
            String since,
            String sinceShown,
            List<WorkRow> work,
            List<LeftRow> leaves) {}

    /** @param url empty where it has no page */
    record LeftRow(String what, @Nullable String url, String reason) {}

    /** @param url empty where it has no page */
    record WorkRow(String id, String what, @Nullable String url) {}

    /** @param parts done, of how many; empty where there is one */
    record SynthesisRow(String id, String run, String state, int files, String parts, String written, String total) {}

    record Failure(String sweep, int number, String what, String host, String ended, String endedShown, String error) {}

    static FleetPanel of(Fleet fleet, Sweeps sweeps, List<SynthesisJob> syntheses) {
        return new FleetPanel(
                fleet.workers().stream().map(worker -> row(worker, sweeps)).toList(),
                fleet.queueDepth(),
                sweeps.sweeps(Optional.empty(), 0, SWEEPS).stream()
                        .filter(sweep -> !sweep.state().isEnd())
                        .map(SweepRow::of)
                        .toList(),
                syntheses.stream()
                        .filter(job -> !job.state().isEnd())
                        .map(FleetPanel::row)
                        .toList(),
                sweeps.recentFailures(FAILURES).stream()
                        .map(trial -> failure(trial, sweeps.sweep(trial.sweep())))
                        .toList());
    }

    private static WorkerRow row(Worker worker, Sweeps sweeps) {
        return new WorkerRow(
                worker.name(),
                worker.host(),
                worker.pid(),
                worker.version(),
                worker.since().toString(),
                Show.instant(worker.since()),
                worker.running().stream().map(work -> work(work, sweeps)).toList(),
                worker.leavesAlone().stream().map(FleetPanel::left).toList());
    }

    private static LeftRow left(LeftAlone left) {
        return switch (left.task()) {
            case "evaluation" -> new LeftRow("sweep " + left.work(), "/sweeps/" + left.work(), left.reason());
            case "" -> new LeftRow("everything", null, left.reason());
            default -> new LeftRow(left.task() + " " + left.work(), null, left.reason());
        };
    }

    private static WorkRow work(TakenWork work, Sweeps sweeps) {
        String id = work.instance();
        if (!work.task().equals("evaluation")) return new WorkRow(id, work.task() + " " + id, null);
        int slash = id.indexOf('/');
        String sweep = id.substring(0, slash);
        int number = Integer.parseInt(id.substring(slash + 1));
        return new WorkRow(
                id, what(sweeps.sweep(sweep), sweeps.trial(sweep, number)), "/sweeps/" + sweep + "/trials/" + number);
    }

    private static String what(Sweep sweep, Trial trial) {
        Point point = trial.point();
        PagePrinter printer = new PagePrinter(new RunClock("", 1));
        return sweep.spec().metric() + " of " + sweep.spec().run() + " at " + point.shown()
                + Axes.curves(List.of(point)).stream()
                        .filter(facet ->
                                !facet.axis().isOfWeights() && facet.axis().isNotable(point))
                        .map(facet -> ", " + facet.shownAs() + " " + facet.text(point, printer))
                        .collect(joining());
    }

    private static SynthesisRow row(SynthesisJob job) {
        return new SynthesisRow(
                job.id(),
                job.spec().run(),
                Labels.of(job.state()),
                job.spec().targets().size(),
                job.parts() > 1 ? job.partsDone() + " of " + job.parts() : "",
                ByteSize.print(job.bytes()),
                job.totalBytes() == 0 ? "" : ByteSize.print(job.totalBytes()));
    }

    private static Failure failure(Trial trial, Sweep sweep) {
        Instant ended = trial.ended().orElse(Instant.EPOCH);
        return new Failure(
                trial.sweep(),
                trial.number(),
                what(sweep, trial),
                trial.worker().map(TrialRow::host).orElse(""),
                ended.toString(),
                Show.instant(ended),
                trial.error().orElse(""));
    }
}
