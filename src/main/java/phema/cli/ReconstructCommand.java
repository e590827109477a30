package phema.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import phema.catalog.Run;
import phema.edm2.Training;
import phema.format.Format;
import phema.format.NetworkSettings;
import phema.problem.Problem;
import phema.solver.Fit;
import phema.solver.SolverKind;
import phema.synthesis.Engine;
import phema.synthesis.Fits;
import phema.synthesis.FittedTarget;
import phema.synthesis.KernelChoice;
import phema.synthesis.Names;
import phema.synthesis.OutputOptions;
import phema.synthesis.PreparedWeights;
import phema.synthesis.Syntheses;
import phema.synthesis.WeightsRequest;
import phema.tensor.DType;
import phema.text.ByteSize;
import phema.text.Labels;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs {@code phema reconstruct}. */
@Command(
        name = "reconstruct",
        description = "Writes weights averaged over other EMA lengths than those stored. Takes the options of EDM2's "
                + "reconstruct_phema.py.")
final class ReconstructCommand implements Callable<Integer> {
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

    /** A format of outputs; empty for that of the run's files, with all that stands in them. */
    record FormatWord(Optional<Format> format) {
        static final FormatWord SAME = new FormatWord(Optional.empty());

        /** @throws IllegalArgumentException saying which words there are */
        static FormatWord parse(String word) {
            return word.equalsIgnoreCase("same") ? SAME : new FormatWord(Optional.of(Format.parse(word)));
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
            defaultValue = WeightsRequest.PREFIX,
            description = "Prefix of output file names (default: ${DEFAULT-VALUE}).")
    private String outprefix = WeightsRequest.PREFIX;

    @Option(
            names = "--skip",
            description = "Leave outputs that exist as they are; one that states another average is an error.")
    private boolean skip;

    @Option(names = "--overwrite", description = "Replace outputs that exist.")
    private boolean overwrite;

    @Option(
            names = "--batch",
            paramLabel = "INT",
            description = "Write at most so many outputs in one pass over the snapshots; all by default.")
    private int batch = Integer.MAX_VALUE;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            description = "same: as the trainer's own loader takes it (default); edm2, safetensors, pt or dcp: the "
                    + "weights alone, by their names in the model.")
    private FormatWord format = FormatWord.SAME;

    @Option(
            names = "--dtype",
            defaultValue = "same",
            description = "f16, bf16, f32, or same as the snapshots (default).")
    private DTypeWord dtype = DTypeWord.SAME;

    @Option(
            names = "--shard-size",
            paramLabel = "SIZE",
            description = "Split safetensors or dcp into files of at most this size, such as 5GB or 5GiB.")
    private @Nullable ByteSize shardSize;

    @Option(
            names = "--max-memory",
            paramLabel = "SIZE",
            defaultValue = "256MiB",
            description = "Most memory for buffers, whatever the size of the model (default: ${DEFAULT-VALUE}).")
    private ByteSize maxMemory = new ByteSize(256 << 20);

    @Option(
            names = "--kernel",
            defaultValue = "plain",
            description = "plain (default) or nd4j: what computes the combinations.")
    private KernelChoice kernel = KernelChoice.PLAIN;

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
        Run run = input.scan(!target.choosesTime());
        CommandOutput.notices(out, run);
        OutputOptions options = OutputOptions.onDisk(
                format.format(), dtype.dtype(), shardSize == null ? Long.MAX_VALUE : shardSize.bytes());
        PreparedWeights wanted = new Fits()
                .prepare(run, target.request(run, options).withPrefix(outprefix))
                .requireDistinctNames();
        explain(out, wanted);
        explainSettings(out, wanted);

