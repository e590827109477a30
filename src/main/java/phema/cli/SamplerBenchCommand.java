package phema.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.SequencedMap;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import phema.bench.SamplerBenchmark;
import phema.bench.SamplerBenchmark.SamplerTiming;
import phema.edm2.Computing;
import phema.edm2.NetworkSpec;
import phema.problem.Problem;
import phema.storage.FileTree;
import phema.text.Labels;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs {@code phema bench sampler}. */
@Command(
        name = "sampler",
        description = "Times images of an untrained EDM2 network, of the size XS unless told otherwise.")
final class SamplerBenchCommand implements Callable<Integer> {
    private static final String TWIN = "twin";

    @Option(
            names = "--resolution",
            defaultValue = "64",
            description = "Resolution of images (default: ${DEFAULT-VALUE}).")
    private int resolution;

    @Option(
            names = "--channels",
            defaultValue = "128",
            description = "Width of the network at full resolution (default: ${DEFAULT-VALUE}).")
    private int channels;

    @Option(
            names = "--channel-mult",
            split = ",",
            paramLabel = "INT",
            defaultValue = "1,2,3,4",
            description = "Widths at each resolution as multiples of it (default: ${DEFAULT-VALUE}).")
    private List<Integer> multipliers = new ArrayList<>();

    @Option(
            names = "--blocks",
            defaultValue = "3",
            description = "Blocks per resolution of the encoder (default: ${DEFAULT-VALUE}).")
    private int blocks;

    @Option(names = "--classes", defaultValue = "1000", description = "Labels (default: ${DEFAULT-VALUE}).")
    private int classes;

    @Option(names = "--images", defaultValue = "2", description = "Images at once (default: ${DEFAULT-VALUE}).")
    private int images;

    @Option(names = "--steps", defaultValue = "4", description = "Noise levels (default: ${DEFAULT-VALUE}).")
    private int steps;

    @Option(
            names = "--rounds",
            defaultValue = "3",
            description = "Rounds, of which medians are given (default: ${DEFAULT-VALUE}).")
    private int rounds;

    @Option(
            names = "--backend",
            split = ",",
            paramLabel = "NAME",
            defaultValue = "onnx",
            description = "What to time in turn: onnx (default), nd4j.")
    private List<Computing.Library> backends = new ArrayList<>();

    @Option(
            names = "--precision",
            defaultValue = "auto",
            paramLabel = "TYPE",
            description = "Of convolutions and attention by onnx: f32, f16 or auto (default).")
    private Computing.Precision precision = Computing.Precision.AUTO;

    @Option(
            names = "--twin",
            split = " ",
            paramLabel = "COMMAND",
            description = "Times another implementation in turn, such as \"python src/interop/time_sampler.py\" with "
                    + "PyTorch.")
    private List<String> twin = new ArrayList<>();

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        if (images < 1 || rounds < 1) throw Problem.invalid("images", "--images and --rounds must be at least 1");
        NetworkSpec network = NetworkSpec.of(resolution, 3, classes, channels, multipliers, blocks);
        PrintWriter out = CommandOutput.of(spec);
        out.printf(
                Locale.ROOT,
                "%,d parameters, %d images of %dx%d at once, %d evaluations of the network%n",
                network.parameterCount(),
                images,
                resolution,
                resolution,
                2 * steps - 1);
        SequencedMap<String, Computing> timed = new LinkedHashMap<>();
        for (Computing.Library library : backends)
            timed.put(
                    Labels.of(library),
                    new Computing(library, library == Computing.Library.ND4J ? Computing.Precision.AUTO : precision));
        timed.forEach((name, computing) -> out.println(name + ": " + computing.describe()));
        Path folder = Files.createTempDirectory("phema-bench-");
        try {
            time(new SamplerBenchmark(network, images, steps, folder), timed, out);
        } finally {
            FileTree.delete(folder);
        }
        return Cli.FINE;
    }

    private void time(SamplerBenchmark benchmark, SequencedMap<String, Computing> timed, PrintWriter out)
            throws IOException {
        SequencedMap<String, List<SamplerTiming>> results = new LinkedHashMap<>();
        for (int round = 0; round < rounds; round++) {
            for (var one : timed.entrySet()) add(results, one.getKey(), benchmark.time(one.getValue()));
            if (!twin.isEmpty()) add(results, TWIN, benchmark.time(twin));
        }
        Table table = new Table("median of " + rounds, "open", "CPU", "sample", "CPU", "/ twin's", "all CPU / twin's");
        results.forEach((name, timings) -> table.row(
                name,
                seconds(Median.of(timings, t -> t.open().seconds())),
                seconds(Median.of(timings, t -> t.open().cpuSeconds())),
                seconds(Median.of(timings, t -> t.sample().seconds())),
                seconds(Median.of(timings, t -> t.sample().cpuSeconds())),
                ratio(timings, results, SamplerBenchCommand::sampling),
                ratio(timings, results, t -> t.open().cpuSeconds() + sampling(t))));
        table.print(out);
    }

    private static double sampling(SamplerTiming timing) {
        return timing.sample().cpuSeconds();
    }

    private static void add(SequencedMap<String, List<SamplerTiming>> results, String name, SamplerTiming timing) {
        results.computeIfAbsent(name, n -> new ArrayList<>()).add(timing);
    }

    /** The median of ratios of what was timed in one round, since what else a machine does changes. */
    private static String ratio(
            List<SamplerTiming> ours,
            SequencedMap<String, List<SamplerTiming>> results,
            ToDoubleFunction<SamplerTiming> figure) {
        List<SamplerTiming> theirs = results.getOrDefault(TWIN, List.of());
        if (theirs.isEmpty()) return "";
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < ours.size(); i++)
            ratios.add(figure.applyAsDouble(ours.get(i)) / figure.applyAsDouble(theirs.get(i)));
        return String.format(Locale.ROOT, "%.2f", Median.of(ratios, ratio -> ratio));
    }

    private static String seconds(double seconds) {
        return String.format(Locale.ROOT, "%.2f", seconds);
    }
}
