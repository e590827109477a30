package phema.dashboard;

import static java.util.stream.Collectors.joining;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
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
        choices(form, model);
    }

    /** Shown again, with what is wrong beside the field. */
    ModelAndView refused(SweepForm form, Problem problem, String view, Model model) {
        model.addAttribute("form", form);
        model.addAttribute("errors", Map.of(SweepForm.fieldOf(problem), problem.getMessage()));
        choices(form, model);
        ModelAndView again = new ModelAndView(view, model.asMap());
        again.setStatus(HttpStatusCode.valueOf(problem.kind().status()));
        return again;
    }

    private void choices(SweepForm form, Model model) {
        List<EvaluatorView> evaluators = sweeps.evaluators();
        SortedSet<String> names = new TreeSet<>(List.of(form.evaluator()));
        evaluators.forEach(evaluator -> names.add(evaluator.name()));
        model.addAttribute("evaluators", names);
        model.addAttribute(
                "given",
                evaluators.stream()
                        .filter(evaluator -> !evaluator.given().isEmpty())
                        .map(evaluator -> evaluator.name() + " gave " + String.join(", ", evaluator.given()))
                        .collect(joining("; ")));
        model.addAttribute("runNames", catalog.runs().stream().map(Run::name).toList());
    }
}
