package phema.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import phema.edm2.Computing;
import phema.edm2.Dataset;
import phema.edm2.Decoding;
import phema.edm2.Generator;
import phema.evaluation.ImageMeasurements;
import phema.metrics.Measurement;
import phema.metrics.Metric;
import phema.metrics.References;
import phema.problem.Problem;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs {@code phema metrics} and its subcommands. */
@Command(
        name = "metrics",
        description = "Frechet distances of images. Takes the options of EDM2's calculate_metrics.py.",
        subcommands = {MetricsCommand.Calc.class, MetricsCommand.Gen.class, MetricsCommand.RefCommand.class})
final class MetricsCommand {
    private static final String IMAGES = "50000";

    @Command(name = "calc", description = "Metrics of images in a folder, ZIP file or .npz file.")
    static final class Calc implements Callable<Integer> {
        @Option(
                names = "--images",
                paramLabel = "PATH",
                required = true,
                description = "Folder or ZIP file of PNG and JPEG images, or .npz with them as arr_0 [N,H,W,3].")
        private Path images = Path.of("");

        @Option(
                names = "--ref",
                paramLabel = "FILE",
                required = true,
                description = "Reference statistics, .npz or pickle.")
        private Path ref = Path.of("");

        @Option(names = "--num", defaultValue = IMAGES, description = "Images to use (default: ${DEFAULT-VALUE}).")
        private int num;

        @Option(
                names = "--seed",
                defaultValue = "0",
                description = "Decides which images are used where there are more (default: ${DEFAULT-VALUE}).")
        private long seed;

        @Option(names = "--json", description = "Print JSON.")
        private boolean json;

        @Mixin
        private FeatureOptions features = new FeatureOptions();

        @Spec
        private @Nullable CommandSpec spec;

        @Override
        public Integer call() throws IOException {
            requirePositive("num", num);
            References references = References.read(ref);
            try (FeatureOptions.Networks networks = features.open();
                    Dataset dataset = Dataset.open(images)) {
                networks.requireReferences(references);
                dataset.notices().forEach((json ? CommandOutput.errors(spec) : CommandOutput.of(spec))::println);
                if (dataset.size() < num)
                    throw Problem.invalid(
                            "num",
                            "%s holds %,d images where --num asks for %,d".formatted(images, dataset.size(), num));
                List<Integer> indices = new ArrayList<>(
                        IntStream.range(0, dataset.size()).boxed().toList());
                if (num < indices.size()) Collections.shuffle(indices, new Random(seed));
                try (Progress progress = new Progress(CommandOutput.errors(spec), num, n -> n + " images")) {
                    Map<Metric, Double> values = ImageMeasurements.ofDataset(
                                    dataset,
                                    Decoding.NONE,
                                    indices.subList(0, num),
                                    features.batch(),
                                    networks.all(),
                                    progress)
                            .distances(references);
                    print(CommandOutput.of(spec), json, values, num, 1);
                }
            }
            return Cli.FINE;
        }
    }

    @Command(name = "gen", description = "Metrics of images that a network makes, without writing them.")
    static final class Gen implements Callable<Integer> {
        @Mixin
        private NetworkOptions nets = new NetworkOptions();

        @Option(
                names = "--ref",
                paramLabel = "FILE",
                required = true,
                description = "Reference statistics, .npz or pickle.")
        private Path ref = Path.of("");

        @Option(names = "--num", defaultValue = IMAGES, description = "Images to make (default: ${DEFAULT-VALUE}).")
        private int num;

        @Option(
                names = "--seed",
                defaultValue = "0",
                description = "Seed of the first image (default: ${DEFAULT-VALUE}).")
        private long seed;

        @Option(
                names = "--repeats",
                defaultValue = "1",
                description =
                        "Evaluations with the seeds that follow; the least value counts (default: ${DEFAULT-VALUE}; "
                                + "published values: 3).")
        private int repeats;

        @Option(names = "--json", description = "Print JSON.")
        private boolean json;

        @Mixin
        private FeatureOptions features = new FeatureOptions();

        @Mixin
        private DecoderOptions decoder = new DecoderOptions();

        @Mixin
        private SamplingOptions sampler = new SamplingOptions();

        @Spec
        private @Nullable CommandSpec spec;

