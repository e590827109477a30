package phema.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import phema.catalog.Excluded;
import phema.catalog.Excluded.ExclusionReason;
import phema.catalog.NewerFiles;
import phema.catalog.Run;
import phema.catalog.RunScanner;
import phema.catalog.Selection;
import phema.format.WeightFiles;
import phema.problem.Problem;
import phema.text.Labels;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Holds the options that say which snapshots to use, with EDM2's names and meaning. */
final class RunOptions {
    private static final String OTHERWISE = ", or choose others with --inprefix or --instd";

    @Option(names = "--indir", paramLabel = "DIR", description = "Folder that holds the snapshots.")
    private @Nullable Path indir;

    @Option(
            names = "--inprefix",
            paramLabel = "STR",
            description = "Use only snapshots whose names begin with this prefix.")
    private @Nullable String inprefix;

    @Option(
            names = "--instd",
            paramLabel = "LIST",
            description = "Use only snapshots of these EMA lengths (sigma_rel).")
    private @Nullable NumberList instd;

    @Option(
            names = "--group",
            paramLabel = "WORD",
            converter = GroupConverter.class,
            description = "optimizer.fp32: the weights in single precision that Megatron's optimizers keep, instead of"
                    + " the model's own.")
    private @Nullable GroupWord group;

    /** The one group of weights that there is beside the model's own. */
    record GroupWord() {}

    /** Reads the word for it. */
    static final class GroupConverter implements ITypeConverter<GroupWord> {
        @Override
        public GroupWord convert(String word) {
            if (word.equals(WeightFiles.MASTERS)) return new GroupWord();
            throw new TypeConversionException("it must be " + WeightFiles.MASTERS + ", not " + word);
        }
    }

    boolean isGiven() {
        return indir != null;
    }

    /** What {@code --instd} says; empty for all. */
    List<Double> lengths() {
        return instd == null ? List.of() : instd.values();
    }

    /**
     * A file that is broken or differs from the others is not left out silently, because the result would be another.
     *
     * @param newest whether weights of the newest files are wanted, not of a time that was chosen
     * @throws Problem when the folder does not exist, holds no usable snapshot or a file that is damaged or of another
     *     network, or newest files that cannot be used
     */
    Run scan(boolean newest) throws IOException {
        if (indir == null)
            throw Problem.invalid("indir", "--indir DIR is missing: the folder that holds the snapshots");
        if (!Files.isDirectory(indir)) throw Problem.invalid("indir", "--indir: " + indir + " is not a folder");
        Selection selection = new Selection(Optional.ofNullable(inprefix), lengths(), group != null);
        Run run = RunScanner.scan(indir, selection);
        requireWhole(run, OTHERWISE);
        if (run.snapshots().isEmpty()) throw Problem.invalid("indir", indir + " holds no usable snapshots" + why(run));
        if (newest)
            outdated(run).ifPresent(why -> {
                throw Problem.unprocessable(why);
            });
        return run;
    }

    /** @param otherwise what to do instead of moving the file */
    static void requireWhole(Run run, String otherwise) {
        incomplete(run, otherwise).ifPresent(why -> {
            throw Problem.unprocessable(why);
        });
    }

    /** Why weights of a run are given only where a time is chosen, or not at all; empty where they are. */
    static Optional<String> refusal(Run run) {
        return incomplete(run, OTHERWISE).or(() -> outdated(run));
    }

    private static Optional<String> incomplete(Run run, String otherwise) {
        List<Excluded> bad = run.excluded().stream()
                .filter(e -> e.reason() == ExclusionReason.BROKEN || e.reason() == ExclusionReason.DIFFERENT)
                .toList();
        if (bad.isEmpty()) return Optional.empty();
        Excluded usual = usual(run, bad);
        String first = located(run, usual);
        String others = bad.size() == 1 ? "" : " and " + (bad.size() - 1) + " more that `phema inspect` lists";
        if (!run.snapshots().isEmpty())
            return Optional.of(first + ". "
                    + run.newer()
                            .filter(files -> files.ofRun().contains(usual))
                            .map(NewerFiles::change)
                            .filter(change -> !change.isEmpty())
                            .map(change -> change + " For averages of the older ones, move ")
                            .orElse("Move ")
                    + movable(run, usual) + others + " out of " + run.folder() + otherwise);
        if (bad.size() == 1) return Optional.of(first);
        return Optional.of(first + (areAlike(run, bad) ? ". So it is with all " : ". None can be used of the ")
                + bad.size() + " files in " + run.folder());
    }

    /** Weights of an earlier time than the run's are not called its newest; files of other names may be another's. */
    private static Optional<String> outdated(Run run) {
        return run.newer().filter(files -> !files.ofRun().isEmpty()).map(newer -> {
            List<Excluded> files = newer.ofRun();
            String time = Labels.plain(newer.time());
            return located(run, files.getFirst()) + ". "
                    + (files.size() == 1 ? "It is" : "It and " + (files.size() - 1) + " more are")
                    + " newer than all files that can be used, so that weights would be those of time " + time
                    + ": for these, give that time (--time " + time + ")";
        });
    }

    /** What is wrong with a file, which people at a terminal look for by its whole path. */
    private static String located(Run run, Excluded excluded) {
        Path path = run.folder().relativize(excluded.path());
        String message = excluded.message();
        int end = message.indexOf(": ");
        boolean named = message.startsWith(path + ":") || message.startsWith(path.getName(0) + "/");
        return named && end > 0 ? run.folder().resolve(message.substring(0, end)) + message.substring(end) : message;
    }

    /** A file, or the folder of a checkpoint that is one. */
    private static String movable(Run run, Excluded excluded) {
        Path path = run.folder().relativize(excluded.path());
        return path.getNameCount() > 1 ? "the folder " + path.getName(0) : "that file";
    }

    /** Whether all are refused for one reason. */
    private static boolean areAlike(Run run, List<Excluded> files) {
        return files.stream().map(e -> CommandOutput.why(run, e)).distinct().count() == 1;
    }

    /** The first of those that are refused for the reason that most are. */
    private static Excluded usual(Run run, List<Excluded> files) {
        Map<String, List<Excluded>> byReason = files.stream()
                .collect(
                        Collectors.groupingBy(e -> CommandOutput.why(run, e), LinkedHashMap::new, Collectors.toList()));
        List<Excluded> most = List.of();
        for (List<Excluded> alike : byReason.values()) if (alike.size() > most.size()) most = alike;
        return most.getFirst();
    }

    private String why(Run run) {
        if (run.excluded().isEmpty() && (inprefix != null || instd != null))
            return " of the chosen --inprefix and --instd"
                    + run.notices().stream()
                            .findFirst()
                            .map(notice -> ". " + notice)
                            .orElse("; phema inspect " + indir + " says what it holds");
        return whyNone(run);
    }

    /** Why a folder has no snapshots, as the rest of a sentence. */
    static String whyNone(Run run) {
        if (!run.excluded().isEmpty()) return "; " + located(run, usual(run, run.excluded()));
        if (!run.notices().isEmpty()) return ". " + run.notices().getLast();
        return "; it holds no weight files that phema reads: their names look like"
                + " network-snapshot-0001024-0.050.pkl (or .safetensors), or step-00001000.safetensors for raw"
                + " checkpoints; others need a phema.yaml, see docs/snapshots.md";
    }
}
