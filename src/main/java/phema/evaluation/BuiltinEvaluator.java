package phema.evaluation;

import static java.util.stream.Collectors.joining;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import phema.catalog.Run;
import phema.edm2.Computing;
import phema.edm2.Decoding;
import phema.edm2.Generator;
import phema.edm2.LatentCoding;
import phema.edm2.LatentDecoder;
import phema.edm2.Network;
import phema.edm2.SamplerOptions;
import phema.evaluation.EvaluatorProperties.EvaluatorSettings;
import phema.format.Format;
import phema.metrics.FeatureNetwork;
import phema.metrics.Images;
import phema.metrics.Metric;
import phema.metrics.OnnxNetwork;
import phema.metrics.RandomNetwork;
import phema.metrics.References;
import phema.problem.Problem;

/**
 * Evaluates with our own sampler and metrics, in this process: one image per seed, never written,
 * compared with reference statistics.
 */
final class BuiltinEvaluator implements Evaluator {
    /** The file of reference statistics beside the snapshots, where no other is configured. */
    static final String REFERENCE = "reference.npz";

    /** The parameter that sweeps may vary. */
    private static final String STEPS = "steps";

    /**
     * The version of what our sampler and metrics mean. Raised when the same weights may give other metrics than
     * before, beyond rounding, and then a part of the identity's text; evaluations made before are made again.
     */
    private static final int MEANING = 1;

    private static final int SHOWN_DIGITS = 12;

    private final FileDigests files = new FileDigests();
    private final String name;
    private final EvaluatorSettings settings;

    BuiltinEvaluator(String name, EvaluatorSettings settings) {
        this.name = name;
        this.settings = settings;
    }

    @Override
    public EvaluatorIdentity identity(EvaluationSpec spec, Run run) throws IOException {
        Map<String, String> shown = new TreeMap<>();
        shown.put("type", "builtin");
        shown.put("meaning", String.valueOf(MEANING));
        shown.put("version", settings.version());
        shown.put("steps", String.valueOf(settings.steps()));
        SortedSet<Metric> metrics = metrics(spec);
        shown.put("metrics", metrics.stream().map(Metric::word).collect(joining(", ")));
        StringBuilder text = new StringBuilder(name + " " + settings.version() + " " + settings.steps());
        for (Metric metric : metrics) {
            text.append(' ').append(metric.word());
            Path file = settings.features().get(metric.word());
            if (file != null) text.append(' ').append(digest(file, "features." + metric.word(), shown));
        }
        text.append(' ').append(digest(reference(run), "reference", shown));
        if (settings.decoder() != null)
            text.append(' ')
                    .append(digest(settings.decoder(), "decoder", shown))
                    .append(' ')
                    .append(coding().identity());
        shown.put("computing", computing().identity());
        // Evaluations from before there was a choice are ND4J's.
        if (settings.backend() != Computing.Library.ND4J)
            text.append(' ').append(computing().identity());
        return new EvaluatorIdentity(text.toString(), shown);
    }

    private LatentCoding coding() {
        return LatentCoding.of(settings.latentScale(), settings.latentShift(), settings.decoderRange());
    }

    private Decoding decoding() throws IOException {
        return settings.decoder() == null ? Decoding.NONE : LatentDecoder.open(settings.decoder(), coding());
    }

    private Computing computing() {
        return new Computing(settings.backend(), settings.precision());
    }

    private String digest(Path file, String setting, Map<String, String> shown) throws IOException {
        String digest = files.of(file).orElse(EvaluatorIdentity.UNKNOWN);
        shown.put(setting, digest.substring(0, Math.min(SHOWN_DIGITS, digest.length())));
        return digest;
    }

    /** A file of weights may have no place for the settings that a manifest states, and here they are used. */
    @Override
    public String identity(EvaluationWeights weights) {
        String unusual = weights.unusualSettings();
        return weights.identity() + (unusual.isEmpty() ? "" : " " + unusual);
    }

    @Override
    public int retries() {
        return settings.retries();
    }

    @Override
    public Optional<Format> format() {
        return Optional.empty();
    }