        @Override
        public Integer call() throws IOException {
            requirePositive("num", num);
            requirePositive("repeats", repeats);
            References references = References.read(ref);
            Map<Metric, Double> least = new EnumMap<>(Metric.class);
            PrintWriter told = json ? CommandOutput.errors(spec) : CommandOutput.of(spec);
            Computing computing = sampler.computing();
            if (!json) told.println("computing on " + computing.describe());
            try (FeatureOptions.Networks networks = features.open();
                    Decoding decoding = decoder.open();
                    Generator generator = Generator.of(
                            nets.network(told), nets.guide(sampler.options(), told), sampler.options(), computing)) {
                networks.requireReferences(references);
                try (Progress progress =
                        new Progress(CommandOutput.errors(spec), (long) num * repeats, n -> n + " images")) {
                    for (int repeat = 0; repeat < repeats; repeat++) {
                        long first = seed + (long) repeat * num;
                        List<Long> seeds =
                                LongStream.range(first, first + num).boxed().toList();
                        ImageMeasurements.ofNetwork(
                                        generator,
                                        decoding,
                                        seeds,
                                        features.batch(),
                                        networks.all(),
                                        images -> progress.accept(images.count()))
                                .distances(references)
                                .forEach((metric, value) -> least.merge(metric, value, Math::min));
                    }
                }
            }
            print(CommandOutput.of(spec), json, least, num, repeats);
            return Cli.FINE;
        }
    }

    @Command(name = "ref", description = "Reference statistics of a dataset.")
    static final class RefCommand implements Callable<Integer> {
        @Option(
                names = "--data",
                paramLabel = "PATH",
                required = true,
                description =
                        "Folder or ZIP file of PNG and JPEG images, or with --decoder of latents (.npy); .npz with "
                                + "images as arr_0 [N,H,W,3]; or `procedural` for the shapes that train makes up.")
        private String data = "";

        @Option(
                names = "--resolution",
                defaultValue = "16",
                description = "Resolution of procedural images (default: ${DEFAULT-VALUE}).")
        private int resolution;

        @Option(names = "--dest", paramLabel = "FILE.npz", required = true, description = "File for the statistics.")
        private Path dest = Path.of("");

        @Option(names = "--overwrite", description = "Replace the file if it exists.")
        private boolean overwrite;

        @Mixin
        private DecoderOptions decoder = new DecoderOptions();

        @Option(
                names = "--encoder",
                paramLabel = "FILE",
                description = "ONNX encoder that images go through before the decoder: statistics of what latents keep "
                        + "of them.")
        private @Nullable Path encoder;

        @Mixin
        private FeatureOptions features = new FeatureOptions();

        @Spec
        private @Nullable CommandSpec spec;

        @Override
        public Integer call() throws IOException {
            if (!dest.toString().endsWith(".npz"))
                throw Problem.invalid("dest", "--dest " + dest + ": statistics are written as .npz");
            if (Files.exists(dest) && !overwrite)
                throw Problem.conflict(dest + " exists; choose another name or --overwrite");
            ReportOptions.requireWritable("dest", dest);
            try (FeatureOptions.Networks networks = features.open();
                    Decoding decoding = decoder.open(encoder);
                    Dataset dataset = TrainCommand.dataset(data, resolution)) {
                dataset.notices().forEach(CommandOutput.of(spec)::println);
                List<Integer> indices =
                        IntStream.range(0, dataset.size()).boxed().toList();
                try (Progress progress = new Progress(CommandOutput.errors(spec), dataset.size(), n -> n + " images")) {
                    Measurement measurement = ImageMeasurements.ofDataset(
                            dataset, decoding, indices, features.batch(), networks.all(), progress);
                    ImageMeasurements.write(dest, measurement.statistics());
                }
                CommandOutput.of(spec)
                        .printf(Locale.ROOT, "wrote statistics of %,d images to %s%n", dataset.size(), dest);
            }
            return Cli.FINE;
        }
    }

    private static void requirePositive(String option, int value) {
        if (value < 1) throw Problem.invalid(option, "--" + option + " must be at least 1, not " + value);
    }

    private static void print(PrintWriter out, boolean json, Map<Metric, Double> values, int images, int repeats) {
        if (json) {
            Map<String, Double> words = new LinkedHashMap<>();
            values.forEach((metric, value) -> words.put(metric.word(), value));
            CommandOutput.json(out, words);
            return;
        }
        values.forEach((metric, value) -> out.printf(
                Locale.ROOT,
                "%-10s %.6g   %,d images%s%s%n",
                metric.word(),
                value,
                images,
                repeats > 1 ? ", least of " + repeats : "",
                metric.caution().isEmpty() ? "" : ", " + metric.caution()));
    }
}
