package phema.web;

import static org.springframework.web.bind.annotation.RequestMethod.GET;
import static org.springframework.web.bind.annotation.RequestMethod.HEAD;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.enums.ParameterIn;
import io.swagger.v3.oas.annotations.media.ArraySchema;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;
import phema.api.Choices;
import phema.catalog.Catalog;
import phema.catalog.Run;
import phema.format.Format;
import phema.http.ContentResponse;
import phema.problem.Problem;
import phema.synthesis.Content;
import phema.synthesis.Fits;
import phema.synthesis.PreparedWeights;
import phema.synthesis.Syntheses;
import phema.synthesis.Syntheses.SynthesizedTensor;

/** Sends weight files that are computed while they are sent. */
@RestController
@RequestMapping(
        path = "/api/v1/runs/{run}",
        method = {GET, HEAD})
@Tag(
        name = "weights",
        description = "Weights of any EMA length, computed while they are sent; any byte range costs only that range")
class WeightsController {
    private static final String LAYER_MEANING =
            "another average for tensors of such names: a pattern, an equals sign and a profile; the first layer "
                    + "that matches counts";

    /** The extension of a checkpoint that is a folder. */
    private static final String ARCHIVE = "zip";

    private static final String LAYER_EXAMPLE = "[\"*attn*=power:0.05\"]";

    private final Catalog catalog;
    private final Fits fits;
    private final Syntheses syntheses;

    WeightsController(Catalog catalog, Fits fits, Syntheses syntheses) {
        this.catalog = catalog;
        this.fits = fits;
        this.syntheses = syntheses;
    }

    @Parameter(
            name = QueryParameters.LAYER,
            in = ParameterIn.QUERY,
            description = LAYER_MEANING,
            example = LAYER_EXAMPLE,
            array = @ArraySchema(schema = @Schema(type = "string")))
    @RequestMapping("/weights")
    @Operation(
            summary = "A weight file like the run's own",
            description = "As the trainer's own loader takes it: names, nesting and what else stands in the newest "
                    + "file. Content-Disposition says its name, whose extension is that file's; a checkpoint that is a "
                    + "folder is a zip archive. Ranges and preconditions as for weights.{format}.")
    void weights(@PathVariable String run, WeightsQuery query, HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        Content content = syntheses.whole(prepared(run, Optional.empty(), query, request));
        ContentResponse.send(query.require(run, content), request, response);
    }

    @Parameter(
            name = QueryParameters.LAYER,
            in = ParameterIn.QUERY,
            description = LAYER_MEANING,
            example = LAYER_EXAMPLE,
            array = @ArraySchema(schema = @Schema(type = "string")))
    @RequestMapping("/weights.{format}")
    @Operation(
            summary = "A file of the weights alone, by their names in the model",
            description = "Honours Range (one or several), If-Range, If-Match and If-None-Match as RFC 9110 says. A "
                    + "folder of torch.distributed.checkpoint (dcp) is a zip archive. zip is a whole checkpoint like "
                    + "the run's own, where that is a folder.")
    void weights(
            @PathVariable String run,
            @Parameter(schema = @Schema(allowableValues = {"safetensors", "pt", "pkl", "dcp", ARCHIVE})) @PathVariable
                    String format,
            WeightsQuery query,
            HttpServletRequest request,
            HttpServletResponse response)
            throws IOException {
        Optional<Format> alone = format.equals(ARCHIVE) ? Optional.empty() : Optional.of(Choices.format(format));
        Content content = syntheses.whole(prepared(run, alone, query, request));
        if (alone.isEmpty() && !content.fileName().endsWith("." + ARCHIVE))
            throw Problem.unknown(
                    "format",
                    "weights.zip is a checkpoint that is a folder, and those of run " + run
                            + " are files: /weights is one like them, /weights.safetensors its weights alone");
        ContentResponse.send(query.require(run, content), request, response);
    }

    @Parameter(
            name = QueryParameters.LAYER,
            in = ParameterIn.QUERY,
            description = LAYER_MEANING,
            example = LAYER_EXAMPLE,
            array = @ArraySchema(schema = @Schema(type = "string")))
    @RequestMapping("/weights.safetensors/tensors/{*name}")
    @Operation(
            summary = "One tensor",
            description =
                    "Its elements row by row, little-endian, and nothing else. X-Tensor-DType (a safetensors name) "
                            + "and X-Tensor-Shape"
                            + " (a JSON array) say how to read them.")
    void tensor(
            @PathVariable String run,
            @Parameter(description = "as in the state_dict", example = "enc.conv.weight") @PathVariable String name,
            WeightsQuery query,
            HttpServletRequest request,
            HttpServletResponse response)
            throws IOException {
        SynthesizedTensor tensor =
                syntheses.tensor(prepared(run, Optional.of(Format.SAFETENSORS), query, request), name.substring(1));
        response.setHeader("X-Tensor-DType", tensor.dtype().name());
        response.setHeader("X-Tensor-Shape", tensor.tensor().shape().toString());
        ContentResponse.send(query.require(run, tensor.content()), request, response);
    }

    private PreparedWeights prepared(
            String run, Optional<Format> format, WeightsQuery query, HttpServletRequest request) {
        Run found = catalog.run(run);
        // Not bound to the query: Spring would split a single one at its commas, which mixtures have.
        String[] layers = request.getParameterValues(QueryParameters.LAYER);
        return fits.prepare(
                found, query.request(found, format).withLayers(layers == null ? List.of() : List.of(layers)));
    }
}
