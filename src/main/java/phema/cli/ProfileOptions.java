package phema.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import phema.catalog.Run;
import phema.problem.Problem;
import phema.profile.Power;
import phema.profile.Profile;
import phema.profile.ProfileSpec;
import phema.solver.FilesToRead;
import phema.solver.FitOptions;
import phema.solver.SolverKind;
import phema.synthesis.FileWeights;
import phema.synthesis.OutputOptions;
import phema.synthesis.WeightsReference;
import phema.synthesis.WeightsRequest;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** Holds the options that say which averages are wanted, and how they are solved for. */
final class ProfileOptions {
    @ArgGroup(multiplicity = "1")
    private Averages averages = new Averages();

    /** One of them, never two. */
    private static final class Averages {
        @Option(
                names = "--outstd",
                paramLabel = "LIST",
                required = true,
                description = "EMA lengths (sigma_rel) to reconstruct, such as 0.05,0.10 or 0.010,0.015,...,0.250.")
        private NumberList outstd = new NumberList(List.of());

        @Option(
                names = "--profile",
                paramLabel = "SPEC",
                required = true,
                description = "Average to reconstruct, such as power:0.10, exponential:halflife=50000, uniform:65536, "
                        + "ema:0.9999,warmup=10 or impulse; may be given several times.")
        private List<String> profiles = new ArrayList<>();

        @ArgGroup(exclusive = false, multiplicity = "1")
        private @Nullable Merge merge;

        List<Profile> endingAt(double time) {
            return Stream.concat(
                            outstd.values().stream().map(sigmaRel -> power(sigmaRel, time)),
                            profiles.stream().map(spec -> profile("profile", () -> ProfileSpec.parse(spec, time))))
                    .toList();
        }
    }

    /** What merge tools are told. */
    private static final class Merge {
        @Option(
                names = "--weights",
                paramLabel = "WEIGHTS",
                required = true,
                description = "A weighted average of files instead: " + FileWeights.FORMS
                        + ", the latter two as Megatron's weighted_merge.")
        private String weights = "";

        @Option(names = "--normalize", description = "Divide --weights by their sum.")
        private boolean normalize;

        @Option(
                names = "--like",
                paramLabel = "SPEC",
                description = "The average that --weights are asked to be, such as decay:linear:2000: predicts how "
                        + "near they come, and blup would.")
        private @Nullable String like;

        FileWeights files() {
            return new FileWeights(weights, normalize, Optional.ofNullable(like));
        }
    }

    @Option(
            names = "--time",
            paramLabel = "TIME",
            description = "Training time to reconstruct at, on the run's own clock, such as 2500 or 131k; the latest "
                    + "snapshot's by default.")
    private @Nullable String time;

    @Option(
            names = "--outkimg",
            paramLabel = "KIMG",
            description = "The same in thousands of images, for runs that count them.")
    private @Nullable Long outkimg;

    @Option(
            names = "--solver",
            defaultValue = "blup",
            description = "blup: the least predicted error (default). paper: the least-squares fit of EDM2's "
                    + "reconstruct_phema.py.")
    private SolverKind solver = SolverKind.BLUP;

    @Option(
            names = "--files",
            defaultValue = "fewest",
            description = "fewest: read only files that matter, at most 5%% more predicted error (default). all: read "
                    + "every file. For blup.")
    private FilesToRead files = FilesToRead.FEWEST;

    @Option(
            names = "--layer",
            paramLabel = "GLOB=SPEC",
            description =
                    "Another average for tensors of such names, in every output, such as '*attn*=power:0.05' (SPEC "
                            + "as for --profile); may be given several times, the first that matches counts. "
                            + "Output names tell: phema-0000262-0.100-+attn+-0.050.")
    private List<String> layers = new ArrayList<>();

    /** The weights asked for, stored in some way. */
    WeightsRequest request(Run run, OutputOptions output) {
        if (time != null && outkimg != null)
            throw Problem.invalid("time", "--time and --outkimg say the same; give one of them");
        FitOptions options = FitOptions.of(solver, files);
        if (averages.merge == null)
            return WeightsRequest.of(averages.endingAt(end(run)), options, output)
                    .withLayers(layers);
        if (time != null || outkimg != null)
            throw Problem.invalid("time", "--time and --outkimg: --weights end with the last of their files");
        if (solver != SolverKind.BLUP) throw Problem.invalid("solver", "--solver: --weights are taken as they are");
        return WeightsRequest.of(averages.merge.files(), options, output).withLayers(layers);
    }

    /** Whether weights of some time are asked for, not of the newest files. */
    boolean choosesTime() {
        return time != null || outkimg != null || averages.merge != null;
    }

    private double end(Run run) {
        if (outkimg != null) return time("outkimg", run, outkimg);
        return time == null ? run.newestTime() : time("time", run, time);
    }

    /** A time on the run's own clock. @param option at fault when no snapshot reaches it */
    static double time(String option, Run run, String time) {
        try {
            return WeightsReference.time(time, run);
        } catch (Problem e) {
            throw Problem.invalid(option, "--" + option + ": " + e.getMessage());
        }
    }

    /** A snapshot's time as users give it, in thousands of images. @param option at fault when there is no such time */
    static double time(String option, Run run, long kimg) {
        if (!run.countsKimg())
            throw Problem.invalid(option, "--" + option + ": the times of " + run.folder() + " are not in kimg");
        return time(option, run, kimg + "k");
    }

    /** What {@code --outstd} means. */
    static Profile power(double sigmaRel, double time) {
        return profile("outstd", () -> Power.ofSigmaRel(sigmaRel, time));
    }

    static Profile profile(String option, Supplier<Profile> parsed) {
        try {
            return parsed.get();
        } catch (IllegalArgumentException e) {
            throw Problem.invalid(option, "--" + option + ": " + e.getMessage());
        }
    }
}
