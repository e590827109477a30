package phema.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import phema.bench.HttpBenchmark;
import phema.bench.SchedulerBenchmark;
import phema.bench.SnapshotGenerator;
import phema.bench.SoakBenchmark;
import phema.bench.SynthesisBenchmark;
import phema.bench.ThinningBenchmark;
import phema.format.Format;
import phema.problem.Problem;
import phema.solver.FilesToRead;
import phema.storage.ByteSize;
import phema.synthesis.Limits;
import phema.synthesis.Stage;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Unmatched;

@Command(
        name = "bench",
        description = "Measures this machine; see docs/benchmarks.md.",
        subcommands = {
            BenchCommand.Generate.class,
            BenchCommand.SynthesisBench.class,
            BenchCommand.ThinningBench.class,
            TrainingBenchCommand.class,
            BenchCommand.Http.class,
            BenchCommand.Soak.class
        })
final class BenchCommand {
    private static final String ONLY_DISKS = "benchmarks measure disks of this machine; name a folder of one";

    @Command(
            name = "generate",
            description = "Writes a run of snapshots of any size; the same options give the same bytes.")
    static final class Generate implements Callable<Integer> {
        @Option(
                names = "--files",
                defaultValue = "32",
                description = "Number of snapshots (default: ${DEFAULT-VALUE}).")
        private int files;

        @Option(
                names = "--mb",
                defaultValue = "250",
                description = "Size of each in millions of bytes (default: ${DEFAULT-VALUE}).")
        private int megabytes;

        @Option(
                names = "--format",
                defaultValue = "edm2",
                description = "edm2 or safetensors (default: ${DEFAULT-VALUE}).")
        private Format format = Format.EDM2_PICKLE;

        @Option(names = "--tensors", description = "So many equal tensors instead of those of EDM2's network.")
        private @Nullable Integer tensors;

        @Parameters(paramLabel = "DIR", description = "Folder to write to.")
        private Path folder = Path.of("");

        @Spec
        private @Nullable CommandSpec spec;

        @Override
        public Integer call() throws IOException {
            Cli.requireLocal("dir", folder, ONLY_DISKS);
            if (files < 1 || megabytes < 1) throw Problem.invalid("files", "--files and --mb must be at least 1");
            if (format == Format.TORCH_ZIP)
                throw Problem.invalid("format", "--format pt cannot be generated; choose edm2 or safetensors");
            long bytes = megabytes * 1_000_000L;
            SnapshotGenerator generator = tensors == null
                    ? SnapshotGenerator.network(format, bytes)
                    : SnapshotGenerator.uniform(format, tensors, bytes);
            try (Progress progress = new Progress(CommandOutput.errors(spec), files * bytes)) {
                long written = generator.write(folder, files, progress);
                CommandOutput.of(spec).printf("wrote %d files, %s, to %s%n", files, ByteSize.print(written), folder);
            }
            return Cli.FINE;
        }
    }

    @Command(
            name = "synthesis",
            description =
                    "Times reconstruct against plainly reading and writing the same files, and says where the time goes.")
    static final class SynthesisBench implements Callable<Integer> {
        @Parameters(paramLabel = "DIR", description = "Folder of snapshots, such as bench generate writes.")
        private Path folder = Path.of("");

        @Option(
                names = "--scratch",
                paramLabel = "DIR",
                description = "Folder to write to and clean up (default: DIR/bench).")
        private @Nullable Path scratch;

        @Option(
                names = "--targets",
                split = ",",
                defaultValue = "1,8,25",
                description = "Numbers of EMA lengths (default: ${DEFAULT-VALUE}).")
        private List<Integer> targets = new ArrayList<>();

        @Option(
                names = "--rounds",
                defaultValue = "3",
                description = "Rounds, of which medians are given (default: ${DEFAULT-VALUE}).")
        private int rounds;

        @Spec
        private @Nullable CommandSpec spec;

