package phema.sweep;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.springframework.stereotype.Service;
import org.springframework.transaction.support.TransactionTemplate;
import phema.catalog.Catalog;
import phema.catalog.Run;
import phema.evaluation.Axes;
import phema.evaluation.Point;
import phema.fleet.WorkState;
import phema.problem.Problem;
import phema.search.Interval;

/**
 * Takes metrics that people have already. They are shown with every sweep of their run; those of the same evaluator,
 * version and number of seeds count in its model, its search and what is recommended.
 */
@Service
public class Measurements {
    private static final int MOST_NOTES = 100;

    /** The most names of metrics of a run: tables have a column for each. */
    private static final int MOST_METRICS = 256;

    /** The words behind the name of what was measured of other weights than those that are asked for. */
    public static final String OTHER_WEIGHTS = ", of other weights";

    private final MeasurementStore store;
    private final SweepStore sweeps;
    private final TrialStore trials;
    private final FoundLengthStore found;
    private final Recommendations recommendations;
    private final Trainings trainings;
    private final CarriedSweeps carried;
    private final Catalog catalog;
    private final SweepProperties limits;
    private final TransactionTemplate transaction;

    /** Held without a connection by those who wait for a large change: others need the few that there are. */
    private final ReentrantLock changes = new ReentrantLock();

    Measurements(
            MeasurementStore store,
            SweepStore sweeps,
            TrialStore trials,
            FoundLengthStore found,
            Recommendations recommendations,
            Trainings trainings,
            CarriedSweeps carried,
            Catalog catalog,
            SweepProperties limits,
            TransactionTemplate transaction) {
        this.store = store;
        this.sweeps = sweeps;
        this.trials = trials;
        this.found = found;
        this.recommendations = recommendations;
        this.trainings = trainings;
        this.carried = carried;
        this.catalog = catalog;
        this.limits = limits;
        this.transaction = transaction;
    }

    /**
     * What came of an import.
     *
     * @param added how many measurements are new
     * @param notes what would be counted twice and is not, a sentence each
     */
    public record Imported(int added, List<String> notes) {
        public Imported {
            notes = List.copyOf(notes);
        }
    }

    /** The most that one run may have. @throws Problem when there is no such run */
    public int most(String run) {
        catalog.run(run);
        return limits.maxPoints();
    }

    /** Of a run, in the order in which they came. @throws Problem when there is no such run */
    public List<ForeignMeasurement> of(String run) {
        catalog.run(run);
        return store.all(run);
    }

    /** The same, each of other weights than the run has now from a source that says so. */
    public List<ForeignMeasurement> marked(String run) {
        List<ForeignMeasurement> all = of(run);
        Map<String, Witnesses> files = trainings(all);
        return all.stream()
                .map(measurement -> measurement
                        .training()
                        .flatMap(id -> Optional.ofNullable(files.get(id)))
                        .flatMap(then -> trainings.difference(run, then))
                        .map(difference -> measurement.from(measurement.source() + OTHER_WEIGHTS))
                        .orElse(measurement))
                .toList();
    }

    /**
     * Adds what is new of it, all or nothing.
     *
     * @throws Problem naming the row and the column that is wrong
     */
    public Imported add(String run, List<MeasurementRow> rows) {
        Run of = catalog.run(run);
        if (of.snapshots().isEmpty()) throw Problem.unprocessable("Run " + run + " has no usable snapshot");
        if (rows.isEmpty()) throw Problem.invalid("measurements", "measurements are missing: there is no row");
        Witnesses files = Witnesses.of(List.of(of)).withoutMeanings();
        List<ForeignMeasurement> given =
                rows.stream().map(row -> row.checked(of.newestTime())).toList();
        return changing(run, () -> {
            Optional<String> training = Optional.of(trainings.note(files));
            Map<Point, List<Known>> known = new HashMap<>();
            List<ForeignMeasurement> there = store.all(run);
            requireFewMetrics(run, there, given);
            Map<String, Witnesses> others = trainings(there);
            there.stream()
                    .filter(m -> isOf(files, run, m, others))
                    .forEach(m -> know(known, m, "the one of source " + m.source()));
            Map<Point, List<Known>> evaluated = evaluated(run, files, given);
            List<String> notes = new ArrayList<>();
            int added = 0;
            for (int i = 0; i < given.size(); i++) {
                String row = rows.get(i).place().row();
                ForeignMeasurement more = lacking(given.get(i), known, row, notes);
                if (more.metrics().isEmpty()) continue;
                evaluated.getOrDefault(more.point(), List.of()).stream()
                        .filter(trial -> trial.measurement().isSame(more))
                        .findFirst()
                        .ifPresent(trial -> notes.add(row + " was evaluated here as well, as " + trial.name()
                                + ": there it is shown beside, and counts once"));
                store.insert(run, more.of(training));
                know(known, more, row);
                added++;
            }
            if (there.size() + added > limits.maxPoints())
                throw Problem.tooLarge("run %s would have %d measurements; phema.sweep.max-points allows %d"
                        .formatted(run, there.size() + added, limits.maxPoints()));
            return new Imported(added, shortened(notes));
        });
    }

