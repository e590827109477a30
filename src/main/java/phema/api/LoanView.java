package phema.api;

import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;
import phema.evaluation.Axes;
import phema.evaluation.EvaluationSpec;
import phema.evaluation.EvaluationTask;
import phema.evaluation.EvaluationWeights;
import phema.evaluation.Point;
import phema.evaluation.WeightsAddress;
import phema.sweep.RemoteTrials;
import tools.jackson.databind.JsonNode;

/**
 * Describes a trial that a client has taken.
 *
 * @param lease a secret: whoever holds it may extend it and end the trial
 * @param expires when somebody else may get the trial, unless a heartbeat comes before
 * @param sweep the id of its sweep
 * @param trial its number there
 * @param attempt how often the trial was begun
 * @param run whose weights they are
 * @param evaluator that is meant, as remote:mine@1
 * @param point where the trial is: sigmaRel, profile, length, time, guidance, params
 * @param seeds one image each, such as 0-49999
 * @param metric the one that the sweep optimises
 * @param metrics all that must be told
 * @param guide the guiding network, where there is another one than the network itself
 */
public record LoanView(
        String lease,
        Instant expires,
        String sweep,
        int trial,
        int attempt,
        String run,
        String evaluator,

        @Schema(
                implementation = Object.class,
                example = "{\"sigmaRel\": 0.1, \"time\": 73728, \"guidance\": 1.4, \"params\": {\"steps\": 16}}")
        Map<String, JsonNode> point,

        @Schema(example = "0-49999") String seeds,
        String metric,
        List<String> metrics,
        WeightsView weights,
        @Nullable GuideView guide) {
    /**
     * Says where weights are, below the service's address.
     *
     * @param file like the run's own
     * @param pkl where the run is of EDM2's pickles
     * @param dcp a folder as a zip archive
     * @param etag that of safetensors, or of file where the weights cannot be that
     * @param etags of all of them, by the same names: as the header ETag has it, quotes included
     */
    public record WeightsView(
            String file,
            @Nullable String safetensors,
            @Nullable String pt,
            @Nullable String pkl,
            @Nullable String dcp,
            String etag,
            Map<String, String> etags) {
        static WeightsView of(EvaluationSpec spec, EvaluationWeights weights) {
            SequencedMap<String, WeightsAddress> all = weights.addresses(spec);
            Map<String, String> paths = new LinkedHashMap<>();
            Map<String, String> etags = new LinkedHashMap<>();
            all.forEach((name, address) -> {
                paths.put(name, address.path());
                etags.put(name, '"' + address.identity() + '"');
            });
            String file = Objects.requireNonNull(etags.get("file"));
            return new WeightsView(
                    Objects.requireNonNull(paths.get("file")),
                    paths.get("safetensors"),
                    paths.get("pt"),
                    paths.get("pkl"),
                    paths.get("dcp"),
                    etags.getOrDefault("safetensors", file),
                    etags);
        }
    }

    /** A guiding network and its weights. */
    public record GuideView(String run, double sigmaRel, double time, WeightsView weights) {
        static GuideView of(EvaluationSpec spec, Point.Guide guide, EvaluationWeights weights) {
            return new GuideView(guide.run(), guide.sigmaRel(), guide.time(), WeightsView.of(spec, weights));
        }
    }

    public static LoanView of(RemoteTrials.Loan loan) {
        EvaluationTask task = loan.task();
        EvaluationSpec spec = task.spec();
        Map<String, JsonNode> point = new LinkedHashMap<>(task.point().fields());
        point.remove(Axes.SEEDS.names().field());
        point.remove(Axes.GUIDES.names().field());
        List<String> metrics = spec.metrics().names();
        return new LoanView(
                loan.lease(),
                loan.expires(),
                task.sweep(),
                task.trial(),
                task.attempt(),
                spec.run(),
                spec.evaluator(),
                point,
                task.point().seeds().toString(),
                metrics.getFirst(),
                metrics,
                WeightsView.of(spec, task.weights()),
                task.point()
                        .guide()
                        .flatMap(guide -> task.guide().map(weights -> GuideView.of(spec, guide, weights)))
                        .orElse(null));
    }
}
