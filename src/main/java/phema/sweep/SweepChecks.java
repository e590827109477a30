package phema.sweep;

import java.util.List;
import org.springframework.stereotype.Component;
import phema.catalog.Catalog;
import phema.catalog.Run;
import phema.evaluation.Evaluator;
import phema.evaluation.Evaluators;
import phema.evaluation.Reconstructions;
import phema.evaluation.Seeds;
import phema.fleet.WorkerProperties;
import phema.problem.Problem;

/** Refuses sweeps that could not be run, before anything of them is. */
@Component
record SweepChecks(Catalog catalog, Evaluators evaluators, SweepProperties limits, WorkerProperties working) {
    /**
     * @return the same with what may be left out
     * @throws Problem naming the field at fault
     */
    SweepSpec checked(SweepSpec given) {
        SweepSpec spec = withDefaults(given);
        if (spec.metric().isBlank()) throw Problem.invalid("metric", "metric is missing: which one to minimise");
        if (Math.abs(spec.priority()) > 1000)
            throw Problem.invalid("priority", "priority must lie in -1000..1000, not " + spec.priority());
        if (!(spec.tolerance() > 0 && spec.tolerance() < 1))
            throw Problem.invalid("tolerance", "tolerance must lie between 0 and 1, not be " + spec.tolerance());
        requireSome("sigmaRel", spec.sigmaRel());
        if (spec.mode() == SweepSpec.SweepMode.SEARCH) checkSearch(spec);
        double points = Plan.gridSize(spec);
        if (points > limits.maxPoints())
            throw Problem.invalid(
                    "sigmaRel",
                    "the grid has %.0f points; phema.sweep.max-points allows %d".formatted(points, limits.maxPoints()));
        for (double guidance : spec.guidance())
            if (!Double.isFinite(guidance))
                throw Problem.invalid("guidance", "guidance must be a number, not " + guidance);
        checkTargets(spec.run(), spec.sigmaRel(), spec.time(), "");
        for (SweepSpec.GuideAxis g : spec.guides()) {
            requireSome("guides.sigmaRel", g.sigmaRel());
            checkTargets(g.run(), g.sigmaRel(), g.time(), "guides.");
        }
        Evaluator evaluator = evaluators.named(spec.evaluator());
        if (working.enabled()) evaluator.requireStartable(spec.evaluation(), catalog.run(spec.run()));
        return spec;
    }

    private static void checkSearch(SweepSpec spec) {
        if (spec.time().size() > 1) throw Problem.invalid("time", "a search has one time; start another one for each");
        if (spec.guides().size() > 1
                || spec.guides().stream()
                        .anyMatch(g -> g.sigmaRel().size() > 1 || g.time().size() > 1))
            throw Problem.invalid("guides", "a search has one guiding network; start another one for each");
    }

    private SweepSpec withDefaults(SweepSpec spec) {
        return new SweepSpec(
                spec.run(),
                spec.mode(),
                spec.sigmaRel(),
                times(spec.run(), spec.time()),
                spec.guidance().isEmpty() ? List.of(1.0) : spec.guidance(),
                spec.guides().stream()
                        .map(g -> new SweepSpec.GuideAxis(g.run(), g.sigmaRel(), times(g.run(), g.time())))
                        .toList(),
                spec.seeds().isEmpty() ? List.of(new Seeds(0, 49_999)) : spec.seeds(),
                spec.evaluator(),
                spec.metric(),
                spec.solver(),
                spec.files(),
                spec.tolerance(),
                spec.priority());
    }

    private List<Double> times(String name, List<Double> given) {
        Run run = catalog.run(name);
        if (run.snapshots().isEmpty())
            throw Problem.unprocessable("Run " + name + " has no usable snapshot; its list of snapshots says why");
        return given.isEmpty() ? List.of(run.snapshots().getLast().time()) : given;
    }

    private void checkTargets(String name, List<Double> sigmaRels, List<Double> times, String field) {
        Run run = catalog.run(name);
        for (double time : times) Reconstructions.requireTime(field + "time", run, time);
        for (double sigmaRel : sigmaRels) Reconstructions.target(sigmaRel, times.getFirst());
    }

    private static void requireSome(String field, List<?> axis) {
        if (axis.isEmpty()) throw Problem.invalid(field, "the grid is empty: " + field + " holds nothing");
    }
}
