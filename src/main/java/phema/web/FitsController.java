package phema.web;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import phema.api.Choices;
import phema.api.FitView;
import phema.api.ProfileRequest;
import phema.api.ReportView;
import phema.catalog.Catalog;
import phema.catalog.Run;
import phema.problem.Problem;
import phema.profile.Mixture;
import phema.profile.Profile;
import phema.solver.FilesToRead;
import phema.solver.FitOptions;
import phema.solver.ProfileCurve;
import phema.solver.Solver;
import phema.solver.SolverKind;
import phema.synthesis.Fits;
import phema.synthesis.OutputOptions;
import phema.synthesis.WeightsRequest;
import phema.text.Labels;

/** Gives coefficients and what is known of their quality, without any weights. */
@RestController
@Tag(name = "fits", description = "Coefficients for a wanted profile, and how good they are")
class FitsController {
    private static final int MAX_CURVE = 10_000;

    /** The most numbers in an answer, which is held in memory while it is made. */
    private static final long MOST_NUMBERS = 1_000_000;

    /** The most targets times snapshots of a request, each of which takes some 20 microseconds. */
    private static final long MOST_WORK = 200_000;

    /** The third power of the snapshots over this is as much work: the paper's equations, solved for each end. */
    private static final int CUBED = 6700;

    /** The number of lists in a {@link ProfileCurve}: times, and densities and shares of target and fit. */
    private static final int CURVES = 5;

    private final Catalog catalog;
    private final Fits fits;

    FitsController(Catalog catalog, Fits fits) {
        this.catalog = catalog;
        this.fits = fits;
    }