    private static void requireFewMetrics(String run, List<ForeignMeasurement> there, List<ForeignMeasurement> given) {
        long names = Stream.concat(there.stream(), given.stream())
                .flatMap(measurement -> measurement.metrics().keySet().stream())
                .distinct()
                .count();
        if (names > MOST_METRICS)
            throw Problem.invalid(
                    "metrics",
                    "metrics: run %s would have %d of different names; %d are the most"
                            .formatted(run, names, MOST_METRICS));
    }

    /** Removes all of a source. @throws Problem when there are none */
    public void delete(String run, String source) {
        catalog.run(run);
        changing(run, () -> {
            if (store.delete(run, source) == 0)
                throw Problem.unknown("source", "run " + run + " has no measurements of source " + source);
            return run;
        });
    }

    private record Known(ForeignMeasurement measurement, String name) {}

    private static void know(Map<Point, List<Known>> known, ForeignMeasurement measurement, String name) {
        known.computeIfAbsent(measurement.point(), point -> new ArrayList<>()).add(new Known(measurement, name));
    }

    /** With those metrics alone that are not there yet. */
    private static ForeignMeasurement lacking(
            ForeignMeasurement given, Map<Point, List<Known>> known, String row, List<String> notes) {
        Map<String, Double> metrics = new TreeMap<>(given.metrics());
        for (Known other : known.getOrDefault(given.point(), List.of())) {
            if (!other.measurement().isSame(given)) continue;
            boolean differs = false;
            boolean twice = false;
            for (Map.Entry<String, Double> there : other.measurement().metrics().entrySet()) {
                Double again = metrics.remove(there.getKey());
                twice |= again != null;
                differs |= again != null && !again.equals(there.getValue());
            }
            if (twice)
                notes.add(row + " is the same measurement as " + other.name()
                        + (differs ? ", with another value, which is not taken" : "") + ": it counts once");
        }
        return given.with(metrics);
    }

    private Map<String, Witnesses> trainings(List<ForeignMeasurement> measurements) {
        return trainings.all(measurements.stream()
                .flatMap(measurement -> measurement.training().stream())
                .toList());
    }

    /** Whether it is of these files of the run, for all that is known. */
    private static boolean isOf(
            Witnesses files, String run, ForeignMeasurement measurement, Map<String, Witnesses> all) {
        return measurement
                .training()
                .flatMap(id -> Optional.ofNullable(all.get(id)))
                .filter(others -> !files.isSame(run, others))
                .isEmpty();
    }

    /** What sweeps of the run evaluated of these files, as measurements. */
    private Map<Point, List<Known>> evaluated(String run, Witnesses files, List<ForeignMeasurement> given) {
        Map<Point, List<Known>> all = new HashMap<>();
        for (SweepStore.StoredSweep sweep : sweeps.rows(SweepFilter.all(run), 0, Integer.MAX_VALUE)) {
            if (given.stream().noneMatch(measurement -> isBy(measurement, sweep))
                    || !sweep.basis()
                            .map(Basis::witnesses)
                            .map(w -> w.isSame(run, files))
                            .orElse(true)) continue;
            for (Trial trial : trials.trials(sweep.id()))
                if (trial.state() == WorkState.DONE) {
                    ForeignMeasurement as = new ForeignMeasurement(
                            "",
                            evaluator(sweep.spec().evaluator()),
                            version(sweep.basis()),
                            trial.point(),
                            Optional.of(trial.point().seeds().count()),
                            new TreeMap<>(trial.metrics()),
                            Optional.empty());
                    know(all, as, "trial " + trial.number() + " of sweep " + sweep.id());
                }
        }
        return all;
    }

    private static List<String> shortened(List<String> notes) {
        if (notes.size() <= MOST_NOTES) return notes;
        List<String> some = new ArrayList<>(notes.subList(0, MOST_NOTES));
        some.add("and " + (notes.size() - MOST_NOTES) + " more like these");
        return some;
    }

    /** A sweep's trials, and what counts with them. */
    List<Trial> with(SweepStore.StoredSweep sweep, List<Trial> trials) {
        List<Trial> all = new ArrayList<>(trials);
        List<ForeignMeasurement> counted =
                counted(sweep, trials, store.all(sweep.spec().run()));
        for (ForeignMeasurement measurement : counted)
            all.add(Trial.measured(sweep.id(), trials.size() - 1 - all.size(), measurement));
        return all;
    }

