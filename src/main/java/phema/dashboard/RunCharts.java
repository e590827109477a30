package phema.dashboard;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import phema.catalog.Run;
import phema.catalog.Snapshot;
import phema.profile.Impulse;
import phema.solver.Fit;
import phema.solver.ProfileCurve;
import phema.solver.RunReport;
import phema.solver.SolverKind;
import phema.synthesis.Names;
import phema.text.Labels;

/** Makes what the page of a run draws. */
final class RunCharts {
    static final int CURVE_POINTS = 241;

    /** The number of snapshots up to which all have a bar, and others none that are not read. */
    private static final int MOST_BARS = 1000;

    /** The least surprise that is drawn, on a logarithmic axis. */
    private static final double LEAST_SURPRISE = 0.01;

    private RunCharts() {}

    /**
     * The target and what the snapshots make of it: as densities, or as cumulative shares where checkpoints have no
     * density.
     */
    static Chart profile(Run run, Fit fit, ProfileCurve curve) {
        RunClock clock = RunClock.of(run);
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
                        ChartAxis.linear(label, points ? ".3~f" : ".3~g"),
                        List.of(
                                line("target", 1, clock.in(curve.times()), target, scale),
                                line("fitted", 2, clock.in(curve.times()), fitted, scale)))
                .from(ChartSource.of(RunLines.fit(run, fit), run.name(), Names.width(fit.target()), "profile"));
    }

    private static ChartLayer line(String name, int style, List<Double> x, List<Double> y, double scale) {
        return new ChartLayer(
                ChartLayer.LayerKind.LINE,
                name,
                style,
                IntStream.range(0, x.size())
                        .mapToObj(i -> ChartLayer.ChartPoint.of(x.get(i), y.get(i) * scale))
                        .toList());
    }

    /** Shows where on the training job's clock the snapshots of each average lie. */
    static Chart timeline(Run run) {
        RunClock clock = RunClock.of(run);
        List<String> profiles = RunSummary.profiles(run);
        List<ChartLayer> layers = byProfile(run, ChartLayer.LayerKind.POINTS, i -> true, i -> {
            Snapshot snapshot = run.snapshots().get(i);
            int row = profiles.indexOf(RunSummary.profile(snapshot));
            return ChartLayer.ChartPoint.of(clock.in(snapshot.time()), row, snapshot.name());
        });
        return new Chart("timeline-" + run.name(), clock.axis().from(0), ChartAxis.of("", profiles), layers)
                .from(ChartSource.of(RunLines.snapshots(run), run.name(), "snapshots"));
    }

    static Chart coefficients(Run run, Fit fit) {
        RunClock clock = RunClock.of(run);
        List<Snapshot> snapshots = run.snapshots();
        boolean many = snapshots.size() > MOST_BARS;
        IntPredicate drawn = i -> !many || fit.coefficients().get(i) != 0;
        List<Double> times = IntStream.range(0, snapshots.size())
                .filter(drawn)
                .mapToObj(i -> snapshots.get(i).time())
                .distinct()
                .toList();
        Map<Double, Integer> places = new HashMap<>();
        for (double time : times) places.put(time, places.size());
        return new Chart(
                        "coefficients",
                        ChartAxis.of(
                                clock.axis().label() + (many ? ", of the files that are read" : ""),
                                times.stream()
                                        .map(time -> Show.number(clock.in(time)))
                                        .toList()),
                        ChartAxis.linear("Coefficient", ".3~g"),
                        byProfile(
                                run,
                                ChartLayer.LayerKind.BARS,
                                drawn,
                                i -> ChartLayer.ChartPoint.of(
                                        places.getOrDefault(snapshots.get(i).time(), 0),
                                        fit.coefficients().get(i),
                                        snapshots.get(i).name())))
                .from(ChartSource.of(RunLines.fit(run, fit), run.name(), Names.width(fit.target()), "coefficients"));
    }

    /** A layer for the snapshots of each profile. @param point of a snapshot, by its index */
    private static List<ChartLayer> byProfile(
            Run run, ChartLayer.LayerKind kind, IntPredicate drawn, IntFunction<ChartLayer.ChartPoint> point) {
        List<String> profiles = RunSummary.profiles(run);
        return profiles.stream()
                .map(profile -> new ChartLayer(
                        kind,
                        profile,
                        profiles.indexOf(profile) + 1,
                        IntStream.range(0, run.snapshots().size())
                                .filter(drawn)
                                .filter(i -> RunSummary.profile(run.snapshots().get(i))
                                        .equals(profile))
                                .mapToObj(point)
                                .toList()))
                .map(ChartLayer::thinned)
                .toList();
    }

    static Chart errors(Run run, SliderFamily family, double end, List<ErrorCurves.Errors> curve) {
        List<ChartLayer> layers = new ArrayList<>();
        for (SolverKind method : List.of(SolverKind.BLUP, SolverKind.PAPER)) {
            List<ChartLayer.ChartPoint> points = curve.stream()
                    .filter(errors -> errors.errors().containsKey(method))
                    .map(errors -> ChartLayer.ChartPoint.of(
                            shown(run, family, errors.length()), errors.errors().get(method)))
                    .toList();
            if (!points.isEmpty())
                layers.add(new ChartLayer(ChartLayer.LayerKind.LINE, Labels.of(method), style(method), points));
        }
        return new Chart(
                        "errors",
                        ChartAxis.log(axis(run, family), family.clocked() ? ",.4~r" : ".3f")
                                .within(shown(run, family, family.least()), shown(run, family, family.most())),
                        ChartAxis.log("Predicted error of the weights", ".3~p"),
                        layers)
                .from(ChartSource.of(
                        RunLines.errors(
                                run,
                                curve.stream()
                                        .map(errors -> family.spec(errors.length()))
                                        .toList(),
                                end),
                        run.name(),
                        "predicted-error-by",
                        family.noun()));
    }

    /** A length as charts have it: of windows and half-lives in the unit of times. */
    private static double shown(Run run, SliderFamily family, double length) {
        return family.clocked() ? RunClock.of(run).in(length) : length;
    }

    private static String axis(Run run, SliderFamily family) {
        String unit = family.clocked() ? RunClock.of(run).unit() : "";
        return unit.isEmpty() ? family.noun() : family.noun() + " (" + unit + ")";
    }

    /** Marks where the slider stands on the curve. */
    static Chart errorMark(Run run, ShownAverage.SliderPlace slider, Fit fit) {
        Double error = fit.predictedRelativeErrors().get(fit.method());
        return new Chart(
                "errors",
                null,
                null,
                error == null
                        ? List.of()
                        : List.of(new ChartLayer(
                                ChartLayer.LayerKind.MARKER,
                                "this fit",
                                style(fit.method()),
                                List.of(ChartLayer.ChartPoint.of(
                                        shown(run, slider.family(), slider.length()), error)))));
    }

    private static int style(SolverKind method) {
        return method == SolverKind.BLUP ? 1 : 2;
    }

    /** The effective learning rate that the files saw. */
    static Chart rates(Run run, RunReport report) {
        RunClock clock = RunClock.of(run);
        String unit = clock.unit().isEmpty() ? "unit of time" : clock.unit();
        List<ChartLayer.ChartPoint> steps = report.rates().stream()
                .flatMap(stretch -> Stream.of(stretch.from(), stretch.to())
                        .map(time -> ChartLayer.ChartPoint.of(clock.in(time), stretch.rate() * clock.perUnit())))
                .toList();
        return new Chart(
                        "rates",
                        clock.axis().within(0, clock.in(run.newestTime())),
                        ChartAxis.log("Relative variance gained per " + unit, ".1~e"),
                        List.of(new ChartLayer(ChartLayer.LayerKind.LINE, "rate", 1, steps)))
                .from(ChartSource.of(RunLines.report(run), run.name(), "effective-learning-rate"));
    }

    /** How far each file is from what all others let expect; 1 where it is as far as expected. */
    static Chart surprises(Run run, RunReport report) {
        RunClock clock = RunClock.of(run);
        return new Chart(
                        "surprises",
                        clock.axis().within(0, clock.in(run.newestTime())),
                        ChartAxis.log("Squared distance over the expected one", ".3~g"),
                        byProfile(
                                run,
                                ChartLayer.LayerKind.POINTS,
                                i -> true,
                                i -> ChartLayer.ChartPoint.of(
                                        clock.in(run.snapshots().get(i).time()),
                                        Math.max(report.surprises().get(i), LEAST_SURPRISE),
                                        run.snapshots().get(i).name())))
                .from(ChartSource.of(RunLines.report(run), run.name(), "surprises"));
    }
}
