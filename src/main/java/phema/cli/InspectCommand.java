package phema.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import phema.api.ProfileView;
import phema.catalog.Run;
import phema.catalog.RunScanner;
import phema.catalog.Selection;
import phema.catalog.Snapshot;
import phema.format.FormatException;
import phema.format.Tensor;
import phema.format.WeightFile;
import phema.format.WeightFiles;
import phema.storage.ByteSize;
import phema.synthesis.Names;
import phema.tensor.DType;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "inspect",
        description =
                "Says what weight files or folders of snapshots hold, and what is wrong with them. Runs nothing that is in a file.")
final class InspectCommand implements Callable<Integer> {
    @Parameters(paramLabel = "PATH", arity = "1..*", description = "Files or folders.")
    private List<Path> paths = new ArrayList<>();

    @Option(names = "--tensors", description = "List the tensors of files.")
    private boolean tensors;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Spec
    private @Nullable CommandSpec spec;

    /** What {@code --json} prints of a file. */
    record FileView(
            String path,
            String format,
            long sizeBytes,
            long elements,
            Map<DType, Long> elementsByDType,
            Map<String, String> metadata,
            @Nullable List<InspectedTensor> tensors) {}

    /**
     * @param strides in elements; torch checkpoints and pickles hold views
     * @param offset of the first element, in bytes from the beginning of its file
     */
    record InspectedTensor(String name, DType dtype, List<Long> shape, List<Long> strides, String role, long offset) {}

    /** What {@code --json} prints of a folder. */
    record InspectedRun(
            String folder, List<InspectedSnapshot> snapshots, List<ExcludedView> excluded, List<String> notices) {}

    record InspectedSnapshot(String name, ProfileView profile, String format, long sizeBytes, int tensors) {}

    record ExcludedView(String name, String reason, String message) {}

    @Override
    public Integer call() throws IOException {
        PrintWriter out = CommandOutput.of(spec);
        int status = Cli.FINE;
        List<Object> views = new ArrayList<>();
        for (Path path : paths) {
            try {
                if (Files.isDirectory(path)) {
                    Run run = RunScanner.scan(path, Selection.DEFAULT);
                    if (json) views.add(view(run));
                    else print(out, run);
                } else {
                    WeightFile file = WeightFiles.read(path);
                    if (json) views.add(view(file));
                    else print(out, file);
                }
            } catch (FormatException e) {
                CommandOutput.errors(spec).println("phema: " + e.getMessage());
                status = Cli.BAD_INPUT;
            } catch (FileSystemException e) {
                CommandOutput.errors(spec).println("phema: " + Cli.message(e));
                status = Cli.BAD_INPUT;
            }
        }
        if (json) CommandOutput.json(out, views);
        return status;
    }

    private void print(PrintWriter out, WeightFile file) {
        Map<DType, Long> byDType = elementsByDType(file);
        out.printf(
                Locale.ROOT,
                "%s: %s, %s, %d tensors, %,d elements (%s)%n",
                file.path(),
                CommandOutput.word(file.format()),
                ByteSize.print(file.size()),
                file.tensors().size(),
                elements(file),
                byDType.entrySet().stream()
                        .map(e -> String.format(Locale.ROOT, "%s %,d", e.getKey(), e.getValue()))
                        .collect(Collectors.joining(", ")));
        file.metadata().forEach((key, value) -> out.println("  " + key + ": " + value));
        if (!tensors) return;
        Table table = new Table("  tensor", "dtype", "shape", "role", "offset");
        for (Tensor tensor : file.tensors())
            table.row(
                    "  " + tensor.name(),
                    tensor.dtype().name(),
                    tensor.shape().toString(),
                    CommandOutput.word(tensor.role()),
                    String.valueOf(tensor.offset()));
        table.print(out);
    }

    private static void print(PrintWriter out, Run run) {
        out.println(run.folder() + ": " + CommandOutput.summary(run));
        CommandOutput.notices(out, run);
        if (run.snapshots().isEmpty()) return;
        Table table = new Table("  snapshot", "time", "profile", "tensors", "size");
        for (Snapshot snapshot : run.snapshots())
            table.row(
                    "  " + snapshot.name(),
                    String.format(Locale.ROOT, "%.0f", snapshot.time()),
                    Names.width(snapshot.profile()),
                    String.valueOf(snapshot.file().tensors().size()),
                    ByteSize.print(snapshot.file().size()));
        table.print(out);
    }

    private static long elements(WeightFile file) {
        return file.tensors().stream().mapToLong(Tensor::elements).sum();
    }

    private static Map<DType, Long> elementsByDType(WeightFile file) {
        Map<DType, Long> counts = new EnumMap<>(DType.class);
        for (Tensor tensor : file.tensors()) counts.merge(tensor.dtype(), tensor.elements(), Long::sum);
        return counts;
    }

    private FileView view(WeightFile file) {
        return new FileView(
                file.path().toString(),
                file.format().extension(),
                file.size(),
                elements(file),
                elementsByDType(file),
                file.metadata(),
                tensors ? file.tensors().stream().map(InspectCommand::view).toList() : null);
    }

    private static InspectedTensor view(Tensor tensor) {
        return new InspectedTensor(
                tensor.name(),
                tensor.dtype(),
                tensor.shape().dims(),
                tensor.strides(),
                CommandOutput.word(tensor.role()),
                tensor.offset());
    }

    private static InspectedRun view(Run run) {
        return new InspectedRun(
                run.folder().toString(),
                run.snapshots().stream()
                        .map(s -> new InspectedSnapshot(
                                s.name(),
                                ProfileView.of(s.profile()),
                                s.file().format().extension(),
                                s.file().size(),
                                s.file().tensors().size()))
                        .toList(),
                run.excluded().stream()
                        .map(e -> new ExcludedView(e.name(), CommandOutput.word(e.reason()), e.message()))
                        .toList(),
                run.notices());
    }
}
