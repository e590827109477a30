package phema.bench;

import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import phema.catalog.Run;
import phema.catalog.RunScanner;
import phema.catalog.Selection;
import phema.catalog.Snapshot;
import phema.problem.Problem;
import phema.profile.Power;
import phema.profile.Profile;
import phema.solver.FitOptions;
import phema.solver.SolverKind;
import phema.storage.FileTree;
import phema.synthesis.Engine;
import phema.synthesis.Fits;
import phema.synthesis.OutputOptions;
import phema.synthesis.PreparedWeights;
import phema.synthesis.Stage;
import phema.synthesis.Syntheses;
import phema.synthesis.WeightsRequest;
import phema.text.ByteSize;

/**
 * Times whole {@code phema reconstruct} commands, JVM start and writing included, against reading the same snapshots
 * with {@code cat}, and against reading them and writing the same outputs with {@code cat}; all in turn, so that the
 * ratios hold on a machine whose speed drifts.
 */
public final class SynthesisBenchmark {
    private final Path folder;
    private final Path scratch;
    private final Run run;

    public SynthesisBenchmark(Path folder, Path scratch) throws IOException {
        this.folder = folder;
        this.scratch = scratch;
        this.run = RunScanner.scan(folder, Selection.DEFAULT);
        if (run.snapshots().isEmpty())
            throw Problem.invalid("folder", folder + " holds no snapshots; write some with phema bench generate");
        Files.createDirectories(scratch);
    }

    /**
     * A whole command.
     *
     * @param residentBytes most memory that was resident at any time
     */
    public record Timing(double seconds, long residentBytes) {}

    /** One round: every command once. */
    public record SynthesisRound(
            double plainRead, Map<Integer, Double> plainWrite, Map<Integer, Timing> all, Map<Integer, Timing> fewest) {}

    /** EMA lengths for a number of targets, over the range that sweeps cover. */
    static List<Double> sigmaRels(int targets) {
        return IntStream.range(0, targets)
                .mapToObj(i -> targets == 1 ? 0.075 : 0.010 + 0.240 * i / (targets - 1))
                .map(s -> Math.round(s * 1000) / 1000.0)
                .toList();
    }

    public SynthesisRound round(List<Integer> targets) throws IOException {
        List<Path> inputs = run.snapshots().stream().map(s -> s.file().path()).toList();
        double plainRead = cat(inputs, Optional.empty());
        Map<Integer, Timing> all = new java.util.TreeMap<>();
        Map<Integer, Timing> fewest = new java.util.TreeMap<>();
        Map<Integer, Double> plainWrite = new java.util.TreeMap<>();
        for (int n : targets) {
            Path out = scratch.resolve("out");
            fewest.put(n, reconstruct(n, out, "fewest"));
            FileTree.delete(out);
            all.put(n, reconstruct(n, out, "all"));
            List<Path> outputs;
            try (Stream<Path> files = Files.list(out)) {
                outputs = files.toList();
            }
            Path copies = Files.createDirectories(scratch.resolve("copies"));
            plainWrite.put(n, cat(outputs, Optional.of(copies)));
            FileTree.delete(copies);
            FileTree.delete(out);
        }
        return new SynthesisRound(plainRead, plainWrite, all, fewest);
    }

    /** One command that reads all files. */
    public Timing command(int targets) throws IOException {
        Path out = scratch.resolve("out");
        Timing timing = reconstruct(targets, out, "all");
        FileTree.delete(out);
        return timing;
    }

    /** Reads files one after the other, to nowhere or each to a copy. */
    private static double cat(List<Path> files, Optional<Path> copies) throws IOException {
        long begin = System.nanoTime();
        if (copies.isEmpty()) {
            List<String> command = new ArrayList<>(List.of("cat"));
            files.forEach(file -> command.add(file.toString()));
            await(new ProcessBuilder(command)
                    .redirectOutput(new File("/dev/null"))
                    .start());
        } else {
            for (Path file : files)
                await(new ProcessBuilder("cat", file.toString())
                        .redirectOutput(copies.get().resolve(file.getFileName()).toFile())
                        .start());
        }
        return (System.nanoTime() - begin) / 1e9;
    }

