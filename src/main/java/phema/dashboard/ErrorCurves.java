package phema.dashboard;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.springframework.stereotype.Component;
import phema.catalog.Run;
import phema.catalog.Snapshot;
import phema.solver.FilesToRead;
import phema.solver.Fit;
import phema.solver.FitOptions;
import phema.solver.SolverKind;
import phema.synthesis.Fits;
import phema.synthesis.OutputOptions;
import phema.synthesis.WeightsRequest;

/**
 * Computes predicted errors over the whole range of a family's lengths, each that of a fit. Kept until a run's
 * snapshots change: with thousands of files they take seconds.
 */
@Component
class ErrorCurves {
    private static final int LENGTHS = 48;
    private static final int FEWEST_LENGTHS = 12;

    /** The lengths times snapshots that take some seconds: a fit takes as long as the run has snapshots. */
    private static final int MOST_WORK = LENGTHS * 8192;

    private static final int MOST_CURVES = 256;

    /** @param errors by solver, where they can be predicted */
    record Errors(double length, Map<SolverKind, Double> errors) {}

    private record Curve(SliderFamily family, double time) {}

    private record Kept(List<Snapshot> snapshots, Map<Curve, List<Errors>> curves) {}

    private final Fits fits;
    private final Map<String, Kept> byRun = new ConcurrentHashMap<>();

    ErrorCurves(Fits fits) {
        this.fits = fits;
    }

    /** @param family whose lengths are those of averages that end at this time */
    List<Errors> of(Run run, SliderFamily family, double time) {
        Curve curve = new Curve(family, time);
        Map<Curve, List<Errors>> curves = byRun.compute(
                        run.name(),
                        (name, kept) -> kept != null && kept.snapshots == run.snapshots()
                                ? kept
                                : new Kept(run.snapshots(), new ConcurrentHashMap<>()))
                .curves;
        List<Errors> known = curves.get(curve);
        if (known != null) return known;
        List<Errors> found = compute(run, family, time);
        if (curves.size() >= MOST_CURVES) curves.clear();
        curves.put(curve, found);
        return found;
    }

    /** The number of lengths that are fitted, equally spaced from ratio to ratio. */
    static int lengths(int snapshots) {
        return Math.clamp(MOST_WORK / Math.max(1, snapshots), FEWEST_LENGTHS, LENGTHS);
    }

    private List<Errors> compute(Run run, SliderFamily family, double time) {
        double least = family.least();
        double most = family.most();
        int lengths = lengths(run.snapshots().size());
        return IntStream.range(0, lengths)
                .parallel()
                .mapToDouble(i -> Math.min(most, least * Math.pow(most / least, i / (lengths - 1.0))))
                .mapToObj(length -> {
                    WeightsRequest request = WeightsRequest.of(
                            family.profile(family.field(), length, time),
                            FitOptions.of(SolverKind.BLUP, FilesToRead.FEWEST),
                            OutputOptions.AS_STORED);
                    Fit fit = fits.prepare(run, request).target().fit();
                    return new Errors(length, fit.predictedRelativeErrors());
                })
                .toList();
    }
}
