package phema.dashboard;

import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import phema.catalog.Catalog;
import phema.catalog.CatalogProperties;

/** The start page: all runs. */
@Controller
class StartController {
    private final Catalog catalog;
    private final CatalogProperties properties;

    StartController(Catalog catalog, CatalogProperties properties) {
        this.catalog = catalog;
        this.properties = properties;
    }

    @GetMapping("/")
    String start(Model model) {
        model.addAttribute("runs", catalog.runs().stream().map(RunSummary::of).toList());
        model.addAttribute("roots", properties.roots());
        return "dashboard/start";
    }
}
