package phema.dashboard;

import java.util.List;
import java.util.Map;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.ModelAndView;
import phema.catalog.Catalog;
import phema.sweep.Measurements;
import phema.sweep.Sweep;
import phema.sweep.Sweeps;
import phema.sweep.Trial;

/** Gives the charts of a sweep, which change more seldom than what is said of its trials. */
@Controller
class SweepFiguresController {
    private final Sweeps sweeps;
    private final Measurements measurements;
    private final Catalog catalog;

    SweepFiguresController(Sweeps sweeps, Measurements measurements, Catalog catalog) {
        this.sweeps = sweeps;
        this.measurements = measurements;
        this.catalog = catalog;
    }

    /** Nothing where the reader knows them already. */
    @GetMapping("/sweeps/{id}/charts")
    ModelAndView charts(
            @PathVariable String id,
            @RequestParam(defaultValue = "") String version,
            @RequestParam Map<String, String> view,
            Model model) {
        Sweep sweep = sweeps.sweep(id);
        if (SweepFigures.version(sweep).equals(version)) return LiveAnswers.unchanged();
        model.addAttribute("figures", figures(sweep, sweeps.trials(id), view));
        return new ModelAndView("dashboard/sweep-charts :: data");
    }

    SweepFigures figures(Sweep sweep, List<Trial> trials, Map<String, String> view) {
        return SweepFigures.of(
                sweep,
                trials,
                sweeps.fits(sweep.id()),
                SweepFigures.sources(measurements.beside(sweep, true), measurements.beside(sweep, false)),
                RunClock.of(catalog, sweep.spec().run()),
                view);
    }
}
