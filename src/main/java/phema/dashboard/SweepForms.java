package phema.dashboard;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.springframework.http.HttpStatusCode;
import org.springframework.stereotype.Component;
import org.springframework.ui.Model;
import org.springframework.web.servlet.ModelAndView;
import phema.catalog.Catalog;
import phema.catalog.Run;
import phema.evaluation.EvaluatorView;
import phema.problem.Problem;
import phema.sweep.Sweep;
import phema.sweep.Sweeps;

/** Says what forms for sweeps offer. */
@Component
record SweepForms(Sweeps sweeps, Catalog catalog) {
    /** Filled with the run's last sweep. */
    void fresh(String run, Model model) {
        List<Sweep> last = sweeps.sweeps(Optional.of(run), 0, 1);
        offer(last.isEmpty() ? SweepForm.first() : SweepForm.of(last.getFirst().spec(), false), model);
    }

    void offer(SweepForm form, Model model) {
        model.addAttribute("form", form);
        model.addAttribute("errors", Map.of());
        choices(model);
    }

    /** Shown again, with what is wrong beside the field. */
    ModelAndView refused(SweepForm form, Problem problem, String view, Model model) {
        model.addAttribute("form", form);
        model.addAttribute("errors", Map.of(SweepForm.fieldOf(problem), problem.getMessage()));
        choices(model);
        ModelAndView again = new ModelAndView(view, model.asMap());
        again.setStatus(HttpStatusCode.valueOf(problem.kind().status()));
        return again;
    }

    private void choices(Model model) {
        model.addAttribute(
                "evaluators",
                sweeps.evaluators().stream().map(EvaluatorView::name).toList());
        model.addAttribute("runNames", catalog.runs().stream().map(Run::name).toList());
    }
}
