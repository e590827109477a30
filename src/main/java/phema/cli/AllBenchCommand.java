package phema.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import phema.bench.BenchService;
import phema.problem.Problem;
import phema.storage.FileTree;
import phema.text.ByteSize;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs {@code phema bench all}. */
@Command(
        name = "all",
        description = {
            "Runs the benchmarks of docs/benchmarks.md at a size that fits this machine, and prints them as such a "
                    + "page: what is run, and what came of it.",
            "What this machine cannot run is named instead of a figure."
        })
final class AllBenchCommand implements Callable<Integer> {
    private static final int FILES = 32;
    private static final int LEAST_MB = 8;
    private static final int MOST_MB = 250;

    private final Class<?> application;

    @Option(
            names = "--dir",
            paramLabel = "DIR",
            description = "Folder for what is written, which is deleted in the end (default: one below the system's "
                    + "for temporary files).")
    private @Nullable Path parent;

    @Option(
            names = "--mb",
            description = "Size of a snapshot in millions of bytes (default: up to 250, so that 32 of them take half "
                    + "of the free memory and a sixth of the free disk).")
    private @Nullable Integer megabytes;

    @Option(
            names = "--rounds",
            defaultValue = "3",
            description = "Rounds, of which medians are given (default: ${DEFAULT-VALUE}).")
    private int rounds;

    @Spec
    private @Nullable CommandSpec spec;

    private final List<String> failed = new ArrayList<>();

    AllBenchCommand(Class<?> application) {
        this.application = application;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        Cli.requireLocal("dir", parent, BenchCommand.ONLY_DISKS);
        if (rounds < 1) throw Problem.invalid("rounds", "--rounds must be at least 1");
        Path folder = parent == null
                ? Files.createTempDirectory("phema-bench-")
                : Files.createTempDirectory(Files.createDirectories(parent), "phema-bench-");
        try {
            int mb = megabytes == null ? fitting(folder) : megabytes;
            if (mb < 1) throw Problem.invalid("mb", "--mb must be at least 1");
            out().printf(
                            Locale.ROOT,
                            "# Benchmarks%n%n%d processors (%s %s), %s of memory, JDK %s, snapshots of %d MB, medians "
                                    + "of %d rounds%n",
                            Runtime.getRuntime().availableProcessors(),
                            System.getProperty("os.name"),
                            System.getProperty("os.arch"),
                            ByteSize.print(system().getTotalMemorySize()),
                            Runtime.version(),
                            mb,
                            rounds);
            all(folder, mb);
        } finally {
            FileTree.delete(folder);
        }
        if (failed.isEmpty()) return Cli.FINE;
        CommandOutput.errors(spec).println("failed: " + String.join(", ", failed));
        return Cli.FAILED;
    }

    private void all(Path folder, int mb) throws IOException, InterruptedException {
        String set = folder.resolve("runs/bench").toString();
        String size = " --mb " + mb + " ";
        title("Synthesis against plain reading and writing");
        run("generate --files " + FILES + size + "--format edm2 " + set);
        run("synthesis " + set + " --rounds " + rounds);
        title("Downloads");
        downloads(folder);
        FileTree.delete(Path.of(set));

        title("Many clients");
        run("clients --files 12" + size + "--clients 16,64");

        title("Small tensors");
        String small = folder.resolve("small").toString();
        String one = folder.resolve("one").toString();
        String few = " --files 16 --mb " + Math.max(1, mb / 3) + " --format safetensors ";
        run("generate" + few + "--tensors 20000 " + small);
        run("generate" + few + "--tensors 1 " + one);
        run("synthesis " + small + " --against " + one + " --targets 1 --rounds " + rounds);
        FileTree.delete(Path.of(small));
        FileTree.delete(Path.of(one));

        title("Checkpoints of clusters");
        String whole = folder.resolve("whole").toString();
        run("generate --files 16" + size + "--format safetensors " + whole);
        for (String cut : List.of("rows", "columns")) {
            String checkpoints = folder.resolve(cut).toString();
            run("generate --files 16" + size + "--format dcp --ranks 8 --cut " + cut + " " + checkpoints);
            run("synthesis " + checkpoints + " --against " + whole + " --targets 1 --rounds " + rounds);
            FileTree.delete(Path.of(checkpoints));
        }
        FileTree.delete(Path.of(whole));

        title("Many files");
        run("thinning --rounds " + rounds);
        title("The scheduler");
        run("scheduler --trials 200 --workers 2");
        title("A service that is kept busy");
        run("soak --minutes 2");
        title("Training");
        run("training --rounds " + rounds);
        title("Sampling");
        run("sampler --rounds " + rounds);

        title("Not measured");
        out().println("""
                - Side by side with PyTorch (training, sampling, checkpoints of clusters, the first image): needs
                  Python with torch; `bench training` and `bench sampler` take `--twin`.
                - Images on a GPU: needs a build with `-Pgpu` and an NVIDIA GPU.
                - PostgreSQL as the database of the scheduler: `bench scheduler --spring.datasource.url=...` takes one.
                - The start of commands and of the service, and the slider: by the commands that the page gives.""");
    }

    private void downloads(Path folder) throws IOException, InterruptedException {
        Path file;
        try (var files = Files.list(folder.resolve("runs/bench"))) {
            file = files.filter(Files::isRegularFile).sorted().toList().getLast();
        }
        List<String> settings = List.of(
                "--phema.home=" + Files.createDirectories(folder.resolve("home")),
                "--phema.roots=" + folder.resolve("runs"),
                "--phema.catalog.settle=0s",
                "--spring.web.resources.static-locations=file:" + file.getParent() + "/");
        try (BenchService service = BenchService.start(folder.resolve("service.log"), settings)) {
            run("http --run bench --static /" + file.getFileName() + " --rounds " + rounds + " --url " + service.url());
        }
    }

    private void title(String text) {
        out().println("\n## " + text + "\n");
    }

    /** Prints a command and what it prints. */
    private void run(String line) {
        StringWriter printed = new StringWriter();
        StringWriter errors = new StringWriter();
        int status = Cli.run(
                application,
                new PrintWriter(printed, true),
                new PrintWriter(errors, true),
                ("bench " + line).strip().split(" +"));
        PrintWriter out = out();
        out.println("```console\n$ ./phema bench " + line.strip());
        out.print(printed);
        if (status != Cli.FINE) {
            failed.add("bench " + line.strip());
            out.print(errors);
        }
        out.println("```");
        out.flush();
    }

    private PrintWriter out() {
        return CommandOutput.of(spec);
    }

    private static int fitting(Path folder) throws IOException {
        long memory = system().getFreeMemorySize() / 2;
        long disk = Files.getFileStore(folder).getUsableSpace() / 6;
        return (int) Math.clamp(Math.min(memory, disk) / FILES / 1_000_000, LEAST_MB, MOST_MB);
    }

    private static com.sun.management.OperatingSystemMXBean system() {
        return ManagementFactory.getPlatformMXBean(com.sun.management.OperatingSystemMXBean.class);
    }
}
