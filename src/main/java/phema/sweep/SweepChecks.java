package phema.sweep;

import java.util.Collections;
import java.util.List;
import org.springframework.stereotype.Component;
import phema.catalog.Catalog;
import phema.catalog.Run;
import phema.evaluation.Axes;
import phema.evaluation.Axis;
import phema.evaluation.Evaluator;
import phema.evaluation.Evaluators;
import phema.evaluation.Guides;
import phema.evaluation.LengthFields;
import phema.evaluation.Reconstructions;
import phema.fleet.Queue;
import phema.fleet.WorkerProperties;
import phema.problem.Problem;
import phema.profile.Integrals;
import phema.profile.Profile;
import phema.profile.ProfileFamily;
import phema.search.SearchPoint;
import phema.solver.SolverKind;

/** Refuses sweeps that could not be run, before anything of them is. */
@Component
record SweepChecks(Catalog catalog, Evaluators evaluators, SweepProperties limits, WorkerProperties working) {
    /**
     * @return the same with what may be left out
     * @throws Problem naming the field at fault
     */
    SweepSpec checked(SweepSpec given) {
        SweepSpec spec = withDefaults(given);
        Queue.requirePriority(spec.priority());
        if (!(spec.tolerance() > 0 && spec.tolerance() < 1))
            throw Problem.invalid("tolerance", "tolerance must lie between 0 and 1, not be " + spec.tolerance());
        for (Axis<?, ?> axis : Axes.ALL)
            if (axis.isRequired())
                requireSome(LengthFields.of(spec.axes().family()), spec.axes().get(axis));
        if (spec.mode() == SweepSpec.SweepMode.SEARCH) {
            for (Axis<?, ?> axis : Axes.ALL) checkSearch(spec, axis);
            if (Axes.ALL.stream()
                    .noneMatch(axis -> axis.isContinuous() && spec.axes().count(axis) > 1))
                throw Problem.invalid(
                        LengthFields.of(spec.axes().family()),
                        "a search needs two values to look between, such as the least and the greatest length");
        }
        double points = spec.axes().count();
        if (points > limits.maxPoints())
            throw Problem.invalid(
                    LengthFields.of(spec.axes().family()),
                    "the grid has %.0f points; phema.sweep.max-points allows %d".formatted(points, limits.maxPoints()));
        spec.axes().check();
        for (double guidance : spec.guidance())
            if (!SearchPoint.isGuidance(guidance))
                throw Problem.invalid("guidance", SearchPoint.GUIDANCES + ", not " + guidance);
        checkTargets(spec.run(), spec.axes().family(), spec.lengths(), spec.time(), spec.solver(), "");
        for (Guides g : spec.guides()) {
            requireSome("guides.sigmaRel", g.sigmaRel());
            checkTargets(g.run(), ProfileFamily.POWER, g.sigmaRel(), g.time(), spec.solver(), "guides.");
        }
        Evaluator evaluator = evaluators.named(spec.evaluator());
        if (working.enabled()) evaluator.requireStartable(spec.evaluation(), catalog.run(spec.run()));
        return spec;
    }

    private static void checkSearch(SweepSpec spec, Axis<?, ?> axis) {
        if (!axis.isContinuous() && !axis.isRepeat() && spec.axes().count(axis) > 1)
            throw Problem.invalid(
                    axis.name(), "a search has one " + axis.names().noun() + "; start another one for each");
    }

    private SweepSpec withDefaults(SweepSpec spec) {
        List<Guides> guides = spec.guides().stream()
                .map(g -> new Guides(g.run(), g.sigmaRel(), times(g.run(), g.time())))
                .toList();
        return spec.with(spec.axes()
                .withDefaults()
                .with(Axes.TIME, times(spec.run(), spec.time()))
                .with(Axes.GUIDES, guides));
    }

    private List<Double> times(String name, List<Double> given) {
        Run run = catalog.run(name);
        if (run.snapshots().isEmpty())
            throw Problem.unprocessable("Run " + name + " has no usable snapshot; its list of snapshots says why");
        return given.isEmpty() ? List.of(run.snapshots().getLast().time()) : given;
    }

    private void checkTargets(
            String name,
            ProfileFamily family,
            List<Double> lengths,
            List<Double> times,
            SolverKind solver,
            String field) {
        Run run = catalog.run(name);
        for (double time : times) Reconstructions.requireTime(field + "time", run, time);
        // The earlier an average ends, the less room it has.
        for (double length : lengths) {
            Profile target = target(family, length, Collections.min(times));
            if (solver == SolverKind.PAPER && !Integrals.isSquareIntegrable(target))
                throw Problem.invalid(
                        "solver",
                        "the paper's solver needs averages with a square-integrable density, which "
                                + family.spec(length) + " has not: use blup");
        }
        if (solver == SolverKind.PAPER
                && !run.snapshots().stream().allMatch(s -> Integrals.isSquareIntegrable(s.profile())))
            throw Problem.invalid(
                    "solver", "the paper's solver cannot use raw checkpoints, which " + name + " has: use blup");
    }

    /** Whether the run can give averages of this length at all times of the sweep. */
    boolean isPossible(SweepSpec spec, double length) {
        try {
            target(spec.axes().family(), length, Collections.min(spec.time()));
            return true;
        } catch (Problem none) {
            return false;
        }
    }

    /** Of a length that a curve can be drawn at. @throws Problem naming the field when no average is like that */
    static Profile target(ProfileFamily family, double length, double time) {
        Profile target = Reconstructions.target(family, length, time);
        if (!new SearchPoint(length, 1).isUsual())
            throw Problem.invalid(
                    LengthFields.of(family), "the length of a trial must lie in 1e-12..1e15, not be " + length);
        return target;
    }

    private static void requireSome(String field, List<?> axis) {
        if (axis.isEmpty()) throw Problem.invalid(field, "the grid is empty: " + field + " holds nothing");
    }
}