    /**
     * What to fit.
     *
     * @param weights of files, instead of targets: {@code FILE=WEIGHT,...}, {@code linear:FROM-TO} or
     *     {@code minus-sqrt:FROM-TO}, the latter two as Megatron's weighted_merge
     * @param normalize whether weights are divided by their sum
     * @param like the average that weights are asked to be, as text: predicts how near they come, and blup would
     * @param files how many stored files a fit may read
     * @param laterFiles whether blup may also read files later than a target's end
     * @param dtype that the weights will be stored in: no file is read for an accuracy that it cannot hold
     */
    record FitRequest(
            @Nullable List<@Nullable ProfileRequest> targets,

            @Schema(example = "minus-sqrt:1000-5000") @Nullable
            String weights,

            @Nullable Boolean normalize,
            @Schema(example = "decay:1-sqrt:4000") @Nullable String like,

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
                    allowableValues = {"f16", "bf16", "f32", "same"},
                    defaultValue = "same")
            @Nullable
            String dtype) {}

    /** One fit per target, in the order of the request. */
    record FitResponse(List<FitView> fits) {}

    @PostMapping(
            path = "/api/v1/runs/{run}/fits",
            consumes = MediaType.APPLICATION_JSON_VALUE,
            produces = MediaType.APPLICATION_JSON_VALUE)
    @Operation(summary = "Fits targets to a run's snapshots")
    FitResponse fit(
            @PathVariable String run,
            @Parameter(description = "adds the profiles' curves, at this many times", example = "200")
                    @RequestParam(required = false)
                    @Nullable
                    Integer curve,
            @RequestBody FitRequest request) {
        if (curve != null && (curve < 2 || curve > MAX_CURVE))
            throw Problem.invalid("curve", "curve must lie in 2.." + MAX_CURVE + ", not " + curve);
        Run found = catalog.run(run);
        FitOptions options = Choices.options(request.solver, request.files, request.laterFiles);
        OutputOptions output = OutputOptions.AS_STORED.withDType(Choices.dtype(request.dtype));
        if (request.weights != null && request.targets != null)
            throw Problem.invalid("weights", "weights and targets exclude each other");
        List<WeightsRequest> wanted = Choices.weights(request.weights, request.normalize, request.like, options)
                .map(weights -> List.of(WeightsRequest.of(weights, options, output)))
                .orElseGet(() -> ProfileRequest.profiles(found, request.targets).stream()
                        .map(target -> WeightsRequest.of(target, options, output))
                        .toList());
        requireBounded(wanted, Objects.requireNonNullElse(curve, 0), options, found);
        return new FitResponse(wanted.stream() // one by one, as a fit holds a number for every snapshot
                .map(each -> fits.prepare(found, each).fits().getFirst())
                .map(fit -> FitView.of(found, fit, curve == null ? null : fits.curve(found, fit, curve)))
                .toList());
    }

    private static long profiles(Profile target) {
        return target instanceof Mixture mixture ? mixture.parts().size() : 1;
    }

    private static void requireBounded(List<WeightsRequest> wanted, int curve, FitOptions options, Run run) {
        int targets = wanted.size();
        long snapshots = run.snapshots().size();
        long profiles = wanted.stream()
                .flatMap(each -> each.targets().stream())
                .mapToLong(FitsController::profiles)
                .sum();
        if (profiles > 1 && profiles * snapshots > MOST_WORK)
            throw Problem.invalid(
                    "targets",
                    "%d targets%s are too many at a time for a run of %d snapshots; %d are the most"
                            .formatted(
                                    profiles,
                                    profiles == targets ? "" : ", the parts of mixtures counted,",
                                    snapshots,
                                    Math.max(1, MOST_WORK / snapshots)));
        long ends = wanted.stream()
                .flatMap(each -> each.targets().stream())
                .map(Profile::endTime)
                .distinct()
                .count();
        boolean solvesPaper = options.method() == SolverKind.PAPER || snapshots <= Solver.LARGEST_GRAM;
        long most = MOST_WORK * CUBED / Math.max(1, snapshots * snapshots * snapshots);
        if (solvesPaper && ends > Math.max(1, most))
            throw Problem.invalid(
                    "targets",
                    "targets with %d different ends are too many at a time for a run of %d snapshots; %d are the most"
                            .formatted(ends, snapshots, Math.max(1, most)));
        boolean every = options.files() == FilesToRead.ALL || options.method() == SolverKind.PAPER;
        if (targets * (CURVES * curve + (every ? snapshots : 0)) > MOST_NUMBERS)
            throw Problem.invalid(
                    "targets",
                    "%d targets%s%s would be answered with more than %d numbers; ask for fewer at a time"
                            .formatted(
                                    targets,
                                    curve == 0 ? "" : ", each with curves of " + curve + " points",
                                    every ? ", each of up to " + snapshots + " snapshots" : "",
                                    MOST_NUMBERS));
    }

    @GetMapping(path = "/api/v1/runs/{run}/report", produces = MediaType.APPLICATION_JSON_VALUE)
    @Operation(
            summary = "What the model of the trajectory sees in a run",
            description = "How far each file is from what the others let expect, which files do not belong to them, "
                    + "what is stated but contradicted, and the effective learning rate")
    ReportView report(@PathVariable String run) {
        Run found = catalog.run(run);
        return fits.report(found)
                .map(report -> ReportView.of(found, report))
                .orElseThrow(() -> Problem.unprocessable(
                        "the run has a single snapshot, which cannot be compared with others; two are the least"));
    }

    /**
     * How far the model is that all fits of a run share.
     *
     * @param state {@code none} until a fit is asked for, {@code fitting}, {@code ready}
     * @param snapshots that it is fitted to
     */
    record ModelResponse(
            @Schema(allowableValues = {"none", "fitting", "ready"})
            String state,

            int snapshots) {}

    @GetMapping(path = "/api/v1/runs/{run}/model", produces = MediaType.APPLICATION_JSON_VALUE)
    @Operation(
            summary = "How far the model of a run's trajectory is",
            description = "The first fit of a run waits for it, for seconds where there are thousands of snapshots")
    ModelResponse model(@PathVariable String run) {
        Run found = catalog.run(run);
        return new ModelResponse(
                Labels.inWords(fits.modelState(found)), found.snapshots().size());
    }
}
