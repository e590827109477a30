package phema.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import phema.api.ProfileView;
import phema.catalog.Run;
import phema.catalog.RunScanner;
import phema.catalog.Selection;
import phema.catalog.Snapshot;
import phema.format.FilePart;
import phema.problem.Problem;
import phema.profile.Power;
import phema.profile.Profile;
import phema.solver.Planning;
import phema.solver.Planning.Scheme;
import phema.solver.Retention;
import phema.storage.ByteSize;
import phema.synthesis.Fits;
import phema.synthesis.Names;
import phema.tensor.DType;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "plan",
        description = {
            "With --indir: which snapshots of a run may be deleted, at what predicted error. Deletes nothing itself.",
            "With --times: how many snapshots to store, of which EMA lengths and in which type, before a run."
        },
        footer = {
            "",
            "  phema plan --indir DIR --max-error 0.002 --print0 | xargs -0 rm --",
            "  phema plan --times 16,32,64 --params 280M --max-error 0.001"
        })
final class PlanCommand implements Callable<Integer> {
    private static final double DEFAULT_ERROR = 1e-3;
    private static final List<Double> DEFAULT_TARGETS = List.of(0.03, 0.05, 0.1, 0.15, 0.2, 0.25);
    private static final List<List<Double>> DEFAULT_LENGTHS =
            List.of(List.of(), List.of(0.05), List.of(0.1), List.of(0.05, 0.1), List.of(0.05, 0.2));
    private static final int MOST_FILES = 1024;

    @Mixin
    private RunOptions input = new RunOptions();

    @Option(
            names = "--max-error",
            paramLabel = "E",
            description =
                    "Largest predicted relative error of the weights, before they are rounded to their own type. With --indir,"
                            + " lengths that are above it now may become 5%% worse, and 0 is the default; with --times it is 0.001.")
    private @Nullable Double maxError;

    @Option(
            names = "--outstd",
            paramLabel = "LIST",
            description = "EMA lengths (sigma_rel) that shall stay possible; by default those that the run can express,"
                    + " or, with --times, 0.03 to 0.25.")
    private @Nullable NumberList outstd;

    @Option(
            names = "--outkimg",
            paramLabel = "LIST",
            description =
                    "With --indir: training times at which they shall, in thousands of images; the latest snapshot's by default.")
    private @Nullable NumberList outkimg;

    @Option(
            names = "--list",
            description = "With --indir: print only the files, one per line; what it means goes to stderr.")
    private boolean list;

    @Option(
            names = "--print0",
            description = "The same for xargs -0: a zero byte after each file, for names with spaces.")
    private boolean print0;

    @Option(
            names = "--times",
            paramLabel = "LIST",
            description = "How often snapshots could be stored, at equal intervals, such as 32 or 16,32,64.")
    private @Nullable NumberList times;

    @Option(
            names = "--params",
            paramLabel = "N",
            description = "With --times: weights of the model, such as 280M or 1.5B, for sizes in bytes.")
    private @Nullable Count params;

    @Option(names = "--dtype", paramLabel = "TYPE", description = "With --times: only this type: f16, bf16 or f32.")
    private ReconstructCommand.DTypeWord dtype = ReconstructCommand.DTypeWord.SAME;

