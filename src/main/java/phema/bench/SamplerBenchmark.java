package phema.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.LongStream;
import phema.edm2.Computing;
import phema.edm2.Generator;
import phema.edm2.Network;
import phema.edm2.NetworkSpec;
import phema.edm2.SamplerOptions;

/** Times sampling with an untrained network, here and by another implementation. */
public final class SamplerBenchmark {
    private final Path weights;
    private final int images;
    private final int steps;

    /** @param folder for the weights, which are written at once */
    public SamplerBenchmark(NetworkSpec network, int images, int steps, Path folder) throws IOException {
        this.weights = folder.resolve("network.safetensors");
        this.images = images;
        this.steps = steps;
        Network.writeUntrained(weights, network, 0);
    }

    /**
     * Says how long images took.
     *
     * @param open reading the network, and all that is done once
     * @param sample making all images at once
     */
    public record SamplerTiming(ProcessorTiming open, ProcessorTiming sample) {}

    /** Times this process. */
    public SamplerTiming time(Computing computing) throws IOException {
        SamplerOptions options = new SamplerOptions(steps, 0.002, 80, 7, 1, 0, 0, Double.POSITIVE_INFINITY, 1);
        Stopwatch opening = new Stopwatch();
        try (Generator generator = Generator.of(Network.read(weights), Optional.empty(), options, computing)) {
            ProcessorTiming open = opening.read();
            Stopwatch sampling = new Stopwatch();
            generator.fromSeeds(LongStream.range(0, images).boxed().toList(), OptionalInt.empty());
            return new SamplerTiming(open, sampling.read());
        }
    }

    /**
     * Times another implementation.
     *
     * @param command is given the weights, the number of images and of steps; prints seconds and CPU seconds of
     *     opening, then of sampling
     */
    public SamplerTiming time(List<String> command) throws IOException {
        double[] numbers = TwinProcess.numbers(command, 4, weights, images, steps);
        return new SamplerTiming(
                new ProcessorTiming(numbers[0], numbers[1]), new ProcessorTiming(numbers[2], numbers[3]));
    }

    private static final class Stopwatch {
        private final long wall = System.nanoTime();
        private final double cpu = TrainingBenchmark.cpuSeconds();

        ProcessorTiming read() {
            return new ProcessorTiming((System.nanoTime() - wall) / 1e9, TrainingBenchmark.cpuSeconds() - cpu);
        }
    }
}
