package phema.web;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;
import phema.api.Choices;
import phema.api.LeftAloneView;
import phema.api.Page;
import phema.api.ProfileRequest;
import phema.bulk.SynthesisJob;
import phema.bulk.SynthesisJobs;
import phema.bulk.SynthesisSpec;
import phema.catalog.Catalog;
import phema.catalog.Run;
import phema.fleet.LeftAlone;
import phema.problem.Problem;
import phema.security.Access;
import phema.solver.FitOptions;
import phema.text.Labels;

/** Starts and shows syntheses: many weight files written to storage, in parts. */
@RestController
@ConditionalOnWebApplication
@RequestMapping(path = "/api/v1", produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = "syntheses", description = "Many weight files written to storage, as a durable job")
class SynthesesController {
    /** The priority, above that of the trials of sweeps: somebody waits for these. */
    private static final int PRIORITY = 100;

    private final SynthesisJobs jobs;
    private final Catalog catalog;
    private final Events events;
    private final Access access;

    SynthesesController(SynthesisJobs jobs, Catalog catalog, Events events, Access access) {
        this.jobs = jobs;
        this.catalog = catalog;
        this.events = events;
        this.access = access;
    }

    /**
     * What to write.
     *
     * @param format of the weights alone; {@code same}, or none, for files like the run's own
     * @param shardSizeBytes most bytes of tensors in a file, for safetensors and dcp
     * @param priority jobs of higher ones go first; trials have 0 unless they say otherwise
     */
    record SynthesisRequest(
            @Schema(requiredMode = Schema.RequiredMode.REQUIRED) @Nullable
            List<@Nullable ProfileRequest> targets,

            @Schema(
                    allowableValues = {"blup", "paper"},
                    defaultValue = "blup")
            @Nullable
            String solver,

            @Schema(
                    allowableValues = {"fewest", "all"},
                    defaultValue = "fewest")
            @Nullable
            String files,

            @Nullable Boolean laterFiles,

            @Schema(
                    allowableValues = {"same", "safetensors", "pt", "pkl", "dcp"},
                    defaultValue = "same")
            @Nullable
            String format,

            @Schema(
                    allowableValues = {"f16", "bf16", "f32", "same"},
                    defaultValue = "same")
            @Nullable
            String dtype,

            @Nullable Long shardSizeBytes,
            @Schema(defaultValue = "100") @Nullable Integer priority) {}

    /**
     * A job.
     *
     * @param state queued, running, done or failed
     * @param bytes written so far
     * @param totalBytes of all files
     * @param parts which workers write on their own: shards, or some of many targets
     * @param partsDone of these
     * @param folder that holds the files when it is done; for those who may only read without where it lies
     * @param worker that began a part of it last
     * @param leftAlone the living workers that do not take it, with the reasons, until it ends
     */
    record SynthesisView(
            String id,
            String run,
            String state,
            long bytes,
            long totalBytes,
            int parts,
            int partsDone,
            String folder,
            List<String> files,
            @Nullable String worker,
            @Nullable List<LeftAloneView> leftAlone,
            @Nullable String error,
            long createdEpochMillis,
            @Nullable Long endedEpochMillis) {
        static SynthesisView of(SynthesisJob job, List<LeftAlone> leftAlone, boolean withPlace) {
            return new SynthesisView(
                    job.id(),
                    job.spec().run(),
                    Labels.of(job.state()),
                    job.bytes(),
                    job.totalBytes(),
                    job.parts(),
                    job.partsDone(),
                    withPlace ? job.folder() : "phema.syntheses.folder/" + job.id(),
                    job.files(),
                    job.worker().orElse(null),
                    leftAlone.isEmpty()
                            ? null
                            : leftAlone.stream().map(LeftAloneView::of).toList(),
                    job.error().orElse(null),
                    job.created().toEpochMilli(),
                    job.ended().map(Instant::toEpochMilli).orElse(null));
        }
    }

    @PostMapping(path = "/runs/{run}/syntheses", consumes = MediaType.APPLICATION_JSON_VALUE)
    @Operation(summary = "Writes the weights of many targets to storage, as work for all workers")
    @ApiResponse(responseCode = "202", description = "The job; Location is its address")
    ResponseEntity<SynthesisView> create(@PathVariable String run, @RequestBody SynthesisRequest request) {
        SynthesisJob job = jobs.create(spec(catalog.run(run), request));
        return ResponseEntity.accepted()
                .location(URI.create("/api/v1/syntheses/" + job.id()))
                .body(view(job));
    }

    private SynthesisView view(SynthesisJob job) {
        return view(job, access.mayWrite());
    }

    private SynthesisView view(SynthesisJob job, boolean withPlace) {
        return SynthesisView.of(job, jobs.leftAlone(job), withPlace);
    }

    private static SynthesisSpec spec(Run run, SynthesisRequest request) {
        List<SynthesisSpec.SynthesisTarget> wanted = ProfileRequest.profiles(run, request.targets).stream()
                .map(SynthesisSpec.SynthesisTarget::of)
                .toList();
        long shardSize = Objects.requireNonNullElse(request.shardSizeBytes, Long.MAX_VALUE);
        if (shardSize < 1) throw Problem.invalid("shardSizeBytes", "shardSizeBytes must be at least 1");
        FitOptions options = Choices.options(request.solver, request.files, request.laterFiles);
        return new SynthesisSpec(
                run.name(),
                wanted,
                options.method(),
                options.files(),
                options.laterFiles(),
                Choices.formatOrSame(request.format),
                Choices.dtype(request.dtype),
                shardSize,
                Objects.requireNonNullElse(request.priority, PRIORITY));
    }

    @GetMapping("/syntheses")
    @Operation(summary = "All jobs, the newest first")
    Page<SynthesisView> syntheses(
            @RequestParam(defaultValue = "0") int page, @RequestParam(defaultValue = Page.DEFAULT_SIZE) int size) {
        return Page.of(jobs.jobs(), page, size, this::view);
    }

    @GetMapping("/syntheses/{id}")
    @Operation(summary = "One job, and how far it is")
    SynthesisView synthesis(@PathVariable String id) {
        return view(jobs.job(id));
    }

    @DeleteMapping("/syntheses/{id}")
    @Operation(summary = "Ends a job if it has not ended, and deletes its files")
    @ApiResponse(responseCode = "204", description = "The job has ended, and its files are deleted")
    ResponseEntity<Void> delete(@PathVariable String id) {
        jobs.delete(id);
        return ResponseEntity.noContent().build();
    }

    @GetMapping(path = "/syntheses/{id}/events", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
    @Operation(summary = "Progress as it happens, until the job ends", description = "Server-sent events: synthesis.")
    SseEmitter events(@PathVariable String id) {
        jobs.job(id);
        boolean withPlace = access.mayWrite(); // which only the thread of the request knows
        SynthesisJob[] seen = new SynthesisJob[1];
        return events.stream(client -> {
            SynthesisJob job = jobs.job(id);
            if (!job.equals(seen[0]))
                client.send(
                        SseEmitter.event().name("synthesis").data(view(job, withPlace), MediaType.APPLICATION_JSON));
            seen[0] = job;
            return !job.state().isEnd();
        });
    }
}
