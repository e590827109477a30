package phema.dashboard;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import phema.catalog.Run;
import phema.catalog.Snapshot;
import phema.profile.Impulse;
import phema.solver.Curve;
import phema.solver.Fit;
import phema.solver.Method;

/** What the page of a run draws. */
final class RunCharts {
    static final int CURVE_POINTS = 241;

    private static final String EMA_LENGTH = "EMA length";

    private RunCharts() {}

    /** The target and what the snapshots make of it: as densities, or as cumulative shares where checkpoints have no density. */
    static Chart profile(Run run, Fit fit, Curve curve) {
        Clock clock = Clock.of(run);
        boolean points = run.snapshots().stream().anyMatch(s -> s.profile() instanceof Impulse);
        List<Double> target = points ? curve.targetCumulative() : curve.targetDensity();
        List<Double> fitted = points ? curve.fittedCumulative() : curve.fittedDensity();
        double scale = points ? 1 : clock.perUnit();
        String label = points
                ? "Share of the average up to then"
                : "Weight per " + (clock.unit().isEmpty() ? "unit of time" : clock.unit());
        return new Chart(
                "profile",
                clock.axis().within(0, clock.in(curve.times().getLast())),
                Axis.linear(label, points ? ".3~f" : ".3~g"),
                List.of(
                        line("target", 1, clock.in(curve.times()), target, scale),
                        line("fitted", 2, clock.in(curve.times()), fitted, scale)));
    }

    private static Layer line(String name, int style, List<Double> x, List<Double> y, double scale) {
        return new Layer(
                Layer.Kind.LINE,
                name,
                style,
                IntStream.range(0, x.size())
                        .mapToObj(i -> Layer.Point.of(x.get(i), y.get(i) * scale))
                        .toList());
    }

    static Chart coefficients(Run run, Fit fit) {
        Clock clock = Clock.of(run);
        List<Double> times =
                run.snapshots().stream().map(Snapshot::time).distinct().toList();
        List<String> profiles = RunSummary.profiles(run);
        return new Chart(
                "coefficients",
                Axis.of(
                        clock.axis().label(),
                        times.stream().map(time -> Show.number(clock.in(time))).toList()),
                Axis.linear("Coefficient", ".3~g"),
                profiles.stream()
                        .map(profile -> new Layer(
                                Layer.Kind.BARS,
                                profile,
                                profiles.indexOf(profile) + 1,
                                IntStream.range(0, run.snapshots().size())
                                        .filter(i -> RunSummary.profile(
                                                        run.snapshots().get(i))
                                                .equals(profile))
                                        .mapToObj(i -> Layer.Point.of(
                                                times.indexOf(
                                                        run.snapshots().get(i).time()),
                                                fit.coefficients().get(i),
                                                run.snapshots().get(i).name()))
                                        .toList()))
                        .toList());
    }

    static Chart errors(List<ErrorCurves.Errors> curve) {
        List<Layer> layers = new ArrayList<>();
        for (Method method : List.of(Method.BLUP, Method.PAPER)) {
            List<Layer.Point> points = curve.stream()
                    .filter(errors -> errors.errors().containsKey(method))
                    .map(errors ->
                            Layer.Point.of(errors.sigmaRel(), errors.errors().get(method)))
                    .toList();
            if (!points.isEmpty())
                layers.add(new Layer(Layer.Kind.LINE, RunController.word(method), style(method), points));
        }
        return new Chart(
                "errors",
                Axis.log(EMA_LENGTH, ".3f").within(ErrorCurves.SHORTEST, ErrorCurves.LONGEST),
                Axis.log("Predicted error of the weights", ".3~p"),
                layers);
    }

    /** Where the slider stands on the curve. */
    static Chart errorMark(double sigmaRel, Fit fit) {
        Double error = fit.predictedRelativeErrors().get(fit.method());
        return new Chart(
                "errors",
                null,
                null,
                error == null
                        ? List.of()
                        : List.of(new Layer(
                                Layer.Kind.MARKER,
                                "this fit",
                                style(fit.method()),
                                List.of(Layer.Point.of(sigmaRel, error)))));
    }

    private static int style(Method method) {
        return method == Method.BLUP ? 1 : 2;
    }
}
