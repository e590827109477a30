package phema.dashboard;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.springframework.stereotype.Component;
import phema.catalog.Run;
import phema.catalog.Snapshot;
import phema.solver.Fit;
import phema.solver.SolverKind;
import phema.synthesis.Fits;
import phema.synthesis.OutputOptions;
import phema.synthesis.WeightsReference;
import phema.synthesis.WeightsRequest;

/**
 * Computes predicted errors over the whole range of EMA lengths. Kept until a run's snapshots change: with hundreds of
 * files they take seconds.
 */
@Component
class ErrorCurves {
    static final double SHORTEST = 0.010;
    static final double LONGEST = 0.280;
    private static final int LENGTHS = 48;
    private static final int MOST_TIMES = 256;

    /** @param errors by solver, where they can be predicted */
    record Errors(double sigmaRel, Map<SolverKind, Double> errors) {}

    private record Kept(List<Snapshot> snapshots, Map<Double, List<Errors>> byTime) {}

    private final Fits fits;
    private final Map<String, Kept> byRun = new ConcurrentHashMap<>();

    ErrorCurves(Fits fits) {
        this.fits = fits;
    }

    List<Errors> of(Run run, double time) {
        Map<Double, List<Errors>> byTime = byRun.compute(
                        run.name(),
                        (name, kept) -> kept != null && kept.snapshots == run.snapshots()
                                ? kept
                                : new Kept(run.snapshots(), new ConcurrentHashMap<>()))
                .byTime;
        List<Errors> known = byTime.get(time);
        if (known != null) return known;
        List<Errors> found = compute(run, time);
        if (byTime.size() >= MOST_TIMES) byTime.clear();
        byTime.put(time, found);
        return found;
    }

    private List<Errors> compute(Run run, double time) {
        return IntStream.range(0, LENGTHS)
                .parallel()
                .mapToDouble(i -> SHORTEST * Math.pow(LONGEST / SHORTEST, i / (LENGTHS - 1.0)))
                .mapToObj(sigmaRel -> {
                    WeightsRequest request = WeightsReference.of(sigmaRel, time).request(OutputOptions.AS_STORED);
                    Fit fit = fits.prepare(run, request).target().fit();
                    return new Errors(sigmaRel, fit.predictedRelativeErrors());
                })
                .toList();
    }
}
