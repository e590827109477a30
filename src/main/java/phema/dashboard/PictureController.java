package phema.dashboard;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.ModelAndView;
import org.springframework.web.util.UriUtils;
import phema.api.PictureView;
import phema.catalog.Catalog;
import phema.catalog.Run;
import phema.sweep.CarriedSweep;
import phema.sweep.CarriedSweeps;
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
    /** The number of images of each length below a chart. */
    private static final int STRIP = 3;

    private final Sweeps sweeps;
    private final TrialPictures pictures;
    private final Recommendations recommendations;
    private final CarriedSweeps carried;
    private final Catalog catalog;

    PictureController(
            Sweeps sweeps,
            TrialPictures pictures,
            Recommendations recommendations,
            CarriedSweeps carried,
            Catalog catalog) {
        this.sweeps = sweeps;
        this.pictures = pictures;
        this.recommendations = recommendations;
        this.carried = carried;
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
        SweepPictures chosen = SweepPictures.of(sweep, sweeps.trials(id), pictures.trials(id), wanted);
        model.addAttribute("address", "/sweeps/" + id + "/pictures");
        return sheet(chosen, this::pictures, wanted, part, model);
    }

    /** The same of a sweep that a run's folder carries. */
    @GetMapping("/runs/{run}/carried/{index}/pictures")
    ModelAndView ofCarried(
            @PathVariable String run,
            @PathVariable int index,
            @RequestParam Map<String, String> wanted,
            @RequestHeader(name = "HX-Request", defaultValue = "false") boolean part,
            Model model) {
        CarriedSweep sweep = carried.sweep(catalog.run(run), index);
        model.addAttribute(
                "address",
                "/runs/" + UriUtils.encodePathSegment(run, StandardCharsets.UTF_8) + "/carried/" + index + "/pictures");
        return sheet(
                SweepPictures.of(sweep.sweep(), sweep.trials(), sweep.pictures().keySet(), wanted),
                CarriedPanel.pictures(index, sweep),
                wanted,
                part,
                model);
    }

    private ModelAndView sheet(
            SweepPictures chosen,
            Function<Trial, List<PictureView>> pictures,
            Map<String, String> wanted,
            boolean part,
            Model model) {
        RunClock clock = RunClock.of(catalog, chosen.sweep().spec().run());
        PictureSheet sheet = chosen.sheet(pictures, clock);
        boolean seedsAsRows = wanted.getOrDefault("rows", "").equals("seeds");
        String left = wanted.getOrDefault("left", "");
        String right = wanted.getOrDefault("right", "");
        String seed = wanted.getOrDefault("seed", "");
        model.addAttribute("sweep", SweepRow.of(chosen.sweep()));
        model.addAttribute("part", part);
        model.addAttribute("places", chosen.options(clock));
        model.addAttribute("sheet", sheet);
        model.addAttribute("lines", PictureLines.of(sheet));
        model.addAttribute(
                "file",
                ChartSource.fileName(
                        chosen.sweep().spec().run(), chosen.sweep().spec().metric(), "pictures"));
        model.addAttribute("table", sheet.table(seedsAsRows));
        model.addAttribute("seedsAsRows", seedsAsRows);
        model.addAttribute("seeds", sheet.seeds(seed));
        model.addAttribute("gone", sheet.gone(left, right, seed));
        model.addAttribute("sides", sheet.sides(left, right, seed).orElse(null));
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
                .sheet(this::pictures, RunClock.of(catalog, sweep.spec().run()));
    }

    private List<PictureView> pictures(Trial trial) {
        return pictures.of(trial.sweep(), trial.number()).stream()
                .map(PictureView::of)
                .toList();
    }

    @GetMapping("/sweeps/{id}/trials/{number}/pictures")
    String ofTrial(@PathVariable String id, @PathVariable int number, Model model) {
        Sweep sweep = sweeps.sweep(id);
        Trial trial = sweeps.trial(id, number);
        PictureSheet.SeenPoint seen = new PictureSheet.SeenPoint(
                trial.point().length(),
                "",
                Optional.ofNullable(trial.metrics().get(sweep.spec().metric())),
                pictures(trial));
        model.addAttribute(
                "sheet",
                PictureSheet.of(sweep.spec().axes().family(), sweep.spec().metric(), Optional.empty(), List.of(seen)));
        return "dashboard/pictures :: trial";
    }

    /**
     * What a run's folder carries: the metric against the length, and what the network makes on either side of the
     * best.
     *
     * @param card whether it is for a card of the start page, and so small
     */
    @GetMapping("/runs/{run}/carried")
    ModelAndView carried(@PathVariable String run, @RequestParam(defaultValue = "false") boolean card, Model model) {
        Run of = catalog.run(run);
        CarriedSweeps.Carried found = carried.of(of);
        if (found.sweeps().isEmpty() && found.problem().isEmpty()) return LiveAnswers.unchanged();
        List<CarriedPanel> panels = IntStream.range(0, found.sweeps().size())
                .limit(card ? 1 : Integer.MAX_VALUE)
                .mapToObj(i -> CarriedPanel.of(of, i, found.sweeps().get(i)))
                .toList();
        model.addAttribute("run", run);
        model.addAttribute("card", card);
        model.addAttribute("panels", panels);
        model.addAttribute("problem", found.problem());
        return new ModelAndView("dashboard/carried :: section");
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
