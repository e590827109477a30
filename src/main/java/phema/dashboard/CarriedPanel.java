package phema.dashboard;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import phema.api.PictureView;
import phema.catalog.Run;
import phema.evaluation.Seeds;
import phema.sweep.CarriedSweep;
import phema.sweep.Sweep;
import phema.sweep.Trial;

/**
 * Describes a sweep that a run's folder carries.
 *
 * @param summary what was measured, as a sentence without its stop
 * @param optimum the best length in words; null where there is none
 * @param chart of the metric against the length
 * @param sheet of its pictures
 * @param sides the best length and one on either side, as far as there are pictures
 */
record CarriedPanel(
        int index,
        String metric,
        String length,
        String summary,
        @Nullable String optimum,
        @Nullable String optimumUrl,
        Chart chart,
        PictureSheet sheet,
        List<CarriedSide> sides) {
    /** A length and what it makes. @param place shorter, best or longer */
    record CarriedSide(String place, PictureSheet.PictureLine line) {}

    static CarriedPanel of(Run run, int index, CarriedSweep carried) {
        Sweep sweep = carried.sweep();
        RunClock clock = RunClock.of(run);
        List<Trial> trials = carried.trials();
        ChartSlice slice = ChartSlice.of(sweep.spec(), trials, sweep.optimum(), Map.of());
        PictureSheet sheet = SweepPictures.of(sweep, trials, carried.pictures().keySet(), Map.of())
                .sheet(pictures(index, carried), clock);
        return new CarriedPanel(
                index,
                sweep.spec().metric(),
                SweepRow.of(sweep).length(),
                summary(sweep, trials),
                sweep.optimum().map(SweepRow::optimum).orElse(null),
                sweep.optimum()
                        .map(optimum -> SweepPanel.url(run.name(), optimum.point()))
                        .orElse(null),
                new SweepCharts(sweep, trials, carried.fits(), slice, clock)
                        .metric("carried-" + run.name() + "-" + index, Map.of(), false)
                        // No command: nobody knows the settings that its evaluator had.
                        .from(ChartSource.of(
                                CopyLine.csv("/api/v1/runs/" + CopyLine.segment(run.name()) + "/carried/" + index
                                        + "/results.csv"),
                                run.name(),
                                "carried",
                                sweep.spec().metric(),
                                "by",
                                SweepRow.of(sweep).length())),
                sheet,
                sides(sheet));
    }

    static Function<Trial, List<PictureView>> pictures(int index, CarriedSweep carried) {
        String run = carried.sweep().spec().run();
        return trial -> carried.pictures().getOrDefault(trial.number(), List.of()).stream()
                .map(picture -> PictureView.carried(run, index, trial.number(), picture))
                .toList();
    }

    private static String summary(Sweep sweep, List<Trial> trials) {
        List<Long> images = trials.stream()
                .map(trial -> trial.point().seeds())
                .map(Seeds::count)
                .distinct()
                .toList();
        long lengths =
                trials.stream().map(trial -> trial.point().length()).distinct().count();
        return sweep.spec().metric() + " of "
                + (images.size() == 1 ? Show.number(images.getFirst()) + " images" : "images") + " at "
                + sweep.spec().axes().family().kind().counted((int) lengths) + ", by the evaluator "
                + sweep.spec().evaluator();
    }

    private static List<CarriedSide> sides(PictureSheet sheet) {
        if (sheet.names().isEmpty() || sheet.best().isEmpty()) return List.of();
        PictureSheet.PictureLine best = sheet.best().get();
        List<CarriedSide> sides = new ArrayList<>();
        if (sheet.lines().getFirst() != best)
            sides.add(new CarriedSide("Shorter", sheet.lines().getFirst()));
        sides.add(new CarriedSide("Best", best));
        if (sheet.lines().getLast() != best)
            sides.add(new CarriedSide("Longer", sheet.lines().getLast()));
        return sides;
    }
}
