package phema.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.springframework.boot.Banner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import phema.evaluation.Axes;
import phema.evaluation.AxisValues;
import phema.evaluation.Seeds;
import phema.fleet.Fleet;
import phema.fleet.WorkState;
import phema.format.Format;
import phema.solver.FilesToRead;
import phema.solver.SolverKind;
import phema.sweep.Sweep;
import phema.sweep.SweepSpec;
import phema.sweep.Sweeps;

/**
 * Times trials that evaluate nothing, on worker processes of their own: what remains is the scheduler, the database and
 * the start of {@code echo}.
 */
public final class SchedulerBenchmark {
    private static final int LENGTHS = 10;

    private final Class<?> application;
    private final Path folder;
    private final List<String> settings;

    /**
     * @param application that workers run
     * @param folder for the run, the database and the workers' output
     * @param more settings, such as the address of a database
     */
    public SchedulerBenchmark(Class<?> application, Path folder, List<String> more) {
        this.application = application;
        this.folder = folder;
        settings = new ArrayList<>(List.of(
                "--phema.home=" + folder.resolve("home"),
                "--phema.roots=" + folder.resolve("run"),
                "--phema.catalog.settle=0s",
                "--phema.evaluators.nothing.type=command",
                "--phema.evaluators.nothing.command=echo,{\"nothing\": 1}"));
        settings.addAll(more);
    }

    /** Seconds from asking for so many trials to the end of the last. */
    public double seconds(int trials, int workers) throws IOException, InterruptedException {
        SnapshotGenerator.uniform(Format.SAFETENSORS, 4, 100_000).write(folder.resolve("run"), 8, bytes -> {});
        List<String> own = new ArrayList<>(settings);
        own.add("--phema.worker.enabled=false");
        own.add("--logging.threshold.console=OFF"); // results are what is printed
        List<Process> processes = new ArrayList<>();
        try (ConfigurableApplicationContext context = new SpringApplicationBuilder(application)
                .web(WebApplicationType.NONE)
                .bannerMode(Banner.Mode.OFF)
                .run(own.toArray(String[]::new))) {
            for (int i = 0; i < workers; i++) processes.add(worker(i));
            Fleet fleet = context.getBean(Fleet.class);
            await(processes, () -> fleet.workers().size() >= workers);
            Sweeps sweeps = context.getBean(Sweeps.class);
            long start = System.nanoTime();
            Sweep sweep = sweeps.create(spec(trials));
            await(processes, () -> sweeps.sweep(sweep.id()).state().isEnd());
            double seconds = (System.nanoTime() - start) / 1e9;
            Sweep ended = sweeps.sweep(sweep.id());
            if (ended.count(WorkState.DONE) != ended.count())
                throw new IOException(ended.count(WorkState.FAILED) + " trials failed; see " + folder);
            return seconds;
        } finally {
            processes.forEach(Process::destroy);
            for (Process process : processes) if (!process.waitFor(30, TimeUnit.SECONDS)) process.destroyForcibly();
        }
    }

    /** At least so many distinct evaluations, or most would be found among those done before. */
    public static SweepSpec spec(int trials) {
        return new SweepSpec(
                "run",
                SweepSpec.SweepMode.GRID,
                AxisValues.NONE
                        .with(
                                Axes.LENGTH,
                                IntStream.rangeClosed(1, LENGTHS)
                                        .mapToObj(i -> 0.02 * i)
                                        .toList())
                        .with(
                                Axes.SEEDS,
                                LongStream.range(0, Math.ceilDiv(trials, LENGTHS))
                                        .mapToObj(seed -> new Seeds(seed, seed))
                                        .toList()),
                "nothing",
                "nothing",
                SolverKind.BLUP,
                FilesToRead.FEWEST,
                0.02,
                0);
    }

    /** This program again, as a worker. */
    private Process worker(int number) throws IOException {
        ProcessHandle.Info self = ProcessHandle.current().info();
        List<String> arguments = Arrays.asList(self.arguments().orElse(new String[0]));
        List<String> command = Stream.of(
                        Stream.of(self.command().orElse("java")),
                        arguments.subList(0, Math.max(0, arguments.indexOf("bench"))).stream(),
                        Stream.of("worker"),
                        settings.stream())
                .flatMap(part -> part)
                .toList();
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("worker-" + number + ".log").toFile())
                .start();
    }

    private void await(List<Process> processes, BooleanSupplier condition) throws IOException, InterruptedException {
        while (!condition.getAsBoolean()) {
            for (Process process : processes)
                if (!process.isAlive()) throw new IOException("a worker ended; see its output in " + folder);
            Thread.sleep(20);
        }
    }
}
