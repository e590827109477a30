package phema.web;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;
import phema.api.DescriptionRequest;
import phema.api.MeasurementView;
import phema.api.Page;
import phema.api.RecommendedView;
import phema.api.SweepRequest;
import phema.api.SweepResultsView;
import phema.api.SweepView;
import phema.api.TrialView;
import phema.catalog.Catalog;
import phema.evaluation.EvaluatorView;
import phema.problem.Problem;
import phema.sweep.DescriptionChange;
import phema.sweep.Measurements;
import phema.sweep.Recommendations;
import phema.sweep.ResultsCsv;
import phema.sweep.Sweep;
import phema.sweep.SweepFilter;
import phema.sweep.Sweeps;
import phema.sweep.Trial;

/** Starts, steers and shows sweeps: many EMA lengths, and what else is to be varied, each evaluated by a worker. */
@RestController
@RequestMapping(path = "/api/v1", produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = "sweeps", description = "Weights of many EMA lengths, evaluated to find the best")
class SweepsController {
    private final Sweeps sweeps;
    private final Measurements measurements;
    private final Recommendations recommendations;
    private final Catalog catalog;
    private final Events events;

    SweepsController(
            Sweeps sweeps, Measurements measurements, Recommendations recommendations, Catalog catalog, Events events) {
        this.sweeps = sweeps;
        this.measurements = measurements;
        this.recommendations = recommendations;
        this.catalog = catalog;
        this.events = events;
    }

    @PostMapping(path = "/runs/{run}/sweeps", consumes = MediaType.APPLICATION_JSON_VALUE)
    @Operation(
            summary = "Starts a sweep",
            description = "Everything is checked before anything runs. With the name of a sweep that the run has, that"
                    + " one goes on, where it asks for the same, or is replaced.")
    @ApiResponse(responseCode = "200", description = "The sweep of this name, which goes on")
    @ApiResponse(responseCode = "201", description = "The sweep; Location is its address")
    ResponseEntity<SweepView> create(@PathVariable String run, @RequestBody SweepRequest request) {
        catalog.run(run);
        Optional<String> name = Optional.ofNullable(request.name());
        Optional<String> before = name.flatMap(known -> sweeps.named(run, known));
        Sweep sweep = sweeps.create(request.spec(run), request.description(), Optional.ofNullable(request.maxTrials()));
        if (before.equals(Optional.of(sweep.id()))) return ResponseEntity.ok(SweepView.of(sweep));
        return ResponseEntity.created(URI.create("/api/v1/sweeps/" + sweep.id()))
                .body(SweepView.of(sweep));
    }

    @GetMapping("/evaluators")
    @Operation(summary = "Who can be asked to evaluate, by name")
    List<EvaluatorView> evaluators() {
        return sweeps.evaluators();
    }

    @GetMapping("/sweeps")
    @Operation(summary = "All sweeps, the newest first")
    Page<SweepView> sweeps(
            @Parameter(description = "only those of this run") @RequestParam(required = false) @Nullable String run,
            @Parameter(description = "only those with this tag") @RequestParam(required = false) @Nullable String tag,
            @Parameter(description = "those that are archived as well") @RequestParam(defaultValue = "false")
                    boolean archived,
            @RequestParam(defaultValue = "0") int page,
            @RequestParam(defaultValue = Page.DEFAULT_SIZE) int size) {
        Page.check(page, size);
        SweepFilter only = new SweepFilter(Optional.ofNullable(run), Optional.ofNullable(tag), archived);
        List<SweepView> items = sweeps.sweeps(only, (long) page * size, size).stream()
                .map(SweepView::of)
                .toList();
        return new Page<>(items, page, size, sweeps.count(only));
    }

    @GetMapping("/sweeps/{id}")
    @Operation(summary = "One sweep, and how far it is")
    SweepView sweep(@PathVariable String id) {
        return SweepView.of(sweeps.sweep(id));
    }

    @PatchMapping(path = "/sweeps/{id}", consumes = MediaType.APPLICATION_JSON_VALUE)
    @Operation(
            summary = "Changes what a sweep is called and what is said of it",
            description = "Fields that are left out stay as they are. A name that another sweep of the run has is"
                    + " refused, and so is archiving one that has not ended; one that goes on is archived no more.")
    SweepView describe(@PathVariable String id, @RequestBody DescriptionRequest request) {
        return SweepView.of(sweeps.describe(id, request.change()));
    }

    @DeleteMapping("/sweeps/{id}")
    @Operation(summary = "Cancels a sweep: ends what runs, keeps the results")
    SweepView cancel(@PathVariable String id) {
        return SweepView.of(sweeps.cancel(id));
    }

    @DeleteMapping("/sweeps/{id}/record")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    @Operation(
            summary = "Deletes a sweep that has ended",
            description = "Its trials, their logs and what it found go with it; evaluations are kept, so that the same"
                    + " is not evaluated again.")
    void delete(@PathVariable String id) {
        sweeps.delete(id);
    }

    /** Says how important a sweep is. @param priority trials of sweeps with a higher one go first */
    record PriorityRequest(
            @Schema(requiredMode = Schema.RequiredMode.REQUIRED, minimum = "-1000", maximum = "1000") @Nullable
            Integer priority) {}

    @PutMapping(path = "/sweeps/{id}/priority", consumes = MediaType.APPLICATION_JSON_VALUE)
    @Operation(summary = "Changes the place in the queue of what waits of a sweep")
    SweepView prioritize(@PathVariable String id, @RequestBody PriorityRequest request) {
        if (request.priority == null) throw Problem.invalid("priority", "priority is missing");
        return SweepView.of(sweeps.prioritize(id, request.priority));
    }