        @Override
        public Integer call() throws IOException {
            Cli.requireLocal("dir", folder, ONLY_DISKS);
            Cli.requireLocal("scratch", scratch, ONLY_DISKS);
            PrintWriter out = CommandOutput.of(spec);
            SynthesisBenchmark benchmark =
                    new SynthesisBenchmark(folder, scratch == null ? folder.resolve("bench") : scratch);
            List<SynthesisBenchmark.SynthesisRound> measured = new ArrayList<>();
            for (int i = 0; i < rounds; i++) {
                CommandOutput.errors(spec).println("round " + (i + 1) + " of " + rounds);
                measured.add(benchmark.round(targets));
            }
            double read = median(measured, SynthesisBenchmark.SynthesisRound::plainRead);
            out.printf(
                    Locale.ROOT,
                    "%s, %d processors, medians of %d rounds%nplain read: %.2f s%n%n",
                    benchmark.describe(),
                    Runtime.getRuntime().availableProcessors(),
                    rounds,
                    read);
            Table commands = new Table(
                    "targets", "files", "seconds", "/ plain read", "plain write", "/ (read + write)", "resident");
            for (int n : targets) {
                row(commands, n, "all", measured, SynthesisBenchmark.SynthesisRound::all);
                row(commands, n, "fewest", measured, SynthesisBenchmark.SynthesisRound::fewest);
            }
            commands.print(out);
            double bandwidth = Limits.memoryBandwidth();
            double peak = Limits.multiplyAdds();
            out.printf(
                    Locale.ROOT,
                    "%nlimits of this machine: %.1f GB/s read from memory, %.1f G multiply-adds/s in the first-level cache%n",
                    bandwidth / 1e9,
                    peak / 1e9);
            out.println("in process, seconds of all workers together:");
            Table stages = new Table(
                    "targets",
                    "files",
                    "wall",
                    "open",
                    "read",
                    "convert",
                    "combine",
                    "narrow",
                    "write",
                    "read GB/s",
                    "G madd/s",
                    "of peak");
            for (int n : targets) {
                row(stages, benchmark.breakdown(n, FilesToRead.ALL, 256 << 20), peak);
                row(stages, benchmark.breakdown(n, FilesToRead.FEWEST, 256 << 20), peak);
            }
            stages.print(out);
            return Cli.FINE;
        }

        private static void row(
                Table table,
                int targets,
                String files,
                List<SynthesisBenchmark.SynthesisRound> rounds,
                Function<SynthesisBenchmark.SynthesisRound, Map<Integer, SynthesisBenchmark.Timing>> commands) {
            Function<SynthesisBenchmark.SynthesisRound, SynthesisBenchmark.Timing> timing =
                    round -> Objects.requireNonNull(commands.apply(round).get(targets));
            Function<SynthesisBenchmark.SynthesisRound, Double> write =
                    round -> Objects.requireNonNull(round.plainWrite().get(targets));
            table.row(
                    String.valueOf(targets),
                    files,
                    "%.2f".formatted(median(rounds, r -> timing.apply(r).seconds())),
                    "%.2f".formatted(median(rounds, r -> timing.apply(r).seconds() / r.plainRead())),
                    "%.2f".formatted(median(rounds, write::apply)),
                    "%.2f".formatted(median(rounds, r -> timing.apply(r).seconds() / (r.plainRead() + write.apply(r)))),
                    ByteSize.print(
                            (long) median(rounds, r -> (double) timing.apply(r).residentBytes())));
        }

        private static void row(Table table, SynthesisBenchmark.Breakdown b, double peak) {
            double combine = Objects.requireNonNull(b.stages().get(Stage.COMBINE));
            double rate = b.multiplyAdds() / combine * b.workers();
            List<String> cells = new ArrayList<>(
                    List.of(String.valueOf(b.targets()), String.valueOf(b.filesRead()), "%.2f".formatted(b.seconds())));
            for (Stage stage : Stage.values())
                cells.add("%.2f".formatted(b.stages().get(stage)));
            cells.add("%.1f".formatted(b.bytesRead() / 1e9 / b.seconds()));
            cells.add("%.1f".formatted(rate / 1e9));
            cells.add("%.0f%%".formatted(100 * rate / peak));
            table.row(cells.toArray(String[]::new));
        }

