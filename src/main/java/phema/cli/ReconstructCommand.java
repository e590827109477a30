package phema.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import phema.catalog.Run;
import phema.edm2.Training;
import phema.format.Format;
import phema.problem.Problem;
import phema.solver.Fit;
import phema.solver.SolverKind;
import phema.storage.ByteSize;
import phema.synthesis.Engine;
import phema.synthesis.Fits;
import phema.synthesis.KernelChoice;
import phema.synthesis.LayerFit;
import phema.synthesis.Names;
import phema.synthesis.OutputOptions;
import phema.synthesis.Syntheses;
import phema.tensor.DType;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "reconstruct",
        description =
                "Writes weights averaged over other EMA lengths than those stored. Takes the options of EDM2's reconstruct_phema.py.")
final class ReconstructCommand implements Callable<Integer> {
    /** Formats by the words of the command line. */
    enum FormatWord {
        EDM2(Format.EDM2_PICKLE),
        SAFETENSORS(Format.SAFETENSORS),
        PT(Format.TORCH_ZIP);

        final Format format;

        FormatWord(Format format) {
            this.format = format;
        }
    }

    /** Element types of outputs. */
    enum DTypeWord {
        F16,
        BF16,
        F32,
        SAME;

        Optional<DType> dtype() {
            return DType.named(name());
        }
    }

    @Mixin
    private RunOptions input = new RunOptions();

    @Mixin
    private ProfileOptions target = new ProfileOptions();

    @Option(
            names = "--outdir",
            paramLabel = "DIR",
            required = true,
            description = "Folder to write to; created where it does not exist.")
    private Path outdir = Path.of("");

    @Option(
            names = "--outprefix",
            paramLabel = "STR",
            defaultValue = Names.PREFIX,
            description = "Prefix of output file names (default: ${DEFAULT-VALUE}).")
    private String outprefix = Names.PREFIX;

    @Option(names = "--skip", description = "Leave outputs that exist as they are.")
    private boolean skip;

    @Option(names = "--overwrite", description = "Replace outputs that exist.")
    private boolean overwrite;

    @Option(
            names = "--batch",
            paramLabel = "INT",
            description = "Write at most so many outputs in one pass over the snapshots; all by default.")
    private int batch = Integer.MAX_VALUE;

    @Option(names = "--format", description = "edm2, safetensors or pt; as the snapshots by default.")
    private @Nullable FormatWord format;

    @Option(
            names = "--dtype",
            defaultValue = "same",
            description = "f16, bf16, f32, or same as the snapshots (default).")
    private DTypeWord dtype = DTypeWord.SAME;

    @Option(
            names = "--shard-size",
            paramLabel = "SIZE",
            description = "Split safetensors into files of at most this size, such as 5GB or 5GiB.")
    private @Nullable ByteSize shardSize;

    @Option(
            names = "--max-memory",
            paramLabel = "SIZE",
            defaultValue = "256MiB",
            description = "Most memory for buffers, whatever the size of the model (default: ${DEFAULT-VALUE}).")
    private ByteSize maxMemory = new ByteSize(256 << 20);

