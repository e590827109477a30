package phema.dashboard;

import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import phema.catalog.Run;
import phema.catalog.Snapshot;
import phema.profile.Impulse;
import phema.profile.Power;
import phema.solver.Fit;
import phema.synthesis.Names;
import phema.synthesis.WeightsReference;
import phema.text.Labels;

/**
 * Describes a fit in figures, and the choices that led to it.
 *
 * @param family that the slider goes through; none where the profile is of none
 * @param averages to choose from; also the shown one where it is another
 * @param profile the average as addresses have it
 * @param width the average as file names write it
 * @param length as the field shows it; none without a family
 * @param times that can be chosen
 * @param revision of the run as a repository; none where there is none of such averages
 * @param download the line of Python that gets that revision; says nothing where there is none
 * @param lines to copy that give the weights elsewhere
 * @param paperApplies whether the published solver can use the run's files
 */
record FitPanel(
        @Nullable SliderFamily family,
        List<AverageChoice> averages,
        String profile,
        String width,
        @Nullable String length,
        String solver,
        boolean paperApplies,
        List<Time> times,
        List<Figure> figures,
        List<String> warnings,
        @Nullable String revision,
        String download,
        String address,
        List<CopyLine> lines) {

    /** The file that says how a model is built. */
    private static final String CONFIGURATION = "config.json";

    /** @param profile a family, or the profile that is of none */
    record AverageChoice(String profile, String name, boolean chosen) {}

    /**
     * @param value as requests take it; empty for the newest snapshot's time
     * @param lengths that the slider has then; none where they are always the same
     */
    record Time(
            String value,
            String shown,
            boolean chosen,
            @Nullable SliderFamily lengths) {}

    /** @param meaning for those who do not know the word */
    record Figure(String name, String value, String meaning) {}

    /** The number of times that are offered; addresses take all. */
    private static final int MOST_TIMES = 500;

    static FitPanel of(Run run, ShownAverage average, Fit fit, String address) {
        @Nullable
        String revision =
                fit.target() instanceof Power power ? new WeightsReference(fit.method(), power).printMoving(run) : null;
        Optional<SliderFamily> family = average.slider().map(ShownAverage.SliderPlace::family);
        return new FitPanel(
                family.orElse(null),
                averages(run, average),
                average.profile(),
                Names.width(fit.target()),
                average.slider()
                        .map(slider -> slider.family().print(slider.length()))
                        .orElse(null),
                Labels.of(fit.method()),
                run.snapshots().stream().noneMatch(s -> s.profile() instanceof Impulse),
                times(run, fit.target().endTime(), family),
                figures(run, fit),
                Stream.concat(run.warningsAt(fit.target().endTime()).stream(), fit.warnings().stream())
                        .toList(),
                revision,
                download("phema/" + run.name(), revision, run),
                address,
                RunLines.weights(run, fit));
    }

    /** What downloads it: a loader of models needs a configuration, without which whoever asks builds the model. */
    private static String download(String repository, @Nullable String revision, Run run) {
        boolean configured = Stream.concat(
                        run.publication().files().stream()
                                .filter(file -> file.endsWith(CONFIGURATION))
                                .map(run.folder()::resolve),
                        Stream.of(run.newest().file().path().resolveSibling(CONFIGURATION)))
                .anyMatch(Files::isRegularFile);
        return (configured ? "AutoModel.from_pretrained" : "snapshot_download") + "(" + CopyLine.python(repository)
                + ", revision=\"" + revision + "\")";
    }

    /** Whether it is the paper's average, which addresses have by its EMA length. */
    public boolean isPower() {
        return family != null && family.isPower();
    }

    private static List<AverageChoice> averages(Run run, ShownAverage average) {
        String shown =
                average.slider().map(slider -> slider.family().template()).orElse(average.profile());
        List<AverageChoice> offered = SliderFamily.of(run, average.target().endTime()).stream()
                .map(family -> new AverageChoice(
                        family.template(), family.name(), family.template().equals(shown)))
                .toList();
        return offered.stream().anyMatch(AverageChoice::chosen)
                ? offered
                : Stream.concat(offered.stream(), Stream.of(new AverageChoice(shown, shown, true)))
                        .toList();
    }

    /** The newest, those before it at equal steps where there are many, and the chosen one. */
    private static List<Time> times(Run run, double chosen, Optional<SliderFamily> family) {
        Optional<SliderFamily> clocked = family.filter(SliderFamily::clocked);
        RunClock clock = RunClock.of(run);
        double newest = run.newestTime();
        List<Double> all =
                run.snapshots().stream().map(Snapshot::time).distinct().toList();
        int every = Math.ceilDiv(all.size(), MOST_TIMES);
        return Stream.concat(
                        IntStream.range(0, all.size())
                                .filter(i -> (all.size() - 1 - i) % every == 0)
                                .mapToObj(all::get),
                        Stream.of(chosen))
                .distinct()
                .sorted((a, b) -> Double.compare(b, a))
                .map(time -> new Time(
                        time == newest ? "" : Labels.plain(time),
                        clock.show(time),
                        time == chosen,
                        clocked.map(f -> f.until(run, time)).orElse(null)))
                .toList();
    }

    private static List<Figure> figures(Run run, Fit fit) {
        List<Figure> figures = new ArrayList<>(List.of(
                new Figure(
                        "Predicted error",
                        Show.percent(fit.predictedRelativeError()),
                        "Expected L2 distance from the weights that training itself would have averaged, over their "
                                + "own norm"),
                new Figure(
                        "Files read",
                        fit.filesUsed() + " of " + run.snapshots().size(),
                        "Snapshots whose coefficient is not zero"),
                new Figure(
                        "Profile residual",
                        Show.percent(fit.profileResidual()),
                        "L2 distance of the fitted profile from the target, over the target's norm"),
                new Figure(
                        "Sum of |coefficients|",
                        Show.magnitude(fit.coefficientNorm()),
                        "How much rounding errors of the stored files can grow")));
        if (!Double.isNaN(fit.conditionNumber()))
            figures.add(new Figure(
                    "Condition number",
                    Show.magnitude(fit.conditionNumber()),
                    "Of the system that was solved, scaled to unit diagonal"));
        return figures;
    }
}