    @Option(
            names = "--like",
            paramLabel = "DIR",
            description = "With --times: assume that weights move as in this run, instead of phema's sample run.")
    private @Nullable Path like;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        if (input.isGiven() == (times != null))
            throw Problem.invalid(
                    "indir",
                    "plan needs either --indir DIR, for a run that exists, or --times LIST, for one that does not");
        if (maxError != null && !(maxError >= 0 && maxError < Double.POSITIVE_INFINITY))
            throw Problem.invalid("maxError", "--max-error must be a number from 0 on, not " + maxError);
        if (times == null) retention();
        else planning(times.values());
        return Cli.FINE;
    }

    private void retention() throws IOException {
        Run run = input.scan();
        Fits fits = new Fits();
        Retention retention = fits.retention(run, targets(fits, run), maxError == null ? 0 : maxError);
        List<Snapshot> deletable =
                retention.deletable().stream().map(run.snapshots()::get).toList();
        List<String> files = deletable.stream().flatMap(PlanCommand::files).toList();
        PrintWriter out = CommandOutput.of(spec);
        if (json) {
            CommandOutput.json(
                    out,
                    new RetentionView(
                            files,
                            bytes(deletable),
                            retention.effects().stream().map(EffectView::of).toList()));
            return;
        }
        boolean alone = list || print0;
        explain(alone ? CommandOutput.errors(spec) : out, run, retention, deletable);
        if (!alone && !files.isEmpty()) out.println("may be deleted (--list and --print0 print only these):");
        for (String file : files) out.print(print0 ? file + '\0' : file + System.lineSeparator());
        out.flush();
    }

    /** @param deletable files, as {@code --list} prints them */
    private record RetentionView(List<String> deletable, long deletableBytes, List<EffectView> targets) {}

    private record EffectView(ProfileView target, double errorNow, double errorAfter, double limit) {
        static EffectView of(Retention.TargetEffect effect) {
            return new EffectView(
                    ProfileView.of(effect.target()), effect.before(), effect.after(), effect.limit());
        }
    }

    private static long whole(double kimg) {
        if (kimg != Math.rint(kimg))
            throw Problem.invalid(
                    "outkimg", "--outkimg " + kimg + ": snapshots are named by whole thousands of images");
        return (long) kimg;
    }

    private List<Profile> targets(Fits fits, Run run) {
        List<Profile> targets = new ArrayList<>();
        List<Double> ends = outkimg == null
                ? List.of(run.newestTime())
                : outkimg.values().stream()
                        .map(kimg -> ProfileOptions.time("outkimg", run, whole(kimg)))
                        .toList();
        for (double end : ends)
            if (outstd == null) targets.addAll(fits.expressible(run, end));
            else for (double sigmaRel : outstd.values()) targets.add(ProfileOptions.power(sigmaRel, end));
        if (targets.isEmpty())
            throw Problem.invalid(
                    "outstd",
                    "the run can express no EMA length within 10 %; say with --outstd which shall stay possible");
        return targets;
    }

    private static void explain(PrintWriter out, Run run, Retention retention, List<Snapshot> deletable) {
        out.printf(
                "%s: %d of %d snapshots may be deleted, %s of %s%n",
                run.folder(),
                deletable.size(),
                run.snapshots().size(),
                ByteSize.print(bytes(deletable)),
                ByteSize.print(bytes(run.snapshots())));
        Table table = new Table("sigma_rel", "time", "predicted error now", "after", "limit");
        for (Retention.TargetEffect effect : retention.effects())
            table.row(
                    Names.width(effect.target()),
                    "%.0f".formatted(effect.target().endTime()),
                    CommandOutput.error(effect.before()),
                    CommandOutput.error(effect.after()),
                    CommandOutput.error(effect.limit()));
        table.print(out);
        out.flush();
    }

    private static long bytes(List<Snapshot> snapshots) {
        return snapshots.stream().mapToLong(s -> s.file().size()).sum();
    }

    /** The physical files of a snapshot: its shards and their index, or just one. */
    private static Stream<String> files(Snapshot snapshot) {
        return Stream.concat(
                        Stream.of(snapshot.file().path()),
                        snapshot.file().parts().stream().map(FilePart::path))
                .map(Path::toString)
                .distinct();
    }

    /** A way to store a run, and the errors that it would lead to. */
    private record Outlook(Scheme scheme, List<Double> errors) {
        double worst() {
            return errors.stream().mapToDouble(x -> x).max().orElseThrow();
        }
    }

    private void planning(List<Double> counts) throws IOException {
        Planning planning = like == null ? Planning.typical() : new Fits().planning(scan(like));
        List<Double> targets = outstd == null ? DEFAULT_TARGETS : outstd.values();
        targets.forEach(sigmaRel -> ProfileOptions.power(sigmaRel, 1));
        List<Outlook> outlooks = schemes(counts).stream()
                .map(scheme -> new Outlook(scheme, planning.errors(scheme, targets)))
                .sorted(Comparator.<Outlook>comparingLong(o -> o.scheme().bytes(1))
                        .thenComparing(Outlook::worst))
                .toList();
        double limit = maxError == null ? DEFAULT_ERROR : maxError;
        PrintWriter out = CommandOutput.of(spec);
        if (json) {
            CommandOutput.json(
                    out, outlooks.stream().map(o -> asJson(o, targets, limit)).toList());
            return;
        }
        out.println("predicted relative errors at the end of the run, for weights that move as in "
                + (like == null ? "phema's sample run (--like DIR: as in a run of yours)" : like.toString()));
        List<String> header =
                new ArrayList<>(List.of("times", "stored sigma_rel", "dtype", params == null ? "per weight" : "size"));
        targets.forEach(sigmaRel -> header.add("at " + sigmaRel));
        Table table = new Table(header.toArray(String[]::new));
        for (Outlook outlook : outlooks) {
            List<String> row = new ArrayList<>(List.of(
                    String.valueOf(outlook.scheme().times()),
                    lengths(outlook.scheme()),
                    CommandOutput.word(outlook.scheme().dtype()),
                    size(outlook.scheme())));
            outlook.errors().forEach(error -> row.add(CommandOutput.error(error)));
            table.row(row.toArray(String[]::new));
        }
        table.print(out);
        outlooks.stream()
                .filter(o -> o.worst() <= limit)
                .findFirst()
                .ifPresentOrElse(
                        o -> out.printf(
                                Locale.ROOT,
                                "recommended, the smallest within %s: %d times %s in %s, %s%n",
                                CommandOutput.error(limit),
                                o.scheme().times(),
                                lengths(o.scheme()),
                                CommandOutput.word(o.scheme().dtype()),
                                size(o.scheme())),
                        () -> out.printf(
                                "none is within %s at all lengths; try more --times, or ask for less with --outstd or --max-error%n",
                                CommandOutput.error(limit)));
    }

    private List<Scheme> schemes(List<Double> counts) {
        List<List<Double>> lengths = input.lengths().isEmpty() ? DEFAULT_LENGTHS : List.of(input.lengths());
        List<DType> dtypes = dtype.dtype().map(List::of).orElse(List.of(DType.F16, DType.BF16, DType.F32));
        List<Scheme> schemes = new ArrayList<>();
        for (double count : counts) {
            if (!(count >= 2 && count <= MOST_FILES && count == Math.rint(count)))
                throw Problem.invalid("times", "--times must be whole numbers in 2.." + MOST_FILES + ", not " + count);
            for (List<Double> stored : lengths) {
                stored.forEach(sigmaRel -> ProfileOptions.profile("instd", () -> Power.ofSigmaRel(sigmaRel, 1)));
                for (DType each : dtypes) schemes.add(new Scheme((int) count, stored, each));
            }
        }
        return schemes;
    }

    private static Run scan(Path folder) throws IOException {
        return RunScanner.scan(folder, Selection.DEFAULT);
    }

    private String size(Scheme scheme) {
        return params == null ? scheme.bytes(1) + " B" : ByteSize.print(scheme.bytes(params.value()));
    }

    private static String lengths(Scheme scheme) {
        return scheme.sigmaRels().isEmpty()
                ? "raw"
                : scheme.sigmaRels().stream()
                        .map(sigmaRel -> String.format(Locale.ROOT, "%.3f", sigmaRel))
                        .collect(Collectors.joining("+"));
    }

    private Map<String, Object> asJson(Outlook outlook, List<Double> targets, double limit) {
        Map<String, Object> view = new LinkedHashMap<>();
        view.put("times", outlook.scheme().times());
        view.put("sigmaRels", outlook.scheme().sigmaRels());
        view.put("dtype", CommandOutput.word(outlook.scheme().dtype()));
        view.put("bytes", outlook.scheme().bytes(params == null ? 1 : params.value()));
        view.put(
                "errors",
                IntStream.range(0, targets.size())
                        .boxed()
                        .collect(Collectors.toMap(
                                targets::get, outlook.errors()::get, (a, b) -> a, LinkedHashMap::new)));
        view.put("withinMaxError", outlook.worst() <= limit);
        return view;
    }
}