    @Option(
            names = "--kernel",
            defaultValue = "auto",
            description = "auto (default), vector, plain, or nd4j: what computes the combinations.")
    private KernelChoice kernel = KernelChoice.AUTO;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        CleanStop stop = new CleanStop();
        try {
            reconstruct();
            return Cli.FINE;
        } finally {
            stop.ended();
        }
    }

    private void reconstruct() throws IOException {
        if (skip && overwrite)
            throw Problem.invalid("skip", "--skip and --overwrite contradict each other; give one of them");
        if (Files.exists(outdir) && !Files.isDirectory(outdir))
            throw Problem.invalid("outdir", "--outdir: " + outdir + " is a file, not a folder");
        if (batch < 1) throw Problem.invalid("batch", "--batch must be at least 1, not " + batch);
        PrintWriter out = CommandOutput.of(spec);
        Run run = input.scan();
        CommandOutput.notices(out, run);
        OutputOptions options =
                new OutputOptions(format(run), dtype.dtype(), shardSize == null ? Long.MAX_VALUE : shardSize.bytes());
        Fits fits = new Fits();
        List<LayerFit> layers = target.layers(fits, run, options.dtype());
        List<Syntheses.Named> wanted = target.fits(fits, run, options.dtype()).stream()
                .map(fit -> new Syntheses.Named(Names.baseName(outprefix, run, fit.target(), layers), fit, layers))
                .toList();
        Set<String> names = new HashSet<>();
        for (Syntheses.Named named : wanted)
            if (!names.add(named.baseName()))
                throw Problem.invalid(
                        "outstd",
                        "two outputs would be named " + named.baseName()
                                + "; ask for EMA lengths that differ in the first nine decimals");
        explain(out, run, wanted);

        int workers = Runtime.getRuntime().availableProcessors();
        if (kernel == KernelChoice.ND4J) out.println("computing on " + Training.backend());
        try (Engine engine = new Engine(maxMemory.bytes(), workers, kernel)) {
            Syntheses syntheses = new Syntheses(engine);
            List<Syntheses.Named> missing = skip
                    ? wanted.stream()
                            .filter(n -> isMissing(syntheses, run, n, options, out))
                            .toList()
                    : wanted;
            List<Syntheses.Pass> passes = new ArrayList<>();
            for (int i = 0; i < missing.size(); i += Math.min(batch, missing.size()))
                passes.add(syntheses.pass(
                        run, missing.subList(i, (int) Math.min((long) i + batch, missing.size())), options));
            long size = passes.stream().mapToLong(Syntheses.Pass::size).sum();
            List<Path> written = new ArrayList<>();
            try (Progress progress = new Progress(CommandOutput.errors(spec), Math.max(1, size))) {
                for (Syntheses.Pass pass : passes)
                    pass.write(outdir, overwrite, progress).forEach(files -> written.add(files.getLast()));
            }
            for (int i = 0; i < missing.size(); i++)
                out.printf(
                        Locale.ROOT,
                        "wrote %s from %d of %d files, predicted error %s%n",
                        written.get(i),
                        used(List.of(missing.get(i))),
                        run.snapshots().size(),
                        CommandOutput.error(missing.get(i).predictedRelativeError()));
        }
    }

    private Format format(Run run) {
        return format == null ? run.snapshots().getLast().file().format() : format.format;
    }

    private boolean isMissing(
            Syntheses syntheses, Run run, Syntheses.Named named, OutputOptions options, PrintWriter out) {
        String last = syntheses.files(run, named, options).getLast().fileName();
        boolean exists = Files.exists(outdir.resolve(last));
        if (exists) out.println("kept " + outdir.resolve(last));
        return !exists;
    }

    /** What was chosen for the user, and how to choose otherwise. */
    private static void explain(PrintWriter out, Run run, List<Syntheses.Named> wanted) {
        Set<Fit> fits = new LinkedHashSet<>();
        for (Syntheses.Named named : wanted) fits.addAll(named.fits());
        Fit worst = fits.stream()
                .max(Comparator.comparingDouble(Fit::predictedRelativeError))
                .orElseThrow();
        SolverKind other = worst.method() == SolverKind.BLUP ? SolverKind.PAPER : SolverKind.BLUP;
        String alternative = worst.predictedRelativeErrors().containsKey(other)
                ? "%s: %s there, with --solver %s"
                        .formatted(
                                CommandOutput.word(other),
                                CommandOutput.error(
                                        worst.predictedRelativeErrors().get(other)),
                                CommandOutput.word(other))
                : CommandOutput.word(other) + " cannot use these files";
        String errors = !Double.isFinite(worst.predictedRelativeError())
                ? "the error cannot be predicted"
                : "predicted error at most %s (%s)"
                        .formatted(CommandOutput.error(worst.predictedRelativeError()), alternative);
        out.printf(
                Locale.ROOT,
                "solver %s, %d of %d files: %s%n",
                CommandOutput.word(worst.method()),
                used(wanted),
                run.snapshots().size(),
                errors);
        for (Fit fit : fits)
            for (String warning : fit.warnings()) out.println("warning: " + Names.width(fit.target()) + ": " + warning);
    }

    private static long used(List<Syntheses.Named> wanted) {
        int files = wanted.getFirst().fit().coefficients().size();
        return IntStream.range(0, files)
                .filter(j -> wanted.stream()
                        .flatMap(n -> n.fits().stream())
                        .anyMatch(fit -> fit.coefficients().get(j) != 0))
                .count();
    }
}
