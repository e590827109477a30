package phema.dashboard;

import static java.util.stream.Collectors.toSet;

import jakarta.servlet.http.HttpServletResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import phema.api.Page;
import phema.catalog.Catalog;
import phema.catalog.CatalogProperties;
import phema.catalog.Run;
import phema.problem.Problem;
import phema.sweep.Advice;
import phema.sweep.NewestSweeps;
import phema.sweep.Recommendations;
import phema.sweep.SweepBrief;
import phema.sweep.Sweeps;
import phema.synthesis.Fits;

/** Shows the start page: a handful of runs as cards, more as a table that is searched, sorted and filtered. */
@Controller
class StartController {
    private static final int HANDFUL = 6;

    private final Catalog catalog;
    private final CatalogProperties properties;
    private final Sweeps sweeps;
    private final NewestSweeps newest;
    private final Recommendations recommendations;
    private final Fits fits;

    StartController(
            Catalog catalog,
            CatalogProperties properties,
            Sweeps sweeps,
            NewestSweeps newest,
            Recommendations recommendations,
            Fits fits) {
        this.catalog = catalog;
        this.properties = properties;
        this.sweeps = sweeps;
        this.newest = newest;
        this.recommendations = recommendations;
        this.fits = fits;
    }

    @GetMapping("/")
    String start(@RequestParam Map<String, String> fields, HttpServletResponse response, Model model) {
        RunsQuery query;
        try {
            query = RunsQuery.of(fields);
        } catch (Problem problem) {
            query = RunsQuery.ALL;
            model.addAttribute("notShown", problem.getMessage());
            response.setStatus(problem.kind().status());
        }
        List<Run> runs = catalog.runs();
        model.addAttribute(
                "roots", properties.roots().stream().map(StartController::shown).toList());
        model.addAttribute(
                "unreadable",
                catalog.unreadable().stream()
                        .map(root -> "Root " + shown(root.root()) + " cannot be read: " + root.reason() + ".")
                        .toList());
        catalog.looking().map(LookPanel::of).ifPresent(panel -> model.addAttribute("looking", panel));
        if (runs.size() <= HANDFUL && !RunsQuery.isAsked(fields))
            model.addAttribute(
                    "cards",
                    runs.stream()
                            .map(run -> RunCard.of(run, recommendations.of(run.name()), sweeps))
                            .toList());
        else model.addAttribute("table", RunTable.of(query, lines(runs)));
        model.addAttribute("lines", CopyLine.json("/api/v1/runs?size=" + Page.MAX_SIZE));
        model.addAttribute("address", "/" + (RunsQuery.isAsked(fields) ? query.query() : ""));
        return "dashboard/start";
    }

    /** Where it lies is for who sits at the machine. */
    private static String shown(Path root) {
        return CopyLine.isOfThisMachine() ? root.toString() : String.valueOf(root.getFileName());
    }

    private List<RunLine> lines(List<Run> runs) {
        Set<String> names = runs.stream().map(Run::name).collect(toSet());
        Map<String, Advice> advice = recommendations.of(names);
        Map<String, SweepBrief> last = newest.byRun();
        return runs.stream()
                .map(run -> RunLine.of(
                        run,
                        Objects.requireNonNull(advice.get(run.name())),
                        last.get(run.name()),
                        fits.knownReport(run)
                                .map(report -> report.oddFiles().size())
                                .orElse(0)))
                .toList();
    }
}