        private static double median(
                List<SynthesisBenchmark.SynthesisRound> rounds,
                ToDoubleFunction<SynthesisBenchmark.SynthesisRound> figure) {
            return rounds.stream()
                    .mapToDouble(figure)
                    .sorted()
                    .skip(rounds.size() / 2)
                    .findFirst()
                    .orElse(Double.NaN);
        }
    }

    @Command(
            name = "thinning",
            description = "Times the solver on a run with many files, of which few are read. Needs no files.")
    static final class ThinningBench implements Callable<Integer> {
        @Option(
                names = "--files",
                defaultValue = "256",
                description = "Number of stored averages (default: ${DEFAULT-VALUE}).")
        private int files;

        @Option(
                names = "--rounds",
                defaultValue = "5",
                description =
                        "Rounds (default: ${DEFAULT-VALUE}). The first is that of a process that has just started.")
        private int rounds;

        @Spec
        private @Nullable CommandSpec spec;

        @Override
        public Integer call() {
            ThinningBenchmark benchmark = new ThinningBenchmark(files);
            Table table = new Table("round", "fit model", "thin", "files used", "retention", "deletable");
            for (int i = 1; i <= rounds; i++) {
                ThinningBenchmark.ThinningRound round = benchmark.round();
                table.row(
                        String.valueOf(i),
                        String.format(Locale.ROOT, "%.2f s", round.fit()),
                        String.format(Locale.ROOT, "%.2f s", round.thin()),
                        String.valueOf(round.filesUsed()),
                        String.format(Locale.ROOT, "%.2f s", round.retention()),
                        String.valueOf(round.deletable()));
            }
            table.print(CommandOutput.of(spec));
            return Cli.FINE;
        }
    }

    @Command(
            name = "scheduler",
            description =
                    "Times trials that evaluate nothing, on worker processes that it starts: what sweeps cost beside evaluations.")
    static final class Scheduler implements Callable<Integer> {
        private final Class<?> application;

        @Option(names = "--trials", defaultValue = "1000", description = "Trials (default: ${DEFAULT-VALUE}).")
        private int trials;

        @Option(names = "--workers", defaultValue = "4", description = "Worker processes (default: ${DEFAULT-VALUE}).")
        private int workers;

        @Unmatched
        private List<String> settings = new ArrayList<>();

        @Spec
        private @Nullable CommandSpec spec;

        Scheduler(Class<?> application) {
            this.application = application;
        }

        @Override
        public Integer call() throws IOException, InterruptedException {
            ServeCommand.requireSettings(settings, spec);
            if (trials < 1 || workers < 1) throw Problem.invalid("trials", "--trials and --workers must be at least 1");
            Path folder = java.nio.file.Files.createTempDirectory("phema-bench-");
            double seconds = new SchedulerBenchmark(application, folder, settings).seconds(trials, workers);
            CommandOutput.of(spec)
                    .printf(
                            Locale.ROOT,
                            "%d trials on %d workers: %.1f s, %.0f trials/s%n",
                            trials,
                            workers,
                            seconds,
                            trials / seconds);
            return Cli.FINE;
        }
    }

    @Command(
            name = "soak",
            description = {
                "Has a service of its own scan, fit, serve and sweep for a while, and prints its resident memory, open files and threads. Linux only.",
                "Any setting of the service can be given as --name=value."
            })
    static final class Soak implements Callable<Integer> {
        @Option(names = "--minutes", defaultValue = "20", description = "How long (default: ${DEFAULT-VALUE}).")
        private int minutes;

        @Unmatched
        private List<String> settings = new ArrayList<>();

        @Spec
        private @Nullable CommandSpec spec;

        @Override
        public Integer call() throws IOException, InterruptedException {
            ServeCommand.requireSettings(settings, spec);
            if (minutes < 1) throw Problem.invalid("minutes", "--minutes must be at least 1");
            PrintWriter out = CommandOutput.of(spec);
            Path folder = java.nio.file.Files.createTempDirectory("phema-bench-");
            out.printf("%8s %12s %6s %8s %7s  %s%n", "minutes", "resident", "files", "threads", "errors", "done");
            SoakBenchmark soak = new SoakBenchmark(folder, settings);
            soak.run(Duration.ofMinutes(minutes), Duration.ofSeconds(minutes < 5 ? 15 : 60), sample -> {
                out.printf(
                        Locale.ROOT,
                        "%8.1f %12s %6d %8d %7d  %s%n",
                        sample.time().toMillis() / 60e3,
                        ByteSize.print(sample.resident()),
                        sample.descriptors(),
                        sample.threads(),
                        sample.errors(),
                        sample.done());
                out.flush();
            });
            if (soak.firstError().isEmpty()) return Cli.FINE;
            CommandOutput.errors(spec)
                    .println("first error: " + soak.firstError() + "; the service's output is in " + folder);
            return Cli.FAILED;
        }
    }

