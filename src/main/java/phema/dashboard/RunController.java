package phema.dashboard;

import jakarta.servlet.http.HttpServletResponse;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.support.ServletUriComponentsBuilder;
import phema.catalog.Catalog;
import phema.catalog.Run;
import phema.evaluation.LengthFields;
import phema.fleet.DatabasePresence;
import phema.problem.Problem;
import phema.profile.Profile;
import phema.solver.FilesToRead;
import phema.solver.Fit;
import phema.solver.FitOptions;
import phema.solver.Retention;
import phema.solver.RunReport;
import phema.solver.SolverKind;
import phema.sweep.Advice;
import phema.sweep.Recommendation;
import phema.sweep.Recommendations;
import phema.sweep.RetentionTargets;
import phema.sweep.SweepFilter;
import phema.sweep.Sweeps;
import phema.synthesis.Fits;
import phema.synthesis.OutputOptions;
import phema.synthesis.PreparedWeights;
import phema.synthesis.Syntheses;
import phema.synthesis.WeightsReference;
import phema.synthesis.WeightsRequest;
import phema.text.Labels;

/** Shows the page of a run, and the parts of it that follow its slider. */
@Controller
@RequestMapping("/runs/{run}")
class RunController {
    private static final int LAST_SWEEPS = 5;

    /** The time that the page waits for a model before it says that there is none yet. */
    private static final Duration PATIENCE = Duration.ofMillis(500);

    private final Catalog catalog;
    private final Fits fits;
    private final Syntheses syntheses;
    private final ErrorCurves errorCurves;
    private final Sweeps sweeps;
    private final Recommendations recommendations;
    private final SweepForms forms;
    private final DatabasePresence database;

    RunController(
            Catalog catalog,
            Fits fits,
            Syntheses syntheses,
            ErrorCurves errorCurves,
            Sweeps sweeps,
            Recommendations recommendations,
            SweepForms forms,
            DatabasePresence database) {
        this.catalog = catalog;
        this.fits = fits;
        this.syntheses = syntheses;
        this.errorCurves = errorCurves;
        this.sweeps = sweeps;
        this.recommendations = recommendations;
        this.forms = forms;
        this.database = database;
    }

    @GetMapping
    String page(
            @PathVariable String run,
            @RequestParam(required = false) @Nullable String sigmaRel,
            @RequestParam(required = false) @Nullable String profile,
            @RequestParam(required = false) @Nullable String length,
            @RequestParam(required = false) @Nullable String time,
            @RequestParam(defaultValue = "blup") String solver,
            HttpServletResponse response,
            Model model)
            throws InterruptedException {
        Run found = catalog.run(run);
        if (!found.snapshots().isEmpty() && !fits.awaitModel(found, PATIENCE)) {
            model.addAttribute("run", RunSummary.of(found));
            model.addAttribute("read", fits.snapshotsRead(found));
            response.setHeader("Refresh", "1");
            return "dashboard/fitting";
        }
        database.require();
        Advice advice = recommendations.of(run);
        RunSummary summary = RunSummary.of(found);
        if (summary.settles()) response.setHeader("Refresh", "2");
        model.addAttribute("run", summary);
        model.addAttribute("files", RunFiles.of(found));
        model.addAttribute(
                "sweeps",
                sweeps.sweeps(Optional.of(run), 0, LAST_SWEEPS).stream()
                        .map(SweepRow::of)
                        .toList());
        model.addAttribute("lines", CopyLine.json("/api/v1/runs/" + CopyLine.segment(run)));
        model.addAttribute("sweepLines", SweepLines.list(SweepFilter.of(Optional.of(run)), 0, LAST_SWEEPS));
        model.addAttribute("recommended", RecommendedPanel.of(advice, RunClock.of(found)));
        forms.fresh(run, model);
        if (!found.snapshots().isEmpty()) {
            Optional<Double> recommended = advice.recommended().flatMap(Recommendation::sigmaRel);
            ToDoubleFunction<SliderFamily> usual =
                    family -> recommended.filter(width -> family.isPower()).orElse(family.usual());
            try {
                AskedAverage asked = AskedAverage.of(
                        number(LengthFields.SIGMA_REL, sigmaRel), profile, number(LengthFields.LENGTH, length));
                fit(found, asked.at(found, end(found, number("time", time)), usual), solver, model);
            } catch (Problem problem) {
                // such as what is no number, or a time that no file reaches any more
                AskedAverage any = AskedAverage.of(null, null, null);
                fit(found, any.at(found, end(found, null), usual), Labels.of(SolverKind.BLUP), model);
                model.addAttribute("notShown", problem.getMessage());
                response.setStatus(problem.kind().status());
            }
        }
        return "dashboard/run";
    }

