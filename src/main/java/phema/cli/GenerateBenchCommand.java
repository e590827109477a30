package phema.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import phema.bench.SnapshotGenerator;
import phema.format.DcpGenerator.Cut;
import phema.format.Format;
import phema.problem.Problem;
import phema.text.ByteSize;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs {@code phema bench generate}. */
@Command(
        name = "generate",
        description = "Writes a run of snapshots of any size; the same options give the same bytes.")
final class GenerateBenchCommand implements Callable<Integer> {
    @Option(names = "--files", defaultValue = "32", description = "Number of snapshots (default: ${DEFAULT-VALUE}).")
    private int files;

    @Option(
            names = "--mb",
            defaultValue = "250",
            description = "Size of each snapshot in millions of bytes (default: ${DEFAULT-VALUE}).")
    private int megabytes;

    @Option(
            names = "--format",
            defaultValue = "edm2",
            description = "edm2, safetensors or dcp (default: ${DEFAULT-VALUE}).")
    private Format format = Format.EDM2_PICKLE;

    @Option(
            names = "--ranks",
            defaultValue = "8",
            description = "Ranks that write a checkpoint of the format dcp (default: ${DEFAULT-VALUE}).")
    private int ranks;

    @Option(
            names = "--cut",
            defaultValue = "rows",
            description = "rows or columns: where ranks cut tensors (default: ${DEFAULT-VALUE}).")
    private Cut cut = Cut.ROWS;

    @Option(names = "--tensors", description = "Number of equal tensors to write instead of those of EDM2's network.")
    private @Nullable Integer tensors;

    @Parameters(paramLabel = "DIR", description = "Folder to write to.")
    private Path folder = Path.of("");

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        Cli.requireLocal("dir", folder, BenchCommand.ONLY_DISKS);
        if (files < 1 || megabytes < 1) throw Problem.invalid("files", "--files and --mb must be at least 1");
        if (format == Format.TORCH_ZIP)
            throw Problem.invalid("format", "--format pt cannot be generated; choose edm2, safetensors or dcp");
        if (ranks < 1 || ranks > 1000) throw Problem.invalid("ranks", "--ranks must be 1 to 1000, not " + ranks);
        long bytes = megabytes * 1_000_000L;
        SnapshotGenerator generator = tensors == null
                ? SnapshotGenerator.network(format, bytes)
                : SnapshotGenerator.uniform(format, tensors, bytes);
        try (Progress progress = new Progress(CommandOutput.errors(spec), files * bytes)) {
            long written = generator.ofRanks(ranks, cut).write(folder, files, progress);
            CommandOutput.of(spec).printf("wrote %d files, %s, to %s%n", files, ByteSize.print(written), folder);
        }
        return Cli.FINE;
    }
}
