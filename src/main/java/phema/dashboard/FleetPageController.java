package phema.dashboard;

import java.util.Optional;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.ModelAndView;
import phema.bulk.SynthesisJobs;
import phema.fleet.Fleet;
import phema.sweep.SweepFilter;
import phema.sweep.Sweeps;

/** Shows who works, what waits, and what failed. */
@Controller
class FleetPageController {
    private final Fleet fleet;
    private final Sweeps sweeps;
    private final SynthesisJobs syntheses;

    FleetPageController(Fleet fleet, Sweeps sweeps, SynthesisJobs syntheses) {
        this.fleet = fleet;
        this.sweeps = sweeps;
        this.syntheses = syntheses;
    }

    @GetMapping("/fleet")
    String page(Model model) {
        show(panel(), model);
        return "dashboard/fleet";
    }

    /** Answers with nothing where the reader has seen it already. */
    @GetMapping("/fleet/live")
    ModelAndView live(@RequestParam int version, Model model) {
        FleetPanel panel = panel();
        if (panel.hashCode() == version) return LiveAnswers.unchanged();
        show(panel, model);
        return new ModelAndView("dashboard/fleet :: live");
    }

    private FleetPanel panel() {
        return FleetPanel.of(fleet, sweeps, syntheses.jobs());
    }

    private static void show(FleetPanel panel, Model model) {
        model.addAttribute("fleet", panel);
        model.addAttribute("version", panel.hashCode());
        model.addAttribute("workerLines", CopyLine.json("/api/v1/fleet"));
        model.addAttribute("sweepLines", SweepLines.list(SweepFilter.of(Optional.empty()), 0, FleetPanel.SWEEPS));
        model.addAttribute("synthesisLines", CopyLine.json("/api/v1/syntheses"));
    }
}
