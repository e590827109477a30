package phema.dashboard;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.ModelAndView;
import org.springframework.web.servlet.view.RedirectView;
import org.springframework.web.util.UriUtils;
import phema.catalog.Catalog;
import phema.problem.Problem;
import phema.sweep.Sweep;
import phema.sweep.Sweeps;
import phema.sweep.Trial;

/** Shows sweeps: all of them, one with its charts, and its trials. */
@Controller
class SweepPageController {
    private static final int PAGE = 50;

    private final Sweeps sweeps;
    private final SweepFiguresController figures;
    private final Catalog catalog;
    private final SweepForms forms;

    SweepPageController(Sweeps sweeps, SweepFiguresController figures, Catalog catalog, SweepForms forms) {
        this.sweeps = sweeps;
        this.figures = figures;
        this.catalog = catalog;
        this.forms = forms;
    }

    @GetMapping("/sweeps")
    String all(@RequestParam(defaultValue = "0") int page, Model model) {
        list(Optional.empty(), page, model);
        return "dashboard/sweeps";
    }

    @GetMapping("/runs/{run}/sweeps")
    String ofRun(@PathVariable String run, @RequestParam(defaultValue = "0") int page, Model model) {
        list(Optional.of(catalog.run(run).name()), page, model);
        forms.fresh(run, model);
        return "dashboard/sweeps";
    }

    @PostMapping("/runs/{run}/sweeps")
    ModelAndView start(@PathVariable String run, @RequestParam Map<String, String> fields, Model model) {
        catalog.run(run);
        SweepForm form = SweepForm.of(fields);
        try {
            return seeOther(sweeps.create(form.spec(run)));
        } catch (Problem problem) {
            list(Optional.of(run), 0, model);
            return forms.refused(form, problem, "dashboard/sweeps", model);
        }
    }

    @GetMapping("/sweeps/{id}")
    String page(@PathVariable String id, @RequestParam Map<String, String> view, Model model) {
        Sweep sweep = sweeps.sweep(id);
        panel(sweep, view, model);
        forms.offer(SweepForm.of(sweep.spec(), true), model);
        return "dashboard/sweep";
    }

    /** What changes while the sweep runs; nothing where the reader knows it already. */
    @GetMapping("/sweeps/{id}/live")
    ModelAndView live(
            @PathVariable String id,
            @RequestParam(defaultValue = "-1") long version,
            @RequestParam(defaultValue = "0") int left,
            @RequestParam Map<String, String> view,
            Model model) {
        Sweep sweep = sweeps.sweep(id);
        if (sweep.version() == version && SweepPanel.leftVersion(sweep) == left) return LiveAnswers.unchanged();
        panel(sweep, view, model);
        return new ModelAndView("dashboard/sweep :: live");
    }

    @PostMapping("/sweeps/{id}/pause")
    ModelAndView pause(@PathVariable String id) {
        return seeOther(sweeps.pause(id));
    }

    @PostMapping("/sweeps/{id}/resume")
    ModelAndView resume(@PathVariable String id) {
        return seeOther(sweeps.resume(id));
    }

    @PostMapping("/sweeps/{id}/retry")
    ModelAndView retry(@PathVariable String id) {
        return seeOther(sweeps.retry(id));
    }

    @PostMapping("/sweeps/{id}/retry-own")
    ModelAndView retryWithOwnSettings(@PathVariable String id) {
        return seeOther(sweeps.retryWithOwnSettings(id));
    }

    @PostMapping("/sweeps/{id}/cancel")
    ModelAndView cancel(@PathVariable String id) {
        return seeOther(sweeps.cancel(id));
    }

    @PostMapping("/sweeps/{id}/priority")
    ModelAndView prioritize(@PathVariable String id, @RequestParam String priority) {
        return seeOther(sweeps.prioritize(id, SweepForm.priority(priority)));
    }

    @PostMapping("/sweeps/{id}/delete")
    ModelAndView delete(@PathVariable String id) {
        String run = sweeps.sweep(id).spec().run();
        sweeps.delete(id);
        return seeOther("/runs/" + UriUtils.encodePathSegment(run, StandardCharsets.UTF_8) + "/sweeps");
    }

    @PostMapping("/sweeps/{id}/extend")
    ModelAndView extend(@PathVariable String id, @RequestParam Map<String, String> fields, Model model) {
        Sweep sweep = sweeps.sweep(id);
        SweepForm form = SweepForm.of(fields);
        try {
            return seeOther(sweeps.extend(id, form.extending(sweep.spec())));
        } catch (Problem problem) {
            panel(sweep, Map.of(), model);
            return forms.refused(form, problem, "dashboard/sweep", model);
        }
    }

    @GetMapping("/sweeps/{id}/trials/{number}")
    String trial(@PathVariable String id, @PathVariable int number, Model model) {
        trial(sweeps.sweep(id), sweeps.trial(id, number), sweeps.log(id, number), model);
        return "dashboard/trial";
    }

    @GetMapping("/sweeps/{id}/trials/{number}/live")
    ModelAndView trial(@PathVariable String id, @PathVariable int number, @RequestParam String version, Model model) {
        Trial trial = sweeps.trial(id, number);
        String log = sweeps.log(id, number);
        if (version(trial, log).equals(version)) return LiveAnswers.unchanged();
        trial(sweeps.sweep(id), trial, log, model);
        return new ModelAndView("dashboard/trial :: live");
    }

    private void trial(Sweep sweep, Trial trial, String log, Model model) {
        model.addAttribute("sweep", SweepRow.of(sweep));
        model.addAttribute(
                "trial",
                TrialRow.of(
                        trial,
                        SweepPanel.told(trial),
                        sweep.spec().metrics().names(),
                        RunClock.of(catalog, sweep.spec().run())));
        model.addAttribute("ended", trial.state().isEnd());
        model.addAttribute("log", log);
        model.addAttribute("version", version(trial, log));
    }

    private static String version(Trial trial, String log) {
        return trial.change() + "-" + Integer.toHexString(log.hashCode());
    }

    private void list(Optional<String> run, int page, Model model) {
        int shown = Math.max(page, 0);
        List<SweepRow> rows = sweeps.sweeps(run, (long) shown * PAGE, PAGE).stream()
                .map(SweepRow::of)
                .toList();
        model.addAttribute("run", run.orElse(null));
        model.addAttribute("sweeps", rows);
        model.addAttribute("page", shown);
        model.addAttribute(
                "lines",
                CopyLine.json("/api/v1/sweeps"
                        + run.map(name -> "?run=" + CopyLine.segment(name)).orElse("")));
        model.addAttribute("more", (shown + 1L) * PAGE < sweeps.count(run));
    }

    private void panel(Sweep sweep, Map<String, String> view, Model model) {
        List<Trial> trials = sweeps.trials(sweep.id());
        RunClock clock = RunClock.of(catalog, sweep.spec().run());
        boolean differs = sweeps.differsHere(sweep.id());
        ChartSlice slice = ChartSlice.of(sweep.spec(), trials, sweep.optimum(), view);
        model.addAttribute("sweep", SweepPanel.of(sweep, differs, trials, slice, clock));
        model.addAttribute("figures", figures.figures(sweep, trials, view));
    }

    private static ModelAndView seeOther(Sweep sweep) {
        return seeOther("/sweeps/" + sweep.id());
    }

    private static ModelAndView seeOther(String address) {
        RedirectView redirect = new RedirectView(address, true);
        redirect.setStatusCode(HttpStatus.SEE_OTHER);
        redirect.setExposeModelAttributes(false);
        return new ModelAndView(redirect);
    }
}
