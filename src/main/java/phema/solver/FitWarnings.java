package phema.solver;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import phema.profile.Profile;
import phema.profile.ProfileSpec;
import phema.text.Labels;

/** Says what is to be minded about a fit. */
final class FitWarnings {
    /** The number of odd files that an answer names though it does not read them. */
    private static final int NAMED = 3;

    /** The factor by which actual errors may differ from predicted ones, over all files of a profile. */
    private static final double LARGEST_DISAGREEMENT = 1.5;

    private final StoredAverages stored;
    private final boolean alike;
    private final Optional<RunModel> model;

    /** That predicted errors are rough, in words. */
    private final Optional<String> disagreement;

    /** @param alike whether all files hold the same */
    FitWarnings(StoredAverages stored, boolean alike, Optional<RunModel> model) {
        this.stored = stored;
        this.alike = alike;
        this.model = model;
        disagreement = model.flatMap(this::disagreement);
    }

    List<String> of(Profile target, FitOptions options, Solution chosen, double residual) {
        List<String> warnings = new ArrayList<>();
        if (stored.size() == 1) warnings.add("there is only one stored average: no error can be predicted");
        if (alike)
            warnings.add("all " + stored.size() + " stored files are equal in the "
                    + stored.sampled() + " weights that were compared, so no error is predicted, and"
                    + " the newest is as good as any; that is what an EMA in bf16 with a decay near one gives, as each"
                    + " step rounds to no change, or a job that copied one file");
        model.ifPresent(m -> {
            m.odd().stream()
                    .filter(o -> chosen.coefficients()[o.file()] != 0)
                    .forEach(o -> warnings.add(oddFile(o) + without(target, options, m)));
            oddButNotRead(m, Arrays.stream(chosen.coefficients()).boxed().toList())
                    .ifPresent(warnings::add);
            m.doubts().told().forEach(doubt -> warnings.add("the " + doubt.inWords()));
            if (m.other().isPresent())
                warnings.add("no average of both runs is one of either: predicted errors count what is of the other"
                        + " one; take the files of one of them away");
            if (!m.doubts().changes().isEmpty())
                warnings.add("predicted errors are those of what is likelier, and smaller once it is stated");
            disagreement.ifPresent(warnings::add);
        });
        if (options.method() == SolverKind.BLUP
                && model.isPresent()
                && model.get().fit().assumed())
            warnings.add("fewer than " + MovementFit.FEW
                    + " stored averages do not say how the weights moved: their course is assumed, and "
                    + "predicted errors are rough");
        if (residual > Solver.LARGEST_PROFILE_RESIDUAL && !alike)
            warnings.add(String.format(
                    Locale.ROOT,
                    "the stored files can express this target only roughly: the fitted profile is %.0f %% off",
                    100 * residual));
        if (chosen.singular())
            warnings.add("the system is singular to working precision: some stored files have nearly equal profiles");
        if (chosen.norm() > Solver.LARGEST_NORM)
            warnings.add(String.format(
                    Locale.ROOT,
                    "the coefficients' absolute values sum to %.0f: rounding errors of the stored files grow with"
                            + " them%s",
                    chosen.norm(),
                    model.flatMap(RunModel::unconfirmed).isEmpty()
                            ? ""
                            : ", and so does what is wrong in the profile that is stated of all, which nothing here"
                                    + " confirms: the predicted error counts that they may forget 10 % faster or"
                                    + " slower. Raw weights of the same run beside them would tell, and need no such"
                                    + " coefficients"));
        double last = stored.lastEnd(stored.until(target));
        if (last < target.endTime() && (options.method() == SolverKind.PAPER || !options.laterFiles()))
            warnings.add("the target ends at " + Labels.plain(target.endTime())
                    + ", after the last file that may be read, at " + Labels.plain(last)
                    + ": choose that time; a request over REST can take later files (laterFiles, with blup)");
        return warnings;
    }

    /** Of coefficients that are given, and not of a target's. */
    List<String> of(List<Double> coefficients) {
        List<String> warnings = new ArrayList<>();
        model.ifPresent(m -> {
            m.odd().stream().filter(o -> coefficients.get(o.file()) != 0).forEach(o -> warnings.add(oddFile(o)));
            oddButNotRead(m, coefficients).ifPresent(warnings::add);
        });
        return warnings;
    }

    private String oddFile(OddFile odd) {
        return String.format(
                Locale.ROOT,
                "the file %s does not belong to the others: its squared distance from what they let expect is %.3g "
                        + "times the usual one; it %s",
                OddFiles.name(stored.profile(odd.file())),
                odd.surprise(),
                odd.likeness());
    }

    /** In one line: they change no answer, but may be odd because of what is stated of all. */
    private Optional<String> oddButNotRead(RunModel model, List<Double> coefficients) {
        List<String> odd = model.odd().stream()
                .filter(o -> coefficients.get(o.file()) == 0)
                .map(o -> OddFiles.name(stored.profile(o.file())))
                .toList();
        if (odd.isEmpty()) return Optional.empty();
        String named = String.join(", ", odd.subList(0, Math.min(odd.size(), NAMED)));
        return Optional.of(String.format(
                Locale.ROOT,
                "%d of %d files %s: %s; what is stated of the run may be wrong, and phema inspect --fit tells more",
                odd.size(),
                stored.size(),
                odd.size() == 1
                        ? "does not belong to the others, and is not read here"
                        : "do not belong to the others, and are not read here",
                odd.size() > NAMED ? named + " and " + (odd.size() - NAMED) + " more" : named));
    }

    private static String without(Profile target, FitOptions options, RunModel model) {
        return model.withoutOdd()
                .filter(s -> s.stored().lastEnd() >= target.endTime())
                .map(s -> s.solve(target, options).predictedRelativeError())
                .filter(Double::isFinite)
                .map(error -> String.format(Locale.ROOT, "; without it the predicted error is %.1e", error))
                .orElse("");
    }

    /** Of the profile whose files are predicted worst, if badly. */
    private Optional<String> disagreement(RunModel model) {
        if (model.fit().assumed() || !model.odd().isEmpty()) return Optional.empty();
        Map<String, List<Double>> byProfile = new TreeMap<>();
        for (int i = 0; i < stored.size(); i++)
            byProfile
                    .computeIfAbsent(ProfileSpec.print(stored.profile(i)), p -> new ArrayList<>())
                    .add(model.surprises().get(i));
        return byProfile.entrySet().stream()
                .map(e -> Map.entry(e.getKey(), RunModel.actualToPredicted(e.getValue())))
                .max(Comparator.comparingDouble(e -> Math.abs(Math.log(e.getValue()))))
                .filter(e -> Math.abs(Math.log(e.getValue())) > Math.log(LARGEST_DISAGREEMENT))
                .map(e -> String.format(
                        Locale.ROOT,
                        "predicted errors are rough: leaving out each file of profile %s in turn, the actual error was "
                                + "%.2f times the predicted one%s",
                        e.getKey(),
                        e.getValue(),
                        model.doubts().told().isEmpty()
                                ? "; is the profile what it is said to be, and are all files of one run?"
                                : ", as the files contradict what is stated of them"));
    }
}
