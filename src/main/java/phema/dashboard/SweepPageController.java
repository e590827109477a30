package phema.dashboard;

import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.stream.Stream;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
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
import phema.sweep.DescriptionChange;
import phema.sweep.Sweep;
import phema.sweep.SweepDescription;
import phema.sweep.SweepFilter;
import phema.sweep.Sweeps;
import phema.sweep.Trial;

/** Shows sweeps: all of them, one with its charts, and its trials. */
@Controller
class SweepPageController {
    private static final int PAGE = 50;

    /** The time after which a page with some of many trials gets them anew while the sweep runs. */
    private static final long TABLE_SECONDS = 60;

    private final Sweeps sweeps;
    private final SweepFiguresController figures;
    private final Catalog catalog;
    private final SweepForms forms;
    private final InstantSource clock;

    SweepPageController(
            Sweeps sweeps, SweepFiguresController figures, Catalog catalog, SweepForms forms, InstantSource clock) {
        this.sweeps = sweeps;
        this.figures = figures;
        this.catalog = catalog;
        this.forms = forms;
        this.clock = clock;
    }

    /**
     * What is written in the form about what is said of a sweep.
     *
     * @param error what is wrong with it; empty for nothing
     */
    record Said(String name, String note, String tags, String error) {
        static Said of(Sweep sweep) {
            SweepDescription said = sweep.description();
            return new Said(said.name().orElse(""), said.note(), String.join(", ", said.tags()), "");
        }
    }

    @GetMapping("/sweeps")
    String all(@RequestParam Map<String, String> asked, Model model) {
        list(Optional.empty(), asked, model);
        return "dashboard/sweeps";
    }

