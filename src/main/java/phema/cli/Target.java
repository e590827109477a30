package phema.cli;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import phema.catalog.Kimg;
import phema.catalog.Run;
import phema.problem.Problem;
import phema.profile.Power;
import phema.profile.Profile;
import phema.profile.SigmaRel;
import phema.solver.Files;
import phema.solver.Fit;
import phema.solver.Method;
import phema.solver.Options;
import phema.synthesis.Fits;
import phema.tensor.DType;
import picocli.CommandLine.Option;

/** The options that say which averages are wanted, and how they are solved for. */
final class Target {
    @Option(
            names = "--outstd",
            paramLabel = "LIST",
            required = true,
            description = "EMA lengths (sigma_rel) to reconstruct, such as 0.05,0.10 or 0.010,0.015,...,0.250.")
    private NumberList outstd = new NumberList(List.of());

    @Option(
            names = "--outkimg",
            paramLabel = "KIMG",
            description = "Training time to reconstruct at, in thousands of images; the latest snapshot's by default.")
    private @Nullable Long outkimg;

    @Option(
            names = "--solver",
            defaultValue = "blup",
            description =
                    "blup: the least predicted error (default). paper: the least-squares fit of EDM2's reconstruct_phema.py.")
    private Method solver = Method.BLUP;

    @Option(
            names = "--files",
            defaultValue = "fewest",
            description =
                    "fewest: read only files that matter, at most 5%% more predicted error (default). all: read every file. For blup.")
    private Files files = Files.FEWEST;

    List<Fit> fits(Fits fits, Run run, Optional<DType> dtype) {
        double time = outkimg == null ? run.snapshots().getLast().time() : Kimg.toNimg(outkimg);
        List<Profile> profiles = outstd.values().stream()
                .map(sigmaRel -> profile(sigmaRel, time))
                .toList();
        return fits.fit(run, profiles, Options.of(solver, files), dtype);
    }

    static Profile profile(double sigmaRel, double time) {
        try {
            return Power.ofSigmaRel(sigmaRel, time);
        } catch (IllegalArgumentException e) {
            throw Problem.invalid("outstd", "--outstd: " + e.getMessage());
        }
    }

    /** {@code sigma_rel 0.100}. */
    static String describe(Profile target) {
        return target instanceof Power power
                ? String.format(Locale.ROOT, "%.3f", SigmaRel.ofGamma(power.gamma()))
                : target.toString();
    }
}
