package phema.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.IntConsumer;
import java.util.stream.Stream;
import phema.edm2.LearningRate;
import phema.edm2.NetworkSpec;
import phema.edm2.ProceduralDataset;
import phema.edm2.Training;
import phema.edm2.TrainingOptions;
import phema.edm2.WeightTracker;
import phema.tensor.DType;

/** Times steps of training on procedural images, and those of another implementation, and watches memory. */
public final class TrainingBenchmark {
    /** The number of steps before the clock starts: the graph is built and code compiled. */
    private static final int WARM_UP = 3;

    private static final int IMAGES = 1 << 16;
    private static final long NEVER = 1L << 40;

    private final NetworkSpec network;
    private final int batch;
    private final Path folder;

    /** @param folder of a training run, which goes on with every call and leaves a checkpoint each time */
    public TrainingBenchmark(NetworkSpec network, int batch, Path folder) {
        this.network = network;
        this.batch = batch;
        this.folder = folder;
    }

    /** Times steps of this process. @return the mean of one */
    public ProcessorTiming time(int steps) throws IOException {
        int all = WARM_UP + steps;
        long[] wall = new long[all + 1];
        double[] cpu = new double[all + 1];
        train(all, step -> {
            wall[step] = System.nanoTime();
            cpu[step] = cpuSeconds();
        });
        return new ProcessorTiming((wall[all] - wall[WARM_UP]) / 1e9 / steps, (cpu[all] - cpu[WARM_UP]) / steps);
    }

    /**
     * Times steps of another implementation on the same network.
     *
     * @param command is given the checkpoint, the batch and the number of steps, and prints seconds and CPU seconds of
     *     a step
     * @return that of one step
     */
    public ProcessorTiming time(List<String> command, int steps) throws IOException {
        double[] numbers = TwinProcess.numbers(command, 2, checkpoint(), batch, steps);
        return new ProcessorTiming(numbers[0], numbers[1]);
    }

    /** Takes steps; {@code after} is told the number of each. */
    public void train(int steps, IntConsumer after) throws IOException {
        TrainingOptions options = new TrainingOptions(
                network,
                NEVER * batch,
                batch,
                batch,
                new LearningRate(0.001, 0, 0),
                -0.8,
                1.6,
                0,
                0,
                false,
                List.of(WeightTracker.PowerTracker.of(0.1)),
                NEVER * batch,
                NEVER * batch,
                0,
                0,
                DType.F16);
        int[] done = {0};
        Training.run(
                options,
                new ProceduralDataset(IMAGES, network.resolution(), 0),
                folder,
                batch,
                status -> after.accept(++done[0]),
                () -> done[0] == steps);
    }

    /** Memory of this process that is in RAM, where the system tells. */
    public static OptionalLong residentBytes() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                    .findFirst();
        } catch (IOException e) {
            return OptionalLong.empty();
        }
    }

    private Path checkpoint() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().startsWith("training-state-"))
                    .max(Path::compareTo)
                    .orElseThrow(() -> new IllegalStateException("time this process first"));
        }
    }

    /** Processor time of this process so far, of all threads. */
    static double cpuSeconds() {
        return ProcessHandle.current()
                .info()
                .totalCpuDuration()
                .map(d -> d.toNanos() / 1e9)
                .orElse(Double.NaN);
    }
}
