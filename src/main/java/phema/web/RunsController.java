package phema.web;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.util.List;
import java.util.stream.Stream;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import phema.catalog.Catalog;
import phema.catalog.Run;

/** The index of runs and their files. */
@RestController
@RequestMapping(path = "/api/v1/runs", produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = "runs", description = "Training jobs and their stored files")
class RunsController {
    private final Catalog catalog;

    RunsController(Catalog catalog) {
        this.catalog = catalog;
    }

    @GetMapping
    @Operation(summary = "All runs, by name")
    Page<RunView> runs(
            @RequestParam(defaultValue = "0") int page, @RequestParam(defaultValue = Page.DEFAULT_SIZE) int size) {
        return Page.of(catalog.runs(), page, size, RunView::of);
    }

    @GetMapping("/{run}")
    @Operation(summary = "One run")
    RunView run(@PathVariable String run) {
        return RunView.of(catalog.run(run));
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
        return RunView.of(catalog.rescan(run));
    }
}
