package phema.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import phema.catalog.Run;
import phema.catalog.RunScanner;
import phema.catalog.Selection;
import phema.problem.Problem;
import phema.profile.Power;
import phema.profile.ProfileSpec;
import phema.solver.Planning;
import phema.synthesis.Fits;
import phema.text.Labels;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs {@code phema plan}. */
@Command(
        name = "plan",
        description = {
            "With --indir: which snapshots of a run may be deleted, at what predicted error. Deletes nothing itself.",
            "With --times: how many snapshots to store, of which averages and in which type, before a run."
        },
        footer = {
            "",
            "  phema plan --indir DIR --max-error 0.002 --print0 | xargs -0 rm --",
            "  phema plan --times 16,32,64 --params 280M --max-error 0.001",
            "  phema plan --times 32,64 --end 100000 --profile decay:cosine:20000 --stored halflife-fraction:0.05"
        })
final class PlanCommand implements Callable<Integer> {
    private static final double DEFAULT_ERROR = 1e-3;
    private static final List<Double> DEFAULT_TARGETS = List.of(0.03, 0.05, 0.1, 0.15, 0.2, 0.25);

    @Mixin
    private RunOptions input = new RunOptions();

    @Option(
            names = "--max-error",
            paramLabel = "E",
            description = "Largest predicted relative error of the weights, before they are rounded to their own type. "
                    + "With --indir,"
                    + " lengths that are above it now may become 5%% worse, and 0 is the default; with "
                    + "--times it is 0.001.")
    private @Nullable Double maxError;

    @Option(
            names = "--outstd",
            paramLabel = "LIST",
            description = "EMA lengths (sigma_rel) that shall stay possible; by default those that the run can express,"
                    + " or, with --times, 0.03 to 0.25.")
    private @Nullable NumberList outstd;

    @Option(
            names = "--profile",
            paramLabel = "SPEC",
            description = "Other averages that shall, such as decay:cosine:20000 or halflife-fraction:0.05; may be "
                    + "given several times. With --times, windows are in the unit of --end.")
    private List<String> profiles = new ArrayList<>();

    @Option(
            names = "--outkimg",
            paramLabel = "LIST",
            description =
                    "With --indir: training times at which they shall, in thousands of images; the latest snapshot's "
                            + "by default.")
    private @Nullable NumberList outkimg;

    @Option(
            names = "--time",
            paramLabel = "LIST",
            split = ",",
            description = "With --indir: the same on the run's own clock, such as 2500 or 131k.")
    private List<String> ends = new ArrayList<>();

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
            names = "--end",
            paramLabel = "TIME",
            description = "With --times: where the run will end, in the unit of windows (default: 1, so that windows "
                    + "are shares of the run).")
    private @Nullable Double end;

    @Option(
            names = "--stored",
            paramLabel = "SPEC",
            description = "With --times: what is stored each time, such as impulse for the weights themselves or "
                    + "halflife-fraction:0.05 for torchtitan's average; may be given several times. Otherwise several "
                    + "usual sets are compared.")
    private List<String> stored = new ArrayList<>();

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
        if (times == null) retention(maxError == null ? 0 : maxError);
        else planning(times.values(), maxError == null ? DEFAULT_ERROR : maxError);
        return Cli.FINE;
    }

    private void retention(double limit) throws IOException {
        Run run = input.scan(false);
        DeletableSnapshots deletable = DeletableSnapshots.of(run, outstd, profiles, ends(run), limit);
        List<String> files = deletable.files();
        PrintWriter out = CommandOutput.of(spec);
        if (json) {
            CommandOutput.json(out, deletable.view());
            return;
        }
        boolean alone = list || print0;
        deletable.explain(alone ? CommandOutput.errors(spec) : out);
        if (!alone && !files.isEmpty()) out.println("may be deleted (--list and --print0 print only these):");
        for (String file : files) out.print(print0 ? file + '\0' : file + System.lineSeparator());
        out.flush();
    }

    /** Where averages end; nothing for the newest snapshot. */
    private List<Double> ends(Run run) {
        if (outkimg == null)
            return ends.stream()
                    .map(end -> ProfileOptions.time("time", run, end))
                    .toList();
        if (!ends.isEmpty()) throw Problem.invalid("time", "--time and --outkimg say the same; give one of them");
        return outkimg.values().stream()
                .map(end -> ProfileOptions.time("outkimg", run, whole(end)))
                .toList();
    }

    private static long whole(double kimg) {
        if (kimg != Math.rint(kimg))
            throw Problem.invalid(
                    "outkimg", "--outkimg " + kimg + ": snapshots are named by whole thousands of images");
        return (long) kimg;
    }

    /** What {@code --instd} and {@code --stored} say. */
    private List<String> stored(List<Double> counts) {
        for (double sigmaRel : input.lengths()) ProfileOptions.profile("instd", () -> Power.ofSigmaRel(sigmaRel, 1));
        double last = end == null ? 1 : end;
        double first = last / Collections.max(counts); // where the first snapshot is stored
        for (String spec : stored) ProfileOptions.profile("stored", () -> ProfileSpec.parse(spec, first));
        return Stream.concat(
                        input.lengths().stream().map(sigmaRel -> "power:" + Labels.plain(sigmaRel)), stored.stream())
                .toList();
    }

    private List<StoragePlan.PlannedAverage> targets(double end) {
        if (!(end > 0 && end < Double.POSITIVE_INFINITY))
            throw Problem.invalid("end", "--end must be a number above 0, not " + end);
        List<Double> lengths = outstd != null ? outstd.values() : profiles.isEmpty() ? DEFAULT_TARGETS : List.of();
        return Stream.concat(
                        lengths.stream()
                                .map(sigmaRel -> new StoragePlan.PlannedAverage(
                                        Labels.plain(sigmaRel), ProfileOptions.power(sigmaRel, end))),
                        profiles.stream()
                                .map(spec -> new StoragePlan.PlannedAverage(
                                        spec, ProfileOptions.profile("profile", () -> ProfileSpec.parse(spec, end)))))
                .toList();
    }

    private void planning(List<Double> counts, double limit) throws IOException {
        Planning planning =
                like == null ? Planning.typical() : new Fits().planning(RunScanner.scan(like, Selection.DEFAULT));
        StoragePlan plan = new StoragePlan(
                planning,
                StoragePlan.schemes(counts, stored(counts), dtype.dtype()),
                targets(end == null ? 1 : end),
                limit,
                params == null ? OptionalLong.empty() : OptionalLong.of(params.value()));
        PrintWriter out = CommandOutput.of(spec);
        if (json) CommandOutput.json(out, plan.asJson());
        else plan.print(out, like == null ? "phema's sample run (--like DIR: as in a run of yours)" : like.toString());
    }
}
