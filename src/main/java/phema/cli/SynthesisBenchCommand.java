package phema.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import phema.bench.SynthesisBenchmark;
import phema.solver.FilesToRead;
import phema.synthesis.Limits;
import phema.synthesis.Stage;
import phema.text.ByteSize;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs {@code phema bench synthesis}. */
@Command(
        name = "synthesis",
        description =
                "Times reconstruct against plainly reading and writing the same files, and says where the time goes.")
final class SynthesisBenchCommand implements Callable<Integer> {
    @Parameters(paramLabel = "DIR", description = "Folder of snapshots, such as bench generate writes.")
    private Path folder = Path.of("");

    @Option(
            names = "--against",
            paramLabel = "DIR",
            description = "Another folder of snapshots: times reconstruct on both in turn, and nothing else.")
    private @Nullable Path against;

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
        Cli.requireLocal("dir", folder, BenchCommand.ONLY_DISKS);
        Cli.requireLocal("scratch", scratch, BenchCommand.ONLY_DISKS);
        PrintWriter out = CommandOutput.of(spec);
        SynthesisBenchmark benchmark =
                new SynthesisBenchmark(folder, scratch == null ? folder.resolve("bench") : scratch);
        if (against != null) {
            Cli.requireLocal("against", against, BenchCommand.ONLY_DISKS);
            compare(
                    out,
                    benchmark,
                    new SynthesisBenchmark(against, scratch == null ? against.resolve("bench") : scratch));
            return Cli.FINE;
        }
        List<SynthesisBenchmark.SynthesisRound> measured = new ArrayList<>();
        for (int i = 0; i < rounds; i++) {
            CommandOutput.errors(spec).println("round " + (i + 1) + " of " + rounds);
            measured.add(benchmark.round(targets));
        }
        double read = Median.of(measured, SynthesisBenchmark.SynthesisRound::plainRead);
        out.printf(
                Locale.ROOT,
                "%s, %d processors, medians of %d rounds%nplain read: %.2f s%n%n",
                benchmark.describe(),
                Runtime.getRuntime().availableProcessors(),
                rounds,
                read);
        Table commands =
                new Table("targets", "files", "seconds", "/ plain read", "plain write", "/ (read + write)", "resident");
        for (int n : targets) {
            row(commands, n, "all", measured, SynthesisBenchmark.SynthesisRound::all);
            row(commands, n, "fewest", measured, SynthesisBenchmark.SynthesisRound::fewest);
        }
        commands.print(out);
        double bandwidth = Limits.memoryBandwidth();
        double peak = Limits.multiplyAdds();
        out.printf(
                Locale.ROOT,
                "%nlimits of this machine: %.1f GB/s read from memory, %.1f G multiply-adds/s in the first-level "
                        + "cache%n",
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

    /** One run's times and another's. */
    private record Both(double one, double other) {}

    private void compare(PrintWriter out, SynthesisBenchmark one, SynthesisBenchmark other) throws IOException {
        Table table = new Table("targets", one.describe(), other.describe(), "ratio", "in process", "", "ratio");
        for (int n : targets) {
            List<Both> commands = new ArrayList<>();
            List<Both> inProcess = new ArrayList<>();
            for (int i = 0; i < rounds; i++) {
                CommandOutput.errors(spec).println(n + " targets, round " + (i + 1) + " of " + rounds);
                commands.add(new Both(one.command(n).seconds(), other.command(n).seconds()));
                inProcess.add(new Both(
                        one.breakdown(n, FilesToRead.ALL, 256 << 20).seconds(),
                        other.breakdown(n, FilesToRead.ALL, 256 << 20).seconds()));
            }
            table.row(
                    String.valueOf(n),
                    "%.2f s".formatted(Median.of(commands, Both::one)),
                    "%.2f s".formatted(Median.of(commands, Both::other)),
                    "%.2f".formatted(Median.of(commands, both -> both.one() / both.other())),
                    "%.2f s".formatted(Median.of(inProcess, Both::one)),
                    "%.2f s".formatted(Median.of(inProcess, Both::other)),
                    "%.2f".formatted(Median.of(inProcess, both -> both.one() / both.other())));
        }
        table.print(out);
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
                "%.2f".formatted(Median.of(rounds, r -> timing.apply(r).seconds())),
                "%.2f".formatted(Median.of(rounds, r -> timing.apply(r).seconds() / r.plainRead())),
                "%.2f".formatted(Median.of(rounds, write::apply)),
                "%.2f".formatted(Median.of(rounds, r -> timing.apply(r).seconds() / (r.plainRead() + write.apply(r)))),
                ByteSize.print(
                        (long) Median.of(rounds, r -> (double) timing.apply(r).residentBytes())));
    }

    private static void row(Table table, SynthesisBenchmark.Breakdown b, double peak) {
        double combine = Objects.requireNonNull(b.stages().get(Stage.COMBINE));
        double rate = b.multiplyAdds() / combine * b.workers();
        List<String> cells = new ArrayList<>(
                List.of(String.valueOf(b.targets()), String.valueOf(b.filesRead()), "%.2f".formatted(b.seconds())));
        for (Stage stage : Stage.values()) cells.add("%.2f".formatted(b.stages().get(stage)));
        cells.add("%.1f".formatted(b.bytesRead() / 1e9 / b.seconds()));
        cells.add("%.1f".formatted(rate / 1e9));
        cells.add("%.0f%%".formatted(100 * rate / peak));
        table.row(cells.toArray(String[]::new));
    }
}
