package phema.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import phema.api.FileView;
import phema.api.FolderView;
import phema.api.ReportView;
import phema.api.VerificationView;
import phema.catalog.Excluded;
import phema.catalog.Excluded.ExclusionReason;
import phema.catalog.Run;
import phema.catalog.RunScanner;
import phema.catalog.Selection;
import phema.catalog.Snapshot;
import phema.format.FormatException;
import phema.format.Pieces;
import phema.format.ShardIndexes;
import phema.format.Tensor;
import phema.format.Verification;
import phema.format.WeightFile;
import phema.format.WeightFiles;
import phema.solver.RunReport;
import phema.synthesis.Fits;
import phema.synthesis.Names;
import phema.text.ByteSize;
import phema.text.Labels;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs {@code phema inspect}. */
@Command(
        name = "inspect",
        description =
                "Says what weight files or folders of snapshots hold, and what is wrong with them. Runs nothing that "
                        + "is in a file.")
final class InspectCommand implements Callable<Integer> {
    @Parameters(paramLabel = "PATH", arity = "1..*", description = "Files or folders.")
    private List<Path> paths = new ArrayList<>();

    @Option(names = "--tensors", description = "List the tensors of files.")
    private boolean tensors;

    @Option(
            names = "--fit",
            description =
                    "Fit the trajectory of folders: how far each file is from what the others let expect, and which do "
                            + "not belong to them.")
    private boolean fit;

    @Option(
            names = "--group",
            paramLabel = "WORD",
            converter = RunOptions.GroupConverter.class,
            description = "optimizer.fp32: the weights in single precision that Megatron's optimizers keep.")
    private RunOptions.@Nullable GroupWord group;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Option(
            names = "--verify",
            description = "Read all of each file once, and compare what can be compared: checksums, headers, sizes, "
                    + "whether numbers are numbers. Status 2 where something is wrong.")
    private boolean verify;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = CommandOutput.of(spec);
        int status = Cli.FINE;
        List<Object> views = new ArrayList<>();
        for (Path path : paths) {
            try {
                if (Files.isDirectory(path)) {
                    Run run = RunScanner.scan(path, new Selection(Optional.empty(), List.of(), group != null));
                    Optional<RunReport> report =
                            fit && !run.snapshots().isEmpty() ? new Fits().report(run) : Optional.empty();
                    if (json)
                        views.add(FolderView.of(
                                run, report.map(r -> ReportView.of(run, r)).orElse(null)));
                    else print(out, run, report);
                    if (run.snapshots().isEmpty()) {
                        CommandOutput.errors(spec)
                                .println("phema: " + path + " holds no usable snapshots"
                                        + (run.excluded().isEmpty()
                                                        && run.notices().isEmpty()
                                                ? RunOptions.whyNone(run)
                                                : ", as said above"));
                        status = Cli.BAD_INPUT;
                    }
                    if (verify) for (Path file : files(run)) status = Math.max(status, verify(file, out, views));
                } else if (verify) {
                    status = Math.max(status, verify(path, out, views));
                } else {
                    WeightFile file =
                            group != null ? WeightFiles.readMasters(path, anywhere -> true) : WeightFiles.read(path);
                    if (json) views.add(FileView.of(file, tensors));
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

    /** All that is, or was to be, a snapshot. */
    private static List<Path> files(Run run) {
        return Stream.concat(
                        run.snapshots().stream().map(snapshot -> snapshot.file().path()),
                        run.excluded().stream()
                                .filter(excluded -> excluded.reason() != ExclusionReason.MANIFEST)
                                .map(Excluded::path))
                .distinct()
                .sorted()
                .toList();
    }

    private int verify(Path path, PrintWriter out, List<Object> views) throws IOException {
        Verification verification;
        try (Progress progress = new Progress(CommandOutput.errors(spec), Math.max(1, size(path)))) {
            verification = WeightFiles.verify(path, progress);
        }
        if (json) views.add(VerificationView.of(verification));
        else {
            out.println(path + ": " + (verification.isSound() ? "sound" : "DAMAGED") + ", all "
                    + ByteSize.print(verification.bytes()) + " read");
            for (String line : verification.verified()) out.println("  verified: " + line);
            for (String line : verification.notVerifiable()) out.println("  cannot be verified: " + line);
        }
        for (String fault : verification.faults()) CommandOutput.errors(spec).println("phema: " + path + ": " + fault);
        return verification.isSound() ? Cli.FINE : Cli.BAD_INPUT;
    }

    /** With all shards. */
    private static long size(Path path) throws IOException {
        try {
            return WeightFiles.read(path).size();
        } catch (FormatException e) {
            return Files.size(path);
        }
    }

    private void print(PrintWriter out, WeightFile file) {
        FileView view = FileView.of(file, false);
        out.printf(
                Locale.ROOT,
                "%s: %s, %s, %d tensors, %,d elements (%s)%n",
                file.path(),
                Labels.inWords(file.format()),
                ByteSize.print(file.size()),
                file.tensors().size(),
                view.elements(),
                view.elementsByDType().entrySet().stream()
                        .map(e -> String.format(Locale.ROOT, "%s %,d", e.getKey(), e.getValue()))
                        .collect(Collectors.joining(", ")));
        file.metadata().forEach((key, value) -> out.println("  " + key + ": " + value));
        new ShardIndexes(anywhere -> true)
                .incomplete(file)
                .ifPresent(listed -> out.println("  note: one of the " + listed.files() + " files that "
                        + listed.index() + " beside it lists, which reads them all"));
        if (!tensors) return;
        Table table = new Table("  tensor", "dtype", "shape", "role", "offset");
        for (Tensor tensor : file.tensors())
            table.row(
                    "  " + tensor.name(),
                    tensor.dtype().name(),
                    tensor.shape().toString(),
                    Labels.inWords(tensor.role()),
                    tensor.pieces().map(Pieces::toString).orElse(String.valueOf(tensor.offset())));
        table.print(out);
    }

    private static void print(PrintWriter out, Run run, Optional<RunReport> report) {
        out.println(run.folder() + ": " + CommandOutput.summary(run));
        CommandOutput.notices(out, run, Integer.MAX_VALUE);
        if (!run.snapshots().isEmpty())
            RunOptions.refusal(run).ifPresent(why -> out.println("warning: reconstruct ends with status 2: " + why));
        if (!run.manifest().isEmpty()) {
            out.println("phema.yaml for this folder, to check and to keep:");
            for (String line : run.manifest()) out.println("    " + line);
        }
        if (run.snapshots().isEmpty()) return;
        List<String> columns = new ArrayList<>(List.of("  snapshot", "time", "profile", "tensors", "size"));
        if (report.isPresent()) columns.addAll(List.of("innovation", "surprise"));
        Table table = new Table(columns.toArray(String[]::new));
        for (int i = 0; i < run.snapshots().size(); i++) {
            Snapshot snapshot = run.snapshots().get(i);
            List<String> row = new ArrayList<>(List.of(
                    "  " + snapshot.name(),
                    String.format(Locale.ROOT, "%.0f", snapshot.time()),
                    Names.described(snapshot.profile()),
                    String.valueOf(snapshot.file().tensors().size()),
                    ByteSize.print(snapshot.file().size())));
            if (report.isPresent()) {
                row.add(String.format(
                        Locale.ROOT, "%.2f", report.get().innovations().get(i)));
                row.add(String.format(
                        Locale.ROOT, "%.2f", report.get().surprises().get(i)));
            }
            table.row(row.toArray(String[]::new));
        }
        table.print(out);
        report.ifPresent(r -> ReportPrinter.print(out, run, r));
    }
}
