package phema.web;

import io.swagger.v3.oas.annotations.Hidden;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import phema.api.MeasurementView;
import phema.api.MeasurementsRequest;
import phema.api.Page;
import phema.sweep.ForeignMeasurement;
import phema.sweep.Measurements;
import phema.sweep.Measurements.Imported;
import phema.sweep.MeasurementsCsv;

/** Takes metrics that people have already, and gives them back. */
@RestController
@RequestMapping(path = "/api/v1/runs/{run}", produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = "sweeps")
class MeasurementsController {
    private static final String CSV = "text/csv";

    private final Measurements measurements;

    MeasurementsController(Measurements measurements) {
        this.measurements = measurements;
    }

    @PostMapping(path = "/measurements", consumes = MediaType.APPLICATION_JSON_VALUE)
    @Operation(
            summary = "Adds metrics that were measured elsewhere, all or none",
            description =
                    "Those of an evaluator's name, version and number of seeds count in sweeps that have the same;"
                            + " others are shown beside. What would be counted twice is not added, and named in notes.")
    Imported add(@PathVariable String run, MeasuredByQuery query, @RequestBody MeasurementsRequest request) {
        return measurements.add(run, request.or(query.by()).rows(measurements.most(run)));
    }

    /** Under both addresses; described under the one of which generators of clients make something. */
    @Hidden
    @PostMapping(path = "/measurements", consumes = CSV)
    Imported addRows(@PathVariable String run, MeasuredByQuery query, InputStream rows) throws IOException {
        return add(run, query, rows);
    }

    @PostMapping(path = "/measurements.csv", consumes = CSV)
    @Operation(
            summary = "Adds metrics from comma-separated values",
            description = "The columns sigmaRel or profile, time, guidance, seeds, source, evaluator, version, and one"
                    + " for each metric.",
            requestBody =
                    @io.swagger.v3.oas.annotations.parameters.RequestBody(
                            required = true,
                            content = @Content(mediaType = CSV, schema = @Schema(type = "string"))))
    Imported add(@PathVariable String run, MeasuredByQuery query, @Parameter(hidden = true) InputStream rows)
            throws IOException {
        Reader text = new InputStreamReader(rows, StandardCharsets.UTF_8);
        return measurements.add(run, MeasurementsCsv.read(text, query.by(), measurements.most(run)));
    }

    @GetMapping("/measurements")
    @Operation(summary = "Metrics of a run that were measured elsewhere, in the order in which they came")
    Page<MeasurementView> all(
            @PathVariable String run,
            @Parameter(description = "only those of this one") @RequestParam(required = false) @Nullable String source,
            @RequestParam(defaultValue = "0") int page,
            @RequestParam(defaultValue = Page.DEFAULT_SIZE) int size) {
        Page.check(page, size);
        return Page.of(of(run, source), page, size, MeasurementView::of);
    }

    @GetMapping(path = "/measurements.csv", produces = CSV + ";charset=UTF-8")
    @Operation(summary = "The same as comma-separated values, which can be brought along again")
    String csv(
            @PathVariable String run,
            @Parameter(description = "only those of this one") @RequestParam(required = false) @Nullable
                    String source) {
        return MeasurementsCsv.write(of(run, source));
    }

    private List<ForeignMeasurement> of(String run, @Nullable String source) {
        return measurements.of(run).stream()
                .filter(measurement -> source == null || measurement.source().equals(source))
                .toList();
    }

    @DeleteMapping("/measurements")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    @Operation(summary = "Removes all of a source; what was found with them is found anew without")
    void delete(@PathVariable String run, @RequestParam String source) {
        measurements.delete(run, source);
    }
}