    /** What changes with every step of the slider. */
    @GetMapping("/fit")
    String fit(
            @PathVariable String run,
            @RequestParam(required = false) @Nullable Double sigmaRel,
            @RequestParam(required = false) @Nullable String profile,
            @RequestParam(required = false) @Nullable Double length,
            @RequestParam(required = false) @Nullable Double time,
            @RequestParam(defaultValue = "blup") String solver,
            Model model) {
        Run found = catalog.run(run);
        AskedAverage asked = AskedAverage.of(sigmaRel, profile, length);
        ShownAverage average = asked.at(found, end(found, time), family -> {
            throw Problem.invalid(family.field(), family.field() + " is missing");
        });
        fit(found, average, solver, model);
        return "dashboard/run :: fit";
    }

    /** What changes with the time alone. */
    @GetMapping("/errors")
    String errors(
            @PathVariable String run,
            @RequestParam(defaultValue = "power:{}") String profile,
            @RequestParam(required = false) @Nullable Double time,
            Model model) {
        Run found = catalog.run(run);
        double end = end(found, time);
        SliderFamily family = SliderFamily.of(found, end, profile);
        model.addAttribute("chart", RunCharts.errors(found, family, end, errorCurves.of(found, family, end)));
        return "dashboard/chart :: data";
    }

    /** What the model of the trajectory sees in the files, whatever is asked of them. */
    @GetMapping("/trajectory")
    String trajectory(@PathVariable String run, Model model) {
        Run found = catalog.run(run);
        RunReport report = fits.report(found)
                .orElseThrow(() -> Problem.unprocessable("A single snapshot cannot be compared with others"));
        model.addAttribute("trajectory", TrajectoryPanel.of(found, report));
        model.addAttribute("rateChart", RunCharts.rates(found, report));
        model.addAttribute("surpriseChart", RunCharts.surprises(found, report));
        return "dashboard/run :: trajectory";
    }

    @GetMapping("/retention")
    String retention(
            @PathVariable String run,
            @RequestParam(defaultValue = "0") double maxError,
            @RequestParam(required = false) @Nullable Double time,
            Model model) {
        Run found = catalog.run(run);
        double end = end(found, time);
        List<Profile> targets = fits.expressible(found, end);
        if (targets.isEmpty())
            throw Problem.unprocessable("The run can express no EMA length within 10 %: keep all of its files");
        RetentionTargets all = RetentionTargets.of(found, targets, recommendations.shown(run));
        Retention retention = fits.retention(found, all.targets(), maxError / 100);
        model.addAttribute("plan", RetentionPlan.of(found, retention, maxError, end, all));
        return "dashboard/run :: retention";
    }

    private void fit(Run run, ShownAverage average, String solver, Model model) {
        SolverKind method = Labels.parse("solver", solver, SolverKind.SOLVERS);
        PreparedWeights weights = fits.prepare(
                run,
                WeightsRequest.of(
                        average.target(), FitOptions.of(method, FilesToRead.FEWEST), OutputOptions.AS_STORED));
        Fit fit = weights.target().fit();
        String address = ServletUriComponentsBuilder.fromCurrentContextPath().toUriString();
        model.addAttribute("fit", FitPanel.of(run, average, fit, address));
        model.addAttribute("downloads", Download.of(weights, average.sigmaRel(), syntheses, address));
        model.addAttribute("profileChart", RunCharts.profile(run, fit, fits.curve(run, fit, RunCharts.CURVE_POINTS)));
        model.addAttribute("coefficientChart", RunCharts.coefficients(run, fit));
        average.slider().ifPresent(slider -> model.addAttribute("errorMark", RunCharts.errorMark(run, slider, fit)));
    }

    /** @throws Problem when it is none */
    private static @Nullable Double number(String field, @Nullable String text) {
        if (text == null || text.isBlank()) return null;
        try {
            double number = Double.parseDouble(text);
            if (Double.isFinite(number)) return number;
        } catch (NumberFormatException e) {
            // said below
        }
        throw Problem.invalid(field, field + " must be a number, not " + text);
    }

    private static double end(Run run, @Nullable Double time) {
        return WeightsReference.end("time", run, Optional.ofNullable(time));
    }
}
