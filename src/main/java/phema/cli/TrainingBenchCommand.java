package phema.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import phema.bench.ProcessorTiming;
import phema.bench.TrainingBenchmark;
import phema.edm2.Architecture;
import phema.edm2.NetworkSpec;
import phema.edm2.Training;
import phema.problem.Problem;
import phema.storage.FileTree;
import phema.text.ByteSize;
import phema.text.Labels;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs {@code phema bench training}. */
@Command(
        name = "training",
        description = "Times steps of training a network on procedural images, or watches the memory that they take.")
final class TrainingBenchCommand implements Callable<Integer> {
    private static final int LABELS = 4;
    private static final int MEMORY_STEPS = 2000;
    private static final Set<Integer> MEMORY_REPORTS = Set.of(100, 500, 1000, 1500, MEMORY_STEPS);

    @Option(names = "--arch", defaultValue = "edm2", description = "edm2 (default) or adm.")
    private Architecture architecture = Architecture.EDM2;

    @Option(
            names = "--resolution",
            defaultValue = "16",
            description = "Resolution of images (default: ${DEFAULT-VALUE}).")
    private int resolution;

    @Option(
            names = "--channels",
            defaultValue = "32",
            description = "Width of the network at full resolution (default: ${DEFAULT-VALUE}).")
    private int channels;

    @Option(
            names = "--channel-mult",
            split = ",",
            paramLabel = "INT",
            defaultValue = "1,2",
            description = "Widths at each resolution as multiples of it (default: ${DEFAULT-VALUE}).")
    private List<Integer> multipliers = new ArrayList<>();

    @Option(
            names = "--blocks",
            defaultValue = "1",
            description = "Blocks per resolution of the encoder (default: ${DEFAULT-VALUE}).")
    private int blocks;

    @Option(names = "--batch", defaultValue = "32", description = "Images per step (default: ${DEFAULT-VALUE}).")
    private int batch;

    @Option(names = "--steps", defaultValue = "10", description = "Steps per round (default: ${DEFAULT-VALUE}).")
    private int steps;

    @Option(
            names = "--rounds",
            defaultValue = "3",
            description = "Rounds, of which medians are given (default: ${DEFAULT-VALUE}).")
    private int rounds;

    @Option(
            names = "--twin",
            split = " ",
            paramLabel = "COMMAND",
            description =
                    "Times another implementation in turn, such as \"python src/interop/time_twin.py\" with PyTorch.")
    private List<String> twin = new ArrayList<>();

    @Option(
            names = "--memory",
            description = "Instead, take 2,000 steps and say how much memory is resident on the way.")
    private boolean memory;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        if (batch < 1 || steps < 1 || rounds < 1)
            throw Problem.invalid("batch", "--batch, --steps and --rounds must be at least 1");
        if (!twin.isEmpty() && architecture != Architecture.EDM2)
            throw Problem.invalid("twin", "--twin is an EDM2 network; time --arch adm alone");
        NetworkSpec network = NetworkSpec.of(architecture, resolution, 3, LABELS, channels, multipliers, blocks);
        CommandOutput.of(spec)
                .printf(
                        Locale.ROOT,
                        "%s, %,d parameters, %d images of %dx%d a step, on %s%n",
                        Labels.of(architecture),
                        network.parameterCount(),
                        batch,
                        resolution,
                        resolution,
                        Training.backend());
        Path folder = Files.createTempDirectory("phema-bench-");
        try {
            TrainingBenchmark benchmark = new TrainingBenchmark(network, batch, folder);
            if (memory) watch(benchmark);
            else time(benchmark);
        } finally {
            FileTree.delete(folder);
        }
        return Cli.FINE;
    }

    private void time(TrainingBenchmark benchmark) throws IOException {
        Table table = new Table("round", "seconds", "CPU seconds", "twin", "twin CPU", "ratio", "CPU ratio");
        List<ProcessorTiming> ours = new ArrayList<>();
        List<ProcessorTiming> theirs = new ArrayList<>();
        for (int i = 1; i <= rounds; i++) {
            ours.add(benchmark.time(steps));
            if (!twin.isEmpty()) theirs.add(benchmark.time(twin, steps));
            row(
                    table,
                    String.valueOf(i),
                    ours.subList(i - 1, i),
                    twin.isEmpty() ? List.of() : theirs.subList(i - 1, i));
        }
        row(table, "median", ours, theirs);
        table.print(CommandOutput.of(spec));
    }

    private static void row(Table table, String name, List<ProcessorTiming> ours, List<ProcessorTiming> theirs) {
        double wall = Median.of(ours, ProcessorTiming::seconds);
        double cpu = Median.of(ours, ProcessorTiming::cpuSeconds);
        List<String> cells = new ArrayList<>(List.of(name, "%.3f".formatted(wall), "%.3f".formatted(cpu)));
        if (theirs.isEmpty()) {
            cells.addAll(List.of("", "", "", ""));
        } else {
            double twinWall = Median.of(theirs, ProcessorTiming::seconds);
            double twinCpu = Median.of(theirs, ProcessorTiming::cpuSeconds);
            for (double value : new double[] {twinWall, twinCpu}) cells.add("%.3f".formatted(value));
            for (double value : new double[] {wall / twinWall, cpu / twinCpu}) cells.add("%.2f".formatted(value));
        }
        table.row(cells.toArray(String[]::new));
    }

    private void watch(TrainingBenchmark benchmark) throws IOException {
        PrintWriter out = CommandOutput.of(spec);
        benchmark.train(MEMORY_STEPS, step -> {
            if (!MEMORY_REPORTS.contains(step)) return;
            String resident = TrainingBenchmark.residentBytes().stream()
                    .mapToObj(ByteSize::print)
                    .findFirst()
                    .orElse("unknown");
            out.printf(Locale.ROOT, "after %,5d steps: %s resident%n", step, resident);
            out.flush();
        });
    }
}