        int workers = Runtime.getRuntime().availableProcessors();
        if (kernel == KernelChoice.ND4J) out.println("computing on " + Training.backend());
        try (Engine engine = new Engine(maxMemory.bytes(), workers, kernel)) {
            Syntheses syntheses = new Syntheses(engine);
            List<String> leftOut = syntheses.leftOut(wanted);
            if (!leftOut.isEmpty())
                out.println("left out: " + String.join(", ", leftOut)
                        + ", with which only the training job itself could go on");
            for (String notice : syntheses.notices(wanted)) out.println("note: " + notice);
            List<FittedTarget> missing = new ArrayList<>();
            for (FittedTarget target : wanted.targets())
                if (!skip || isMissing(syntheses, wanted.with(List.of(target)), out)) missing.add(target);
            List<Syntheses.Pass> passes = new ArrayList<>();
            for (int i = 0; i < missing.size(); i += Math.min(batch, missing.size()))
                passes.add(syntheses.pass(wanted.with(
                        missing.subList(i, (int) Math.min((long) i + batch, missing.size())))));
            long size = passes.stream().mapToLong(Syntheses.Pass::size).sum();
            List<Path> written = new ArrayList<>();
            try (Progress progress = new Progress(CommandOutput.errors(spec), Math.max(1, size))) {
                for (Syntheses.Pass pass : passes)
                    pass.write(outdir, overwrite, progress).forEach(files -> written.add(shown(files.getLast())));
            } catch (Problem exists) {
                if (!exists.getMessage().endsWith(" exists")) throw exists;
                throw Problem.conflict(exists.getMessage() + "; use --overwrite to replace it or --skip to keep it");
            }
            for (Syntheses.Pass pass : passes) for (String notice : pass.notices()) out.println("warning: " + notice);
            for (int i = 0; i < missing.size(); i++)
                out.printf(
                        Locale.ROOT,
                        "wrote %s from %d of %d files%s%n",
                        written.get(i),
                        wanted.with(List.of(missing.get(i))).filesUsed(),
                        run.snapshots().size(),
                        asked(missing.get(i))
                                ? ", predicted error "
                                        + CommandOutput.error(missing.get(i).predictedRelativeError())
                                : "");
        }
    }

    /** Whether it is asked to be an average, from which it can be off. */
    private static boolean asked(FittedTarget target) {
        return target.fit().method() != SolverKind.GIVEN
                || !target.fit().predictedRelativeErrors().isEmpty();
    }

    /** The file, or the folder where a checkpoint is one. */
    private Path shown(Path last) {
        Path within = outdir.relativize(last);
        return within.getNameCount() == 1 ? last : outdir.resolve(within.getName(0));
    }

    /** A state dict has no place for them, and whoever runs the network would take EDM2's defaults. */
    private static void explainSettings(PrintWriter out, PreparedWeights wanted) {
        String unusual =
                NetworkSettings.of(wanted.run().newest().file().metadata()).unusual();
        if (wanted.format() == Format.TORCH_ZIP && !unusual.isEmpty())
            out.println("warning: .pt files cannot say that the network has " + unusual
                    + "; safetensors can, or a phema.yaml beside them, under network");
    }

    /** @throws Problem when there is an output that says itself that it is another */
    private boolean isMissing(Syntheses syntheses, PreparedWeights weights, PrintWriter out) throws IOException {
        Path last = outdir.resolve(syntheses.files(weights).getLast().fileName());
        if (!Files.exists(last)) return true;
        List<String> doubts = new ArrayList<>();
        List<String> contradictions = syntheses.contradictions(weights, last, doubts::add);
        if (!contradictions.isEmpty())
            throw Problem.conflict(last + " is not what --skip would keep: " + String.join("; ", contradictions)
                    + "; use --overwrite to replace it, or another --outdir");
        out.println("kept " + last);
        for (String doubt : doubts) out.println("warning: " + last + ": " + doubt);
        return false;
    }

    /** What was chosen for the user, and how to choose otherwise. */
    private static void explain(PrintWriter out, PreparedWeights wanted) {
        Fit first = wanted.targets().getFirst().fit();
        if (first.method() == SolverKind.GIVEN) {
            out.printf(
                    Locale.ROOT,
                    "weights as given, %d of %d files: %s%n",
                    first.filesUsed(),
                    wanted.run().snapshots().size(),
                    CommandOutput.given(first));
            for (String warning : first.warnings()) out.println("warning: " + warning);
            return;
        }
        Set<Fit> fits = new LinkedHashSet<>();
        for (FittedTarget target : wanted.targets()) fits.addAll(target.fits());
        Fit worst = fits.stream()
                .max(Comparator.comparingDouble(Fit::predictedRelativeError))
                .orElseThrow();
        SolverKind other = worst.method() == SolverKind.BLUP ? SolverKind.PAPER : SolverKind.BLUP;
        String alternative = worst.predictedRelativeErrors().containsKey(other)
                ? "%s: %s there, with --solver %s"
                        .formatted(
                                Labels.inWords(other),
                                CommandOutput.error(
                                        worst.predictedRelativeErrors().get(other)),
                                Labels.inWords(other))
                : Labels.inWords(other) + " cannot use these files";
        String errors = !Double.isFinite(worst.predictedRelativeError())
                ? "the error cannot be predicted"
                : "predicted error at most %s (%s)"
                        .formatted(CommandOutput.error(worst.predictedRelativeError()), alternative);
        out.printf(
                Locale.ROOT,
                "solver %s, %d of %d files: %s%n",
                Labels.inWords(worst.method()),
                wanted.filesUsed(),
                wanted.run().snapshots().size(),
                errors);
        for (Fit fit : fits)
            for (String warning : fit.warnings()) out.println("warning: " + Names.width(fit.target()) + ": " + warning);
    }
}
