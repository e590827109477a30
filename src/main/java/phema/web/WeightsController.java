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
import phema.api.ProfileRequest;
import phema.catalog.Catalog;
import phema.catalog.Run;
import phema.format.Format;
import phema.http.ContentResponse;
import phema.solver.Fit;
import phema.synthesis.Content;
import phema.synthesis.Fits;
import phema.synthesis.LayerFit;
import phema.synthesis.Names;
import phema.synthesis.OutputOptions;
import phema.synthesis.Syntheses;
import phema.synthesis.Syntheses.Named;
import phema.synthesis.Syntheses.SynthesizedTensor;
import phema.tensor.DType;

/** Weight files that are computed while they are sent. */
@RestController
@RequestMapping(
        path = "/api/v1/runs/{run}",
        method = {GET, HEAD})
@Tag(
        name = "weights",
        description = "Weights of any EMA length, computed while they are sent; any byte range costs only that range")
class WeightsController {
    private static final String LAYER_MEANING =
            "another average for tensors of such names: a pattern, an equals sign and a profile; the first layer that matches counts";

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
    @RequestMapping("/weights.{format}")
    @Operation(
            summary = "A weight file",
            description = "Honours Range (one or several), If-Range, If-Match and If-None-Match as RFC 9110 says.")
    void weights(
            @PathVariable String run,
            @Parameter(schema = @Schema(allowableValues = {"safetensors", "pt", "pkl"})) @PathVariable String format,
            WeightsQuery query,
            HttpServletRequest request,
            HttpServletResponse response)
            throws IOException {
        OutputOptions options = options(Choices.format(format), query);
        Run found = catalog.run(run);
        Content content =
                syntheses.files(found, named(found, query, request), options).getFirst();
        ContentResponse.send(content, request, response);
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
                    "Its elements row by row, little-endian, and nothing else. X-Tensor-DType (a safetensors name) and X-Tensor-Shape"
                            + " (a JSON array) say how to read them.")
    void tensor(
            @PathVariable String run,
            @Parameter(description = "as in the state_dict", example = "enc.conv.weight") @PathVariable String name,
            WeightsQuery query,
            HttpServletRequest request,
            HttpServletResponse response)
            throws IOException {
        Run found = catalog.run(run);
        SynthesizedTensor tensor = syntheses.tensor(
                found, named(found, query, request), name.substring(1), options(Format.SAFETENSORS, query));
        response.setHeader("X-Tensor-DType", tensor.dtype().name());
        response.setHeader("X-Tensor-Shape", tensor.tensor().shape().toString());
        ContentResponse.send(tensor.content(), request, response);
    }

    private Named named(Run run, WeightsQuery query, HttpServletRequest request) {
        Optional<DType> dtype = Choices.dtype(query.dtype());
        Fit fit = fits.fit(run, List.of(query.target(run)), query.options(), dtype)
                .getFirst();
        // Not bound to the query: Spring would split a single one at its commas, which mixtures have.
        String[] specs = request.getParameterValues(QueryParameters.LAYER);
        List<LayerFit> layers = fits.layers(
                run,
                specs == null ? List.of() : List.of(specs),
                ProfileRequest.end(run, query.time(), ""),
                query.options(),
                dtype);
        return new Named(Names.baseName(Names.PREFIX, run, fit.target(), layers), fit, layers);
    }

    private static OutputOptions options(Format format, WeightsQuery query) {
        return new OutputOptions(format, Choices.dtype(query.dtype()), Long.MAX_VALUE);
    }
}