    private Timing reconstruct(int targets, Path out, String files) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current().info().command().orElse("java"));
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-jar", System.getProperty("java.class.path"), "reconstruct"));
        command.addAll(List.of("--indir", folder.toString(), "--outdir", out.toString(), "--files", files));
        command.addAll(List.of(
                "--outstd",
                String.join(
                        ",", sigmaRels(targets).stream().map(String::valueOf).toList())));
        long begin = System.nanoTime();
        Process process = new ProcessBuilder(command)
                .redirectOutput(new File("/dev/null"))
                .redirectError(new File("/dev/null"))
                .start();
        long resident = await(process);
        return new Timing((System.nanoTime() - begin) / 1e9, resident);
    }

    /** Waits for a process and watches its memory, where the system tells. */
    private static long await(Process process) throws IOException {
        Path status = Path.of("/proc", String.valueOf(process.pid()), "status");
        long resident = 0;
        try {
            while (!process.waitFor(20, java.util.concurrent.TimeUnit.MILLISECONDS)) {
                if (!Files.exists(status)) continue;
                try (Stream<String> lines = Files.lines(status)) {
                    resident = Math.max(
                            resident,
                            lines.filter(line -> line.startsWith("VmHWM:"))
                                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                                    .findFirst()
                                    .orElse(0));
                } catch (IOException | java.io.UncheckedIOException e) {
                    continue; // it has just ended
                }
            }
        } catch (InterruptedException e) {
            process.destroy();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        if (process.exitValue() != 0) throw new IOException("a command of the benchmark failed: " + process.info());
        return resident;
    }

    /** Says where the time goes in this process, with the code warmed up.
     *
     * @param seconds of the whole synthesis, writing included
     * @param stages seconds of all workers together
     * @param filesRead by at least one target
     */
    public record Breakdown(
            int targets,
            double seconds,
            int workers,
            Map<Stage, Double> stages,
            long bytesRead,
            long multiplyAdds,
            int filesRead) {}

    public Breakdown breakdown(int targets, phema.solver.FilesToRead files, long maxMemory) throws IOException {
        int workers = Runtime.getRuntime().availableProcessors();
        double time = run.newestTime();
        List<Profile> profiles = sigmaRels(targets).stream()
                .<Profile>map(s -> Power.ofSigmaRel(s, time))
                .toList();
        PreparedWeights weights = new Fits()
                .prepare(
                        run,
                        WeightsRequest.of(profiles, FitOptions.of(SolverKind.BLUP, files), OutputOptions.AS_STORED));
        Path out = scratch.resolve("out");
        try (Engine engine = new Engine(maxMemory, workers)) {
            Syntheses syntheses = new Syntheses(engine);
            syntheses.write(weights, out, true, bytes -> {});
            Map<Stage, Double> stages = new EnumMap<>(Stage.class);
            for (Stage stage : Stage.values()) stages.put(stage, -engine.nanos(stage) / 1e9);
            long read = -engine.bytesRead();
            long begin = System.nanoTime();
            syntheses.write(weights, out, true, bytes -> {});
            double seconds = (System.nanoTime() - begin) / 1e9;
            for (Stage stage : Stage.values()) stages.merge(stage, engine.nanos(stage) / 1e9, Double::sum);
            int used = weights.filesUsed();
            return new Breakdown(
                    targets, seconds, workers, stages, read + engine.bytesRead(), elements() * used * targets, used);
        } finally {
            FileTree.delete(out);
        }
    }

    private long elements() {
        return run.newest().file().tensors().stream()
                .mapToLong(tensor -> tensor.elements())
                .sum();
    }

    /** {@code 32 files of 249 MB}. */
    public String describe() {
        Snapshot last = run.newest();
        return String.format(
                Locale.ROOT,
                "%d files of %s (%s)",
                run.snapshots().size(),
                ByteSize.print(last.file().size()),
                last.file().format().extension());
    }
}
