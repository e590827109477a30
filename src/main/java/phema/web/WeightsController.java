package phema.web;

import static org.springframework.web.bind.annotation.RequestMethod.GET;
import static org.springframework.web.bind.annotation.RequestMethod.HEAD;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;
import phema.catalog.Run;
import phema.format.Format;

/** Weight files that are computed while they are sent. */
@RestController
@RequestMapping(
        path = "/api/v1/runs/{run}",
        method = {GET, HEAD})
@Tag(
        name = "weights",
        description = "Weights of any EMA length, computed while they are sent; any byte range costs only that range")
class WeightsController {
    private final Backend syntheses;

    WeightsController(Backend syntheses) {
        this.syntheses = syntheses;
    }

    @RequestMapping("/weights.{format}")
    @Operation(summary = "A weight file")
    void weights(
            @PathVariable String run,
            @Parameter(schema = @Schema(allowableValues = {"safetensors", "pkl"})) @PathVariable String format,
            WeightsQuery query,
            HttpServletRequest request,
            HttpServletResponse response)
            throws IOException {
        Format wanted = Choices.format(format);
        Run found = syntheses.run(run);
        ContentResponse.send(
                syntheses.content(
                        found,
                        query.target().profile(found, ""),
                        Choices.solver(query.solver()),
                        Choices.files(query.files()),
                        wanted,
                        Choices.dtype(query.dtype())),
                request,
                response);
    }

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
        Run found = syntheses.run(run);
        Backend.TensorContent tensor = syntheses.tensor(
                found,
                query.target().profile(found, ""),
                Choices.solver(query.solver()),
                Choices.files(query.files()),
                Choices.dtype(query.dtype()),
                name.substring(1));
        response.setHeader("X-Tensor-DType", tensor.dtype().name());
        response.setHeader("X-Tensor-Shape", tensor.shape().dims().toString());
        ContentResponse.send(tensor.content(), request, response);
    }
}
