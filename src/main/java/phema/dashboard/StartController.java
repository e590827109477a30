package phema.dashboard;

import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import phema.catalog.Catalog;
import phema.catalog.CatalogProperties;
import phema.sweep.Recommendations;
import phema.sweep.Sweeps;

/** Shows the start page: all runs. */
@Controller
class StartController {
    private final Catalog catalog;
    private final CatalogProperties properties;
    private final Sweeps sweeps;
    private final Recommendations recommendations;

    StartController(Catalog catalog, CatalogProperties properties, Sweeps sweeps, Recommendations recommendations) {
        this.catalog = catalog;
        this.properties = properties;
        this.sweeps = sweeps;
        this.recommendations = recommendations;
    }

    @GetMapping("/")
    String start(Model model) {
        model.addAttribute(
                "cards",
                catalog.runs().stream()
                        .map(run -> RunCard.of(run, recommendations.of(run.name()), sweeps))
                        .toList());
        model.addAttribute("roots", properties.roots());
        return "dashboard/start";
    }
}
