package phema.evaluation;

import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;
import phema.edm2.Computing;
import phema.format.Format;

/**
 * Holds the settings of evaluators.
 *
 * @param evaluators by name
 * @param samples how many images of a trial are kept; none at 0
 */
@Validated
@ConfigurationProperties("phema")
record EvaluatorProperties(
        @DefaultValue Map<String, @Valid EvaluatorSettings> evaluators,
        @DefaultValue("16") @Min(0) @Max(64) int samples) {
    /** Who evaluates. */
    enum EvaluatorType {
        /** Our own sampler and metrics. */
        BUILTIN,
        /** A program of the user's. */
        COMMAND
    }

    /** How a command gets its weights. */
    enum Delivery {
        FILE,
        URL
    }

    /**
     * One evaluator.
     *
     * @param command program and arguments
     * @param format of the weight files that a command gets; the run's own without one
     * @param timeout after which an evaluation has failed
     * @param retries how often a failed evaluation is tried again
     * @param version stands for what else determines the metrics, such as the version of the command's scripts
     * @param steps of the built-in sampler
     * @param batch images that the built-in sampler makes at once
     * @param features ONNX feature networks of built-in metrics, by metric: of fid and fd_dinov2; fd_random needs none
     * @param reference statistics that built-in metrics compare with; {@code reference.npz} beside the run's snapshots
     *     without one
     * @param backend what runs the networks of the built-in sampler
     * @param precision of the built-in sampler: f32 on all machines, so that all may take part; {@code auto} is f16 on
     *     those with a GPU
     * @param decoder ONNX decoder of latents, for networks that make them
     * @param latentScale what latents are multiplied with for the network, after {@code latentShift} is taken off; of
     *     EDM2 without both
     * @param decoderRange black and white of the decoder: {@code 0..1} or {@code -1..1}
     */
    record EvaluatorSettings(
            @NotNull(message = "is missing: builtin or command")
            EvaluatorType type,

            @DefaultValue List<String> command,
            @DefaultValue("file") Delivery weights,
            @Nullable Format format,
            @DefaultValue("24h") Duration timeout,
            @DefaultValue("1") int retries,
            @DefaultValue("") String version,
            @DefaultValue("32") int steps,
            @DefaultValue("64") int batch,
            @DefaultValue Map<String, Path> features,
            @Nullable Path reference,
            @DefaultValue("onnx") Computing.Library backend,
            @DefaultValue("f32") Computing.Precision precision,
            @Nullable Path decoder,
            @DefaultValue List<Double> latentScale,
            @DefaultValue List<Double> latentShift,
            @DefaultValue("") String decoderRange) {
        Optional<Format> wantedFormat() {
            return Optional.ofNullable(format);
        }
    }
}