    @PostMapping("/sweeps/{id}/pause")
    @Operation(summary = "Begins no more trials; those that run go on")
    SweepView pause(@PathVariable String id) {
        return SweepView.of(sweeps.pause(id));
    }

    @PostMapping("/sweeps/{id}/resume")
    @Operation(summary = "Goes on after a pause")
    SweepView resume(@PathVariable String id) {
        return SweepView.of(sweeps.resume(id));
    }

    @PostMapping("/sweeps/{id}/retry")
    @Operation(summary = "Gives failed and cancelled trials another try")
    SweepView retry(
            @PathVariable String id,
            @Parameter(
                            description =
                                    "own: all trials, with the settings that this service has for the evaluator, where"
                                            + " the sweep was made with others",
                            schema = @Schema(allowableValues = {"sweep", "own"}))
                    @RequestParam(defaultValue = "sweep")
                    String settings) {
        return SweepView.of(
                switch (settings) {
                    case "sweep" -> sweeps.retry(id);
                    case "own" -> sweeps.retryWithOwnSettings(id);
                    default -> throw Problem.invalid("settings", "settings must be sweep or own, not " + settings);
                });
    }

    @PostMapping(path = "/sweeps/{id}/extend", consumes = MediaType.APPLICATION_JSON_VALUE)
    @Operation(summary = "Adds the points of another grid that this one lacks")
    SweepView extend(@PathVariable String id, @RequestBody SweepRequest request) {
        if (!request.description().equals(DescriptionChange.NONE))
            throw Problem.invalid("name", "name is that of a new sweep, not of one extended, and so are note and tags");
        if (request.maxTrials() != null)
            throw Problem.invalid("maxTrials", "maxTrials is for a sweep that is started, not for one extended");
        String run = sweeps.sweep(id).spec().run();
        return SweepView.of(sweeps.extend(id, request.spec(run)));
    }

    @GetMapping("/sweeps/{id}/recommended")
    @Operation(
            summary = "What was recommended of the run when the sweep began",
            description = "A pin counts as it is now. What weights the run has now decides, as ever.")
    @ApiResponse(responseCode = "200", description = "The average with what it rests on")
    @ApiResponse(responseCode = "204", description = "None was")
    ResponseEntity<RecommendedView> recommended(
            @PathVariable String id,
            @Parameter(description = "as if these sweeps had found nothing") @RequestParam(defaultValue = "")
                    Set<String> without) {
        return recommendations
                .before(sweeps.sweep(id), without)
                .map(found -> ResponseEntity.ok(RecommendedView.of(found)))
                .orElseGet(() -> ResponseEntity.noContent().build());
    }

    @GetMapping("/sweeps/{id}/trials")
    @Operation(summary = "The points of a sweep with their metrics")
    Page<TrialView> trials(
            @PathVariable String id,
            @Parameter(description = "only those that changed after the sweep had this version")
                    @RequestParam(defaultValue = "0")
                    long after,
            @RequestParam(defaultValue = "0") int page,
            @RequestParam(defaultValue = Page.DEFAULT_SIZE) int size) {
        sweeps.version(id);
        return Page.of(sweeps.trialsChangedAfter(id, after), page, size, TrialView::of);
    }

    @GetMapping("/sweeps/{id}/trials/{number}")
    @Operation(summary = "One point of a sweep")
    TrialView trial(@PathVariable String id, @PathVariable int number) {
        return TrialView.of(sweeps.trial(id, number));
    }

    @GetMapping(path = "/sweeps/{id}/trials/{number}/log", produces = MediaType.TEXT_PLAIN_VALUE + ";charset=UTF-8")
    @Operation(summary = "The end of what a trial's latest attempt printed, while it runs and afterwards")
    String log(@PathVariable String id, @PathVariable int number) {
        return sweeps.log(id, number);
    }

    @GetMapping("/sweeps/{id}/results.json")
    @Operation(summary = "A sweep with all its trials")
    SweepResultsView results(@PathVariable String id) {
        Sweep sweep = sweeps.sweep(id);
        return new SweepResultsView(
                SweepView.of(sweep),
                sweeps.trials(id).stream().map(TrialView::of).toList(),
                measurements.beside(sweep, true).stream()
                        .map(MeasurementView::of)
                        .toList());
    }

    @GetMapping(path = "/sweeps/{id}/results.csv", produces = "text/csv;charset=UTF-8")
    @Operation(summary = "All trials of a sweep, a line each")
    String csv(@PathVariable String id) {
        return ResultsCsv.of(sweeps.trialsAndMeasured(id));
    }

    @GetMapping(path = "/sweeps/{id}/events", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
    @Operation(
            summary = "Changes as they happen, until the sweep ends",
            description = "Server-sent events: trial with each trial that changed, then sweep. Last-Event-ID resumes.")
    SseEmitter events(
            @PathVariable String id,
            @Parameter(hidden = true) @RequestHeader(name = "Last-Event-ID", required = false) @Nullable String last) {
        boolean[] ended = {sweeps.sweep(id).state().isEnd()};
        long[] seen = {last != null && last.matches("\\d{1,18}") ? Long.parseLong(last) : 0};
        return events.stream(client -> {
            if (sweeps.version(id) == seen[0]) return !ended[0];
            Sweep sweep = sweeps.sweep(id);
            for (Trial trial : sweeps.trialsChangedAfter(id, seen[0]))
                client.send(SseEmitter.event().name("trial").data(TrialView.of(trial), MediaType.APPLICATION_JSON));
            client.send(SseEmitter.event()
                    .name("sweep")
                    .id(String.valueOf(sweep.version()))
                    .data(SweepView.of(sweep), MediaType.APPLICATION_JSON));
            seen[0] = sweep.version();
            ended[0] = sweep.state().isEnd();
            return !ended[0];
        });
    }
}