    @Command(
            name = "http",
            description = {
                "Times downloads of computed weights from a running service against a static file that the same service serves,",
                "as it does when started with --spring.web.resources.static-locations=file:FOLDER/."
            })
    static final class Http implements Callable<Integer> {
        @Option(
                names = "--url",
                defaultValue = "http://localhost:8080",
                description = "The service (default: ${DEFAULT-VALUE}).")
        private URI url = URI.create("");

        @Option(names = "--run", required = true, description = "A run of the service.")
        private String run = "";

        @Option(
                names = "--static",
                paramLabel = "PATH",
                required = true,
                description = "Path of the static file, such as /file.pkl.")
        private String file = "";

        @Option(
                names = "--query",
                defaultValue = "sigmaRel=0.075",
                description = "What to compute (default: ${DEFAULT-VALUE}).")
        private String query = "";

        @Option(
                names = "--clients",
                defaultValue = "16",
                description = "Downloads at once (default: ${DEFAULT-VALUE}).")
        private int clients;

        @Option(
                names = "--rounds",
                defaultValue = "5",
                description = "Rounds, of which medians are given (default: ${DEFAULT-VALUE}).")
        private int rounds;

        @Spec
        private @Nullable CommandSpec spec;

        @Override
        public Integer call() throws IOException, InterruptedException {
            URI computed = url.resolve("/api/v1/runs/" + run + "/weights.safetensors?" + query);
            URI plain = url.resolve(file);
            PrintWriter out = CommandOutput.of(spec);
            try (HttpBenchmark benchmark = new HttpBenchmark()) {
                long size = benchmark.size(computed);
                List<double[]> measured = new ArrayList<>();
                benchmark.seconds(computed); // warms up
                benchmark.seconds(plain);
                for (int i = 0; i < rounds; i++)
                    measured.add(new double[] {
                        benchmark.seconds(computed),
                        benchmark.seconds(plain),
                        benchmark.rangeSeconds(computed, size / 2, 1024),
                        benchmark.secondsBesideIdleClients(computed, clients)
                    });
                double bytesPerStaticByte = (double) size / benchmark.size(plain);
                out.printf(Locale.ROOT, "computed %s: %.3f s%n", ByteSize.print(size), median(measured, 0));
                out.printf(
                        Locale.ROOT, "static %s: %.3f s%n", ByteSize.print(benchmark.size(plain)), median(measured, 1));
                out.printf(
                        Locale.ROOT,
                        "speed of computed / static, pair by pair: %.2f%n",
                        measured.stream()
                                .mapToDouble(m -> m[1] / m[0] * bytesPerStaticByte)
                                .sorted()
                                .skip(rounds / 2)
                                .findFirst()
                                .orElseThrow());
                out.printf(Locale.ROOT, "1 KiB in the middle: %.1f ms%n", median(measured, 2) * 1000);
                out.printf(
                        Locale.ROOT,
                        "computed beside %d clients that stall or have gone: %.3f s%n",
                        clients,
                        median(measured, 3));
                List<Double> together = benchmark.secondsAtOnce(computed, clients);
                out.printf(
                        Locale.ROOT,
                        "%d clients at once: the first was done after %.2f s, the last after %.2f s%n",
                        clients,
                        together.getFirst(),
                        together.getLast());
            }
            return Cli.FINE;
        }

        private static double median(List<double[]> measured, int column) {
            return measured.stream()
                    .mapToDouble(m -> m[column])
                    .sorted()
                    .skip(measured.size() / 2)
                    .findFirst()
                    .orElseThrow();
        }
    }
}