    @GetMapping("/runs/{run}/sweeps")
    String ofRun(@PathVariable String run, @RequestParam Map<String, String> asked, Model model) {
        list(Optional.of(catalog.run(run).name()), asked, model);
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
            list(Optional.of(run), Map.of(), model);
            return forms.refused(form, problem, "dashboard/sweeps", model);
        }
    }

    @GetMapping("/sweeps/{id}")
    String page(@PathVariable String id, @RequestParam Map<String, String> view, Model model) {
        Sweep sweep = sweeps.sweep(id);
        whole(sweep, view, model);
        forms.offer(SweepForm.of(sweep.spec(), true), model);
        return "dashboard/sweep";
    }

    /** The table of trials alone, where a page asks for it to show it otherwise. */
    @GetMapping(path = "/sweeps/{id}", headers = "HX-Target=trials")
    String table(@PathVariable String id, @RequestParam Map<String, String> view, Model model) {
        Sweep sweep = sweeps.sweep(id);
        List<Trial> trials = sweeps.trials(id);
        ChartSlice slice = ChartSlice.of(sweep.spec(), trials, sweep.optimum(), view);
        table(sweep, trials, slice, view, model);
        return "dashboard/sweep :: trials";
    }

    /** What changes while the sweep runs; nothing where the reader knows it already. */
    @GetMapping("/sweeps/{id}/live")
    ModelAndView live(
            @PathVariable String id,
            @RequestParam(defaultValue = "-1") long version,
            @RequestParam(defaultValue = "0") int left,
            @RequestParam(defaultValue = "0") int table,
            @RequestParam(defaultValue = "0") long at,
            @RequestParam Map<String, String> view,
            Model model) {
        Sweep sweep = sweeps.sweep(id);
        if (sweep.version() == version && SweepPanel.leftVersion(sweep) == left) return LiveAnswers.unchanged();
        TrialTable trials = panel(sweep, sweeps.trials(id), view, model);
        long now = clock.instant().getEpochSecond();
        boolean due = trials.pages() == 1 || sweep.state().isEnd() || now - at >= TABLE_SECONDS;
        boolean news = due && trials.version() != table;
        model.addAttribute("tableNews", news);
        model.addAttribute("tableVersion", news ? trials.version() : table);
        model.addAttribute("tableAt", news ? now : at);
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

    @PostMapping("/sweeps/{id}/describe")
    ModelAndView describe(
            @PathVariable String id,
            @RequestParam String name,
            @RequestParam String note,
            @RequestParam String tags,
            Model model) {
        DescriptionChange change = new DescriptionChange(
                Optional.of(name.strip()),
                Optional.of(note),
                Optional.of(Stream.of(tags.split("[,\\s]+"))
                        .filter(tag -> !tag.isEmpty())
                        .toList()),
                Optional.empty());
        try {
            return seeOther(sweeps.describe(id, change));
        } catch (Problem problem) {
            Sweep sweep = sweeps.sweep(id);
            whole(sweep, Map.of(), model);
            model.addAttribute("said", new Said(name, note, tags, problem.getMessage()));
            forms.offer(SweepForm.of(sweep.spec(), true), model);
            ModelAndView again = new ModelAndView("dashboard/sweep", model.asMap());
            again.setStatus(HttpStatusCode.valueOf(problem.kind().status()));
            return again;
        }
    }

    @PostMapping("/sweeps/{id}/archive")
    ModelAndView archive(@PathVariable String id) {
        return seeOther(sweeps.describe(id, DescriptionChange.archived(true)));
    }

    @PostMapping("/sweeps/{id}/unarchive")
    ModelAndView unarchive(@PathVariable String id) {
        return seeOther(sweeps.describe(id, DescriptionChange.archived(false)));
    }

    @PostMapping("/sweeps/{id}/extend-beyond")
    ModelAndView extendBeyond(@PathVariable String id) {
        return seeOther(sweeps.extendBeyond(id));
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
            whole(sweep, Map.of(), model);
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
        model.addAttribute("lines", CopyLine.json("/api/v1/sweeps/" + sweep.id() + "/trials/" + trial.number()));
        model.addAttribute("ended", trial.state().isEnd());
        model.addAttribute("log", log);
        model.addAttribute("version", version(trial, log));
    }

    private static String version(Trial trial, String log) {
        return trial.change() + "-" + Integer.toHexString(log.hashCode());
    }

    private void list(Optional<String> run, Map<String, String> asked, Model model) {
        List<String> notices = new ArrayList<>();
        SortedSet<String> tags = sweeps.tags(run);
        Optional<String> tag = Optional.of(asked.getOrDefault("tag", "")).filter(text -> !text.isEmpty());
        if (tag.isPresent() && !tags.contains(tag.get())) {
            notices.add("No sweep has the tag " + tag.get() + "; those with any or none are shown.");
            tag = Optional.empty();
        }
        boolean archived = asked.getOrDefault("archived", "").equals("true");
        SweepFilter filter = new SweepFilter(run, tag, archived);
        int count = sweeps.count(filter);
        int page = TrialTable.page(asked.getOrDefault("page", ""), Math.max(1, (count + PAGE - 1) / PAGE), notices);
        model.addAttribute("run", run.orElse(null));
        model.addAttribute(
                "sweeps",
                sweeps.sweeps(filter, (long) page * PAGE, PAGE).stream()
                        .map(SweepRow::of)
                        .toList());
        model.addAttribute("any", sweeps.count(new SweepFilter(run, Optional.empty(), true)) > 0);
        model.addAttribute("tags", tags);
        model.addAttribute("tag", tag.orElse(null));
        model.addAttribute("archived", archived);
        model.addAttribute("notices", notices);
        model.addAttribute("page", page);
        model.addAttribute("more", (page + 1L) * PAGE < count);
        model.addAttribute("lines", SweepLines.list(filter, page, PAGE));
    }

    private TrialTable table(Sweep sweep, List<Trial> trials, ChartSlice slice, Map<String, String> view, Model model) {
        RunClock runClock = RunClock.of(catalog, sweep.spec().run());
        TrialTable table = TrialTable.of(sweep.spec(), sweep.id(), trials, slice, runClock, view);
        model.addAttribute("table", table);
        model.addAttribute("tableNews", true);
        model.addAttribute("tableVersion", table.version());
        model.addAttribute("tableAt", clock.instant().getEpochSecond());
        return table;
    }

    /** @return its table of trials */
    private TrialTable panel(Sweep sweep, List<Trial> trials, Map<String, String> view, Model model) {
        RunClock runClock = RunClock.of(catalog, sweep.spec().run());
        boolean differs = sweeps.differsHere(sweep.id());
        ChartSlice slice = ChartSlice.of(sweep.spec(), trials, sweep.optimum(), view);
        model.addAttribute("sweep", SweepPanel.of(sweep, differs, sweeps.beyond(sweep), trials, slice, runClock));
        model.addAttribute("said", Said.of(sweep));
        return table(sweep, trials, slice, view, model);
    }

    /** All of it: the panel, and the charts. */
    private void whole(Sweep sweep, Map<String, String> view, Model model) {
        List<Trial> trials = sweeps.trials(sweep.id());
        panel(sweep, trials, view, model);
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