    @Override
    public void requireStartable(EvaluationSpec spec, Run run) {
        for (Param param : spec.axes().get(Axes.PARAMS)) {
            if (!param.name().equals(STEPS))
                throw Problem.invalid(
                        "params", "the evaluator " + name + " knows the parameter steps, not " + param.name());
            param.values().forEach(BuiltinEvaluator::steps);
        }
        for (Metric metric : metrics(spec)) {
            Path file = settings.features().get(metric.word());
            if (metric != Metric.FD_RANDOM && (file == null || !Files.isRegularFile(file)))
                throw Problem.invalid(
                        "metric",
                        metric.word() + " needs its feature network: phema.evaluators." + name + ".features."
                                + metric.word() + (file == null ? " is missing" : " " + file + " is no file"));
        }
        coding();
        if (settings.decoder() == null)
            LatentCoding.requireNone(settings.latentScale(), settings.latentShift(), settings.decoderRange());
        else if (!Files.isRegularFile(settings.decoder()))
            throw Problem.invalid(
                    "evaluator", "phema.evaluators." + name + ".decoder " + settings.decoder() + " is no file");
        Path reference = reference(run);
        if (!Files.isRegularFile(reference))
            throw Problem.invalid(
                    "evaluator",
                    "there are no reference statistics at " + reference
                            + ": make them with phema metrics ref, or name others with phema.evaluators." + name
                            + ".reference");
        for (Seeds seeds : spec.axes().get(Axes.SEEDS))
            if (seeds.count() <= RandomNetwork.FEATURES)
                throw Problem.invalid(
                        "seeds",
                        "seeds " + seeds + " make too few images for a metric; it needs more than "
                                + RandomNetwork.FEATURES);
    }

    @Override
    public Map<String, Double> evaluate(EvaluationTask task, EvaluationLog log, Pictures pictures) throws IOException {
        Point point = task.point();
        References references = References.read(reference(task.weights().run()));
        List<FeatureNetwork> networks = new ArrayList<>();
        try {
            for (Metric metric : metrics(task.spec())) {
                references.of(metric); // before hours of work, not after
                networks.add(network(metric));
            }
            Network network = task.weights().load();
            log.line(network + ", guidance " + point.guidance() + ", seeds " + point.seeds() + ", on "
                    + computing().describe());
            Optional<Network> guide = Optional.empty();
            if (task.guide().isPresent() && point.guidance() != 1)
                guide = Optional.of(task.guide().get().load());
            network.notices().forEach(log::line);
            guide.ifPresent(other -> other.notices().forEach(log::line));
            ParamValue asked = point.get(Axes.PARAMS).get(STEPS);
            int steps = asked == null ? settings.steps() : steps(asked);
            SamplerOptions options =
                    new SamplerOptions(steps, 0.002, 80, 7, point.guidance(), 0, 0, Double.POSITIVE_INFINITY, 1);
            List<Long> seeds = LongStream.rangeClosed(
                            point.seeds().first(), point.seeds().last())
                    .boxed()
                    .toList();
            try (Decoding decoding = decoding();
                    Generator generator = Generator.of(network, guide, options, computing())) {
                Map<Metric, Double> distances = ImageMeasurements.ofNetwork(
                                generator, decoding, seeds, settings.batch(), networks, watch(seeds, log, pictures))
                        .distances(references);
                Map<String, Double> metrics = new LinkedHashMap<>();
                distances.forEach((metric, value) -> metrics.put(metric.word(), value));
                return metrics;
            }
        } finally {
            networks.forEach(FeatureNetwork::close);
        }
    }

    private static int steps(ParamValue value) {
        if (!value.text().matches("[1-9]\\d{0,3}"))
            throw Problem.invalid("params", "params.steps must be a whole number from 1 to 9999, not " + value);
        return Integer.parseInt(value.text());
    }

    /** A line for every tenth, and the first images; the only place at which sampling can be told to end. */
    private static Consumer<Images> watch(List<Long> seeds, EvaluationLog log, Pictures pictures) {
        int total = seeds.size();
        int[] done = {0};
        return images -> {
            if (Thread.currentThread().isInterrupted()) throw new CancellationException();
            for (int i = 0; i < images.count() && pictures.wantsMore(); i++)
                pictures.add(PictureReader.of(seeds.get(done[0] + i), images, i));
            long before = done[0] * 10L / total;
            done[0] += images.count();
            if (done[0] * 10L / total > before) log.line(done[0] + " of " + total + " images");
        };
    }

    private SortedSet<Metric> metrics(EvaluationSpec spec) {
        SortedSet<Metric> metrics = new TreeSet<>();
        settings.features().keySet().forEach(word -> metrics.add(Metric.named(word)));
        spec.metrics().names().forEach(word -> metrics.add(Metric.named(word)));
        return metrics;
    }

    private FeatureNetwork network(Metric metric) throws IOException {
        Path file = settings.features().get(metric.word());
        return file == null ? new RandomNetwork() : OnnxNetwork.open(metric, file);
    }

    private Path reference(Run run) {
        Path configured = settings.reference();
        return configured == null ? run.folder().resolve(REFERENCE) : configured;
    }
}