    /** Those that count in a sweep. What it has evaluated itself counts once. */
    private List<ForeignMeasurement> counted(
            SweepStore.StoredSweep sweep, List<Trial> trials, List<ForeignMeasurement> all) {
        Set<Point> evaluated = new HashSet<>();
        for (Trial trial : trials) if (trial.state() == WorkState.DONE) evaluated.add(trial.point());
        List<ForeignMeasurement> counted = all.stream()
                .filter(measurement -> counts(measurement, sweep) && !evaluated.contains(measurement.point()))
                .toList();
        if (sweep.basis().isEmpty()) return counted;
        Witnesses files = sweep.basis().get().witnesses();
        Map<String, Witnesses> others = trainings(counted);
        return counted.stream()
                .filter(measurement -> isOf(files, sweep.spec().run(), measurement, others))
                .toList();
    }

    /**
     * Those of a sweep's run that its charts show beside its trials: of its averages.
     *
     * @param counted whether those that count in it, or the others
     */
    public List<ForeignMeasurement> beside(Sweep sweep, boolean counted) {
        SweepStore.StoredSweep row = sweeps.row(sweep.id()).orElseThrow();
        List<ForeignMeasurement> all = new ArrayList<>(store.all(sweep.spec().run()));
        List<ForeignMeasurement> inside = counted(row, trials.trials(sweep.id()), all);
        if (counted) return inside;
        catalog.runs().stream()
                .filter(run -> run.name().equals(sweep.spec().run()))
                .forEach(run -> all.addAll(carried.measurements(run)));
        Optional<Witnesses> files = row.basis().map(Basis::witnesses);
        Map<String, Witnesses> others = trainings(all);
        return all.stream()
                .filter(measurement -> !inside.contains(measurement)
                        && measurement
                                .point()
                                .family()
                                .equals(sweep.spec().axes().family()))
                .map(measurement ->
                        files.isEmpty() || isOf(files.get(), sweep.spec().run(), measurement, others)
                                ? measurement
                                : measurement.from(measurement.source() + OTHER_WEIGHTS))
                .toList();
    }

    /** Whether it could be a trial of the sweep's, for all that is known. */
    static boolean counts(ForeignMeasurement measurement, SweepStore.StoredSweep sweep) {
        SweepSpec spec = sweep.spec();
        Point point = measurement.point();
        boolean search = spec.mode() == SweepSpec.SweepMode.SEARCH;
        return isBy(measurement, sweep)
                && measurement.metrics().containsKey(spec.metric())
                && measurement.images().isPresent()
                && spec.seeds().stream()
                        .anyMatch(seeds -> seeds.count() == measurement.images().get())
                && point.family().equals(spec.axes().family())
                && spec.time().contains(point.time())
                && (search
                        ? isWithin(spec.lengths(), point.length()) && isWithin(spec.guidance(), point.guidance())
                        : spec.guidance().contains(point.guidance()))
                && point.guide().isEmpty()
                && spec.guides().isEmpty()
                && spec.axes().get(Axes.PARAMS).isEmpty();
    }

    private static boolean isBy(ForeignMeasurement measurement, SweepStore.StoredSweep sweep) {
        return measurement.evaluator().equals(evaluator(sweep.spec().evaluator()))
                && sweep.basis().isPresent()
                && measurement.version().equals(version(sweep.basis()));
    }

    private static boolean isWithin(List<Double> bounds, double value) {
        return Interval.of(bounds).contains(value);
    }

    /** The name alone, of {@code remote:NAME@VERSION} too. */
    private static String evaluator(String asked) {
        return asked.replaceFirst("^remote:", "").replaceFirst("@.*", "");
    }

    private static String version(Optional<Basis> basis) {
        return basis.map(known -> known.evaluator().getOrDefault("version", "")).orElse("");
    }

    /** Sweeps in which others count than before change with it, and what those that ended found is found anew. */
    private <T> T changing(String run, Supplier<T> change) {
        changes.lock();
        try {
            return Objects.requireNonNull(transaction.execute(status -> {
                List<SweepStore.StoredSweep> all = sweeps.rows(SweepFilter.all(run), 0, Integer.MAX_VALUE);
                List<ForeignMeasurement> before = store.all(run);
                T result = change.get();
                List<ForeignMeasurement> now = store.all(run);
                for (SweepStore.StoredSweep sweep : all) {
                    sweeps.touch(sweep.id()); // its page shows them
                    if (Stream.concat(before.stream(), now.stream()).noneMatch(m -> counts(m, sweep))) continue;
                    List<Trial> own = trials.trials(sweep.id());
                    if (counted(sweep, own, before).equals(counted(sweep, own, now))) continue;
                    if (sweep.held() != null
                            || sweep.job().replacedBy().isPresent()
                            || !own.stream().allMatch(trial -> trial.state().isEnd())) continue;
                    found.delete(sweep.id());
                    recommendations.sweepEnded(sweep.id(), sweep.spec(), sweep.basis(), with(sweep, own));
                }
                return result;
            }));
        } finally {
            changes.unlock();
        }
    }
}
