package phema.web;

import static java.util.stream.Collectors.toSet;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import phema.api.Page;
import phema.api.RunView;
import phema.api.SnapshotView;
import phema.catalog.Catalog;
import phema.catalog.Run;
import phema.problem.Problem;
import phema.sweep.Advice;
import phema.sweep.Recommendations;

/** Gives the index of runs and their files. */
@RestController
@RequestMapping(path = "/api/v1/runs", produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = "runs", description = "Training jobs and their stored files")
class RunsController {
    private final Catalog catalog;
    private final Recommendations recommendations;

    RunsController(Catalog catalog, Recommendations recommendations) {
        this.catalog = catalog;
        this.recommendations = recommendations;
    }

    @GetMapping
    @Operation(summary = "All runs, by name")
    Page<RunView> runs(
            @RequestParam(defaultValue = "0") int page, @RequestParam(defaultValue = Page.DEFAULT_SIZE) int size) {
        List<Run> runs = catalog.runs();
        Set<String> shown =
                Page.of(runs, page, size, Run::name).items().stream().collect(toSet());
        Map<String, Advice> advice = recommendations.shown(shown);
        return Page.of(runs, page, size, run -> RunView.of(run, Objects.requireNonNull(advice.get(run.name()))))
                .withNotices(catalog.unreadable().stream()
                        .map(Catalog.UnreadableRoot::inWords)
                        .toList());
    }

    @GetMapping("/{run}")
    @Operation(summary = "One run")
    RunView run(@PathVariable String run) {
        return view(catalog.run(run));
    }

    @GetMapping("/{run}/snapshots")
    @Operation(summary = "A run's files: the usable ones by time, then the excluded ones with the reason")
    Page<SnapshotView> snapshots(
            @PathVariable String run,
            @RequestParam(defaultValue = "0") int page,
            @RequestParam(defaultValue = Page.DEFAULT_SIZE) int size) {
        Run found = catalog.run(run);
        List<SnapshotView> all = Stream.concat(
                        found.snapshots().stream().map(SnapshotView::of),
                        found.excluded().stream().map(SnapshotView::of))
                .toList();
        return Page.of(all, page, size, view -> view);
    }

    @PostMapping("/{run}/rescan")
    @Operation(summary = "Looks for new and changed files now instead of with the next poll")
    RunView rescan(@PathVariable String run) {
        return view(catalog.rescan(run));
    }

    /**
     * What to pin: an EMA length, any other profile, or what a sweep found.
     *
     * @param sigmaRel an EMA length
     * @param profile any average, in the place of an EMA length
     * @param time where the average ends; the run's newest snapshot where none is given
     * @param offer of what is offered, in the place of an EMA length and time
     */
    record Pin(
            @Schema(example = "0.1") @Nullable Double sigmaRel,

            @Schema(example = "decay:cosine:65536") @Nullable
            String profile,

            @Nullable Double time,
            @Nullable Long offer) {}

    @PutMapping(path = "/{run}/recommended", consumes = MediaType.APPLICATION_JSON_VALUE)
    @Operation(summary = "Pins the average that the run's weights should be, whatever sweeps find")
    RunView pin(@PathVariable String run, @RequestBody Pin pin) {
        if (pin.offer == null) {
            if (pin.sigmaRel != null && pin.profile != null)
                throw Problem.invalid("profile", "sigmaRel and profile exclude each other");
            if (pin.profile != null) recommendations.pin(run, pin.profile, Optional.ofNullable(pin.time));
            else if (pin.sigmaRel != null) recommendations.pin(run, pin.sigmaRel, Optional.ofNullable(pin.time));
            else
                throw Problem.invalid(
                        "sigmaRel", "sigmaRel is missing, or profile, or offer, the number of what a sweep found");
        } else {
            if (pin.sigmaRel != null || pin.profile != null || pin.time != null)
                throw Problem.invalid(
                        "offer", "offer is a length with its time; give either it or sigmaRel or profile");
            recommendations.pin(run, pin.offer);
        }
        return run(run);
    }

    @DeleteMapping("/{run}/recommended")
    @Operation(summary = "Leaves the recommendation to sweeps again")
    RunView unpin(@PathVariable String run) {
        recommendations.unpin(run);
        return run(run);
    }

    private RunView view(Run run) {
        return RunView.of(run, recommendations.shown(run.name()));
    }
}
