package phema.dashboard;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.ModelAndView;
import phema.api.PictureView;
import phema.catalog.Catalog;
import phema.sweep.FoundLength;
import phema.sweep.Recommendation;
import phema.sweep.Recommendations;
import phema.sweep.Sweep;
import phema.sweep.Sweeps;
import phema.sweep.Trial;
import phema.sweep.TrialPictures;

/** Shows images of trials: all of a sweep, those below its chart, of one trial, and of what a run is recommended. */
@Controller
class PictureController {
    /** Of each length below a chart. */
    private static final int STRIP = 3;

    private final Sweeps sweeps;
    private final TrialPictures pictures;
    private final Recommendations recommendations;
    private final Catalog catalog;

    PictureController(Sweeps sweeps, TrialPictures pictures, Recommendations recommendations, Catalog catalog) {
        this.sweeps = sweeps;
        this.pictures = pictures;
        this.recommendations = recommendations;
        this.catalog = catalog;
    }

    /** A page of its own, or a part of the sweep's. */
    @GetMapping("/sweeps/{id}/pictures")
    ModelAndView ofSweep(
            @PathVariable String id,
            @RequestParam Map<String, String> wanted,
            @RequestHeader(name = "HX-Request", defaultValue = "false") boolean part,
            Model model) {
        Sweep sweep = sweeps.sweep(id);
        RunClock clock = RunClock.of(catalog, sweep.spec().run());
        SweepPictures chosen = SweepPictures.of(sweep, sweeps.trials(id), pictures.trials(id), wanted);
        PictureSheet sheet = chosen.sheet(pictures, clock);
        boolean seedsAsRows = wanted.getOrDefault("rows", "").equals("seeds");
        String seed = wanted.getOrDefault("seed", "");
        model.addAttribute("sweep", SweepRow.of(sweep));
        model.addAttribute("places", chosen.options(clock));
        model.addAttribute("sheet", sheet);
        model.addAttribute("table", sheet.table(seedsAsRows));
        model.addAttribute("seedsAsRows", seedsAsRows);
        model.addAttribute("seeds", sheet.seeds(seed));
        model.addAttribute(
                "sides",
                sheet.sides(wanted.getOrDefault("left", ""), wanted.getOrDefault("right", ""), seed)
                        .orElse(null));
        return new ModelAndView(part ? "dashboard/pictures :: sheet" : "dashboard/pictures");
    }

    /** The first images of each length, below the chart that shows the same values of other axes. */
    @GetMapping("/sweeps/{id}/strip")
    String strip(@PathVariable String id, @RequestParam Map<String, String> view, Model model) {
        Sweep sweep = sweeps.sweep(id);
        model.addAttribute("sheet", sheet(sweep, view));
        model.addAttribute("chart", "metric-" + id);
        model.addAttribute("rows", STRIP);
        return "dashboard/pictures :: strip";
    }

    private PictureSheet sheet(Sweep sweep, Map<String, String> view) {
        return SweepPictures.of(sweep, sweeps.trials(sweep.id()), pictures.trials(sweep.id()), view)
                .sheet(pictures, RunClock.of(catalog, sweep.spec().run()));
    }

    @GetMapping("/sweeps/{id}/trials/{number}/pictures")
    String ofTrial(@PathVariable String id, @PathVariable int number, Model model) {
        Sweep sweep = sweeps.sweep(id);
        Trial trial = sweeps.trial(id, number);
        PictureSheet.SeenPoint seen = new PictureSheet.SeenPoint(
                trial.point().length(),
                "",
                Optional.ofNullable(trial.metrics().get(sweep.spec().metric())),
                pictures.of(id, number).stream().map(PictureView::of).toList());
        model.addAttribute(
                "sheet",
                PictureSheet.of(sweep.spec().axes().family(), sweep.spec().metric(), Optional.empty(), List.of(seen)));
        return "dashboard/pictures :: trial";
    }

    /** What the recommended average makes, as far as a sweep that found it saw. */
    @GetMapping("/runs/{run}/pictures")
    ModelAndView ofRun(@PathVariable String run, Model model) {
        catalog.run(run);
        Optional<FoundLength> found = recommendations.of(run).recommended().flatMap(Recommendation::found);
        if (found.isEmpty()) return LiveAnswers.unchanged();
        Sweep sweep = sweeps.sweep(found.get().sweep());
        PictureSheet sheet = sheet(sweep, Map.of());
        if (sheet.best().isEmpty()) return LiveAnswers.unchanged();
        model.addAttribute("sweep", SweepRow.of(sweep));
        model.addAttribute("sheet", sheet);
        model.addAttribute("line", sheet.best().get());
        return new ModelAndView("dashboard/pictures :: best");
    }
}
