package phema.web;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import phema.api.ProfileRequest;
import phema.api.RetentionView;
import phema.catalog.Catalog;
import phema.catalog.Run;
import phema.problem.Problem;
import phema.profile.Profile;
import phema.solver.Retention;
import phema.sweep.Recommendations;
import phema.sweep.RetentionTargets;
import phema.synthesis.Fits;
import phema.synthesis.WeightsReference;

/** Answers which snapshots a run can do without. */
@RestController
@Tag(name = "retention", description = "Which files may be deleted, at what predicted error")
class RetentionController {
    private static final int MAX_TARGETS = 100;

    private final Catalog catalog;
    private final Fits fits;
    private final Recommendations recommendations;

    RetentionController(Catalog catalog, Fits fits, Recommendations recommendations) {
        this.catalog = catalog;
        this.fits = fits;
        this.recommendations = recommendations;
    }

    @GetMapping(path = "/api/v1/runs/{run}/retention", produces = MediaType.APPLICATION_JSON_VALUE)
    @Operation(
            summary = "Plans which snapshots may be deleted",
            description = "Keeps the predicted error of a range of EMA lengths, and of what is recommended or pinned"
                    + " for the run, under a limit. Deletes nothing.")
    RetentionView retention(
            @PathVariable String run,
            @Parameter(
                            description =
                                    "largest predicted relative error; lengths that are above it already may become "
                                            + "5 % worse",
                            example = "0.002")
                    @RequestParam(defaultValue = "0")
                    double maxError,
            @Parameter(
                            description = "widths that shall stay possible, separated by commas; by default those of"
                                    + " 0.01, 0.03 to 0.25 that the run can express within 10 %")
                    @RequestParam(required = false)
                    @Nullable
                    List<@Nullable Double> sigmaRel,
            @Parameter(
                            description = "another average that shall, as text, alone or beside them",
                            example = "decay:cosine:65536")
                    @RequestParam(required = false)
                    @Nullable
                    String profile,
            @Parameter(description = "where they end; without it at the newest snapshot's time")
                    @RequestParam(required = false)
                    @Nullable
                    Double time,
            @Parameter(description = "whether what is recommended or pinned for the run shall stay possible as well")
                    @RequestParam(defaultValue = "true")
                    boolean recommended) {
        Run found = catalog.run(run);
        double end = ProfileRequest.end(found, time, "");
        if (sigmaRel != null && (sigmaRel.isEmpty() || sigmaRel.size() > MAX_TARGETS))
            throw Problem.invalid("sigmaRel", "sigmaRel must hold 1 to " + MAX_TARGETS + " widths");
        List<Profile> targets = new ArrayList<>();
        if (sigmaRel != null)
            for (Double width : sigmaRel) {
                if (width == null)
                    throw Problem.invalid(
                            "sigmaRel", "sigmaRel has nothing between two commas: it holds widths, as in 0.05,0.10");
                targets.add(ProfileRequest.power(width, end).profile(found, ""));
            }
        else if (profile == null) targets.addAll(fits.expressible(found, end));
        if (profile != null) targets.add(WeightsReference.profile("profile", profile, end));
        if (targets.isEmpty())
            throw Problem.invalid(
                    "sigmaRel",
                    "The run can express no EMA length within 10 %; say with sigmaRel which shall stay possible");
        RetentionTargets all = recommended
                ? RetentionTargets.of(found, targets, recommendations.shown(run))
                : new RetentionTargets(targets, Optional.empty(), List.of());
        Retention retention = fits.retention(found, all.targets(), maxError);
        return RetentionView.of(
                found,
                retention,
                retention.deletable().stream()
                        .map(i -> found.snapshots().get(i).name())
                        .toList(),
                all.notices());
    }
}
