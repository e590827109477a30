package phema.web;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.util.List;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import phema.api.LeftAloneView;
import phema.api.TrialView;
import phema.fleet.Fleet;
import phema.fleet.TakenWork;
import phema.fleet.Worker;
import phema.sweep.Sweeps;

/** Answers who works and what waits. */
@RestController
@Tag(name = "fleet", description = "Workers and their queue")
class FleetController {
    private static final int FAILURES = 20;

    private final Fleet fleet;
    private final Sweeps sweeps;

    FleetController(Fleet fleet, Sweeps sweeps) {
        this.fleet = fleet;
        this.sweeps = sweeps;
    }

    /**
     * The fleet.
     *
     * @param queueDepth trials and syntheses that wait
     * @param recentFailures the latest first
     */
    record FleetView(List<WorkerView> workers, int queueDepth, List<TrialView> recentFailures) {}

    /**
     * A worker.
     *
     * @param version of phema that it is; empty where it is too old to say
     * @param outdated whether it is older than the database, so that it takes nothing
     * @param running trials as SWEEP/NUMBER, parts of syntheses as SYNTHESIS/NUMBER
     * @param leavesAlone the work that it leaves to others, with the reasons
     */
    record WorkerView(
            String name,
            String host,
            long pid,
            long sinceEpochMillis,
            long seenEpochMillis,
            String version,
            boolean outdated,
            List<String> running,
            List<LeftAloneView> leavesAlone) {
        static WorkerView of(Worker worker) {
            return new WorkerView(
                    worker.name(),
                    worker.host(),
                    worker.pid(),
                    worker.since().toEpochMilli(),
                    worker.seen().toEpochMilli(),
                    worker.version(),
                    worker.outdated(),
                    worker.running().stream().map(TakenWork::instance).toList(),
                    worker.leavesAlone().stream().map(LeftAloneView::of).toList());
        }
    }

    @GetMapping(path = "/api/v1/fleet", produces = MediaType.APPLICATION_JSON_VALUE)
    @Operation(summary = "The running workers, what waits for them, and what failed last")
    FleetView fleet() {
        return new FleetView(
                fleet.workers().stream().map(WorkerView::of).toList(),
                fleet.queueDepth(),
                sweeps.recentFailures(FAILURES).stream().map(TrialView::of).toList());
    }
}
