package phema.sweep;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.UUID;
import java.util.function.DoublePredicate;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.dao.EmptyResultDataAccessException;
import org.springframework.stereotype.Service;
import org.springframework.transaction.support.TransactionTemplate;
import phema.evaluation.Axes;
import phema.evaluation.AxisValues;
import phema.evaluation.EvaluatorView;
import phema.evaluation.Point;
import phema.evaluation.RemoteEvaluator;
import phema.fleet.Fleet;
import phema.fleet.Queue;
import phema.fleet.Takers;
import phema.fleet.WorkState;
import phema.problem.Problem;
import phema.search.Interval;

/** Makes, watches and steers sweeps. What is asked for here is done by workers, wherever they run. */
@Service
public class Sweeps {
    /** The number of sweeps whose models are kept: those looked at last. */
    static final int KEPT = 64;

    /** The number of times that others may begin a sweep of the same name at the same time. */
    private static final int MOST_TRIES = 20;

    private static final Logger log = LoggerFactory.getLogger(Sweeps.class);

    private final SweepStore store;
    private final TrialStore trials;
    private final LogStore logs;
    private final Measurements measurements;
    private final SweepRecords records;
    private final SweepChecks checks;
    private final Suitability suitability;
    private final Attempts attempts;
    private final Trainings trainings;
    private final Queue queue;
    private final Fleet fleet;
    private final EvaluationStore evaluations;
    private final TransactionTemplate transaction;
    private final Map<String, Found> found = Collections.synchronizedMap(new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Found> eldest) {
            return size() > KEPT;
        }
    });

    Sweeps(
            SweepStore store,
            TrialStore trials,
            LogStore logs,
            Measurements measurements,
            SweepRecords records,
            SweepChecks checks,
            Suitability suitability,
            Attempts attempts,
            Trainings trainings,
            Queue queue,
            Fleet fleet,
            EvaluationStore evaluations,
            TransactionTemplate transaction) {
        this.store = store;
        this.trials = trials;
        this.logs = logs;
        this.measurements = measurements;
        this.records = records;
        this.checks = checks;
        this.suitability = suitability;
        this.attempts = attempts;
        this.trainings = trainings;
        this.queue = queue;
        this.fleet = fleet;
        this.evaluations = evaluations;
        this.transaction = transaction;
    }

    /** @throws Problem when anything of it could not be run: then nothing is */
    public Sweep create(SweepSpec spec) {
        return create(spec, DescriptionChange.NONE);
    }

    /**
     * Makes a sweep that a job finds again by its name. A sweep of this run and name that asks for the same and would
     * be evaluated alike goes on, with another try for what failed or was cancelled; any other is replaced, and what it
     * found stays until the new one finds something. One that was replaced is kept in the archive, without its name,
     * until its successor is replaced as well.
     *
     * @throws Problem when anything of it could not be run: then everything stays as it was
     */
    public Sweep create(SweepSpec spec, Optional<String> name) {
        return create(spec, DescriptionChange.named(name));
    }

    /**
     * The same, with more to say of it. One that goes on or is replaced hands on what is said of it where nothing else
     * is.
     */
    public Sweep create(SweepSpec spec, DescriptionChange said) {
        return create(spec, said, Optional.empty());
    }

    /**
     * The same with a limit.
     *
     * @param maxTrials when so many of its trials were evaluated from now on, those that failed among them, the others
     *     are cancelled; empty for any number
     */
    public Sweep create(SweepSpec spec, DescriptionChange said, Optional<Integer> maxTrials) {
        if (maxTrials.filter(most -> most < 1).isPresent())
            throw Problem.invalid("maxTrials", "maxTrials must be at least 1, not " + maxTrials.get());
        SweepDescription description = said.of(SweepDescription.NONE);
        SweepSpec checked = checks.checked(spec);
        Basis basis = suitability.basis(checked);
        for (int left = MOST_TRIES; left > 0; left--) {
            try {
                return inTransaction(() -> {
                    String id = goOnOrReplace(checked, basis, said, description);
                    store.limit(id, maxTrials);
                    return sweep(id);
                });
            } catch (DuplicateKeyException | EmptyResultDataAccessException e) {
                log.debug("Another job starts or replaces this sweep: what it made is there now", e);
            }
        }
        throw Problem.conflict("others start the sweep " + description.name().orElse("") + " all the time; try again");
    }

    private String goOnOrReplace(SweepSpec spec, Basis basis, DescriptionChange said, SweepDescription description) {
        Optional<SweepStore.StoredSweep> before = description.name().flatMap(name -> store.named(spec.run(), name));
        // From now on nobody else replaces it; who has done so meanwhile is asked again.
        if (before.isPresent() && !isStillNamed(before.get())) throw new EmptyResultDataAccessException(1);
        if (before.isEmpty() || !isSame(before.get(), spec)) return replace(before, spec, basis, said, description);
        String id = before.get().id();
        if (!said.of(before.get().description()).equals(before.get().description())) describe(id, said);
        again(id, spec.priority());
        return id;
    }

    /** As of now, until the transaction ends. */
    private boolean isStillNamed(SweepStore.StoredSweep sweep) {
        return store.touchIfThere(sweep.id()).isPresent()
                && store.row(sweep.id())
                        .map(now -> now.description().name())
                        .equals(Optional.of(sweep.description().name()));
    }

    private String replace(
            Optional<SweepStore.StoredSweep> before,
            SweepSpec spec,
            Basis basis,
            DescriptionChange said,
            SweepDescription description) {
        String id = newId();
        store.insert(id, spec, basis);
        before.ifPresent(old -> {
            end(old.id(), store.touch(old.id()));
            records.replace(old.id(), id, sweep(old.id()).state() != SweepState.CANCELLED);
        });
        store.describe(
                id, said.of(before.map(SweepStore.StoredSweep::description).orElse(description)));
        store.unarchive(id);
        begin(id, spec);
        return id;
    }

    /**
     * Changes what is said of a sweep.
     *
     * @throws Problem when it cannot be said, another sweep of the run has the name, or it is to be archived and has
     *     not ended
     */
    public Sweep describe(String id, DescriptionChange said) {
        try {
            return change(id, version -> {
                SweepStore.StoredSweep row = row(id);
                SweepDescription description = said.of(row.description());
                requireFree(row, description.name());
                if (description.archived() && !sweep(id).state().isEnd())
                    throw Problem.conflict("sweep " + id + " has not ended; cancel it before it is archived");
                store.describe(id, description);
            });
        } catch (DuplicateKeyException e) { // given to the other at this moment
            throw taken(said.name().orElse(""));
        }
    }

    private void requireFree(SweepStore.StoredSweep sweep, Optional<String> name) {
        name.flatMap(wanted -> store.named(sweep.spec().run(), wanted))
                .filter(other -> !other.id().equals(sweep.id()))
                .ifPresent(other -> {
                    throw taken(name.orElse(""));
                });
    }

    private static Problem taken(String name) {
        return Problem.conflict("another sweep of the run has the name " + name + "; rename that one first");
    }

    private boolean isSame(SweepStore.StoredSweep there, SweepSpec asked) {
        return there.spec().withPriority(0).equals(asked.withPriority(0))
                && suitability.difference(asked, there.basis()).isEmpty()
                && !attempts.isThinned(there, trials.trials(there.id()));
    }

    private void again(String id, int priority) {
        Sweep sweep = sweep(id);
        if (sweep.spec().priority() != priority && !sweep.state().isEnd()) prioritize(id, priority);
        if (sweep.state() == SweepState.PAUSED) resume(id);
        int lost = sweep.count(WorkState.FAILED) + sweep.count(WorkState.CANCELLED);
        if (lost > 0) retry(id);
    }

    /** The id of a run's sweep of this name. */
    public Optional<String> named(String run, String name) {
        return store.named(run, name).map(SweepStore.StoredSweep::id);
    }

    /** Removes a sweep with its trials, logs and what it found. @throws Problem while it runs, or waits */
    public void delete(String id) {
        row(id);
        inTransaction(() -> {
            if (!sweep(id).state().isEnd())
                throw Problem.conflict("sweep " + id + " has not ended; cancel it before it is deleted");
            records.delete(id);
            return id;
        });
    }

    /** Who can be asked to evaluate, by name: those that are configured, then remote ones that have evaluated. */
    public List<EvaluatorView> evaluators() {
        SortedMap<String, List<String>> given = evaluations.given();
        return Stream.concat(
                        checks.evaluators().views().stream()
                                .map(view -> view.withGiven(given.getOrDefault(view.name(), List.of()))),
                        given.entrySet().stream()
                                .filter(e -> RemoteEvaluator.parse(e.getKey()).isPresent())
                                .map(e -> new EvaluatorView(e.getKey(), RemoteEvaluator.TYPE, null, e.getValue())))
                .toList();
    }

    /** Newest first, without those that are archived. @param run only of this one */
    public List<Sweep> sweeps(Optional<String> run) {
        return sweeps(SweepFilter.of(run), 0, Integer.MAX_VALUE);
    }

    /** A part of them, the newest first. */
    public List<Sweep> sweeps(SweepFilter filter, long offset, int limit) {
        return store.rows(filter, offset, limit).stream().map(this::sweep).toList();
    }

    /** A part of those of a run, or of all, that are not archived. */
    public List<Sweep> sweeps(Optional<String> run, long offset, int limit) {
        return sweeps(SweepFilter.of(run), offset, limit);
    }

    /** The number of those of a run, or of all, that are not archived. */
    public int count(Optional<String> run) {
        return count(SweepFilter.of(run));
    }

    public int count(SweepFilter filter) {
        return store.count(filter);
    }

    /** All tags that sweeps have. @param run only those of this one */
    public SortedSet<String> tags(Optional<String> run) {
        return store.tags(run);
    }

    /** @throws Problem when there is none */
    public Sweep sweep(String id) {
        return sweep(row(id));
    }

    /** That of {@link Sweep#version}, which costs less than the sweep. */
    public long version(String id) {
        return store.version(id).orElseThrow(() -> unknown(id));
    }

    /** By number. */
    public List<Trial> trials(String id) {
        row(id);
        return trials.trials(id);
    }

    /** And those measurements that count with them, behind them; their numbers are less than 0. */
    public List<Trial> trialsAndMeasured(String id) {
        return measurements.with(row(id), trials.trials(id));
    }

    /** Those that changed after the sweep had this version. */
    public List<Trial> trialsChangedAfter(String id, long version) {
        return trials.trialsChangedAfter(id, version);
    }

    public Trial trial(String id, int number) {
        return trials.trial(new TrialId(row(id).id(), number))
                .orElseThrow(() -> Problem.unknown("number", "sweep " + id + " has no trial " + number));
    }

    /** The metric as a function of EMA length and guidance, for each rest of points that has enough finished trials. */
    public List<SweepFit> fits(String id) {
        return found(row(id)).fits();
    }

    /** The end of what a trial's latest attempt printed. */
    public String log(String id, int number) {
        return logs.log(TrialId.of(trial(id, number)));
    }

    /** Ends what runs and begins nothing more. */
    public Sweep cancel(String id) {
        return change(id, version -> end(id, version));
    }

    private void end(String id, long version) {
        if (sweep(id).state().isEnd()) return;
        store.hold(id, SweepState.CANCELLED);
        trials.cancel(id, version);
        queue.removeUnwanted(TrialId.TASK, id + "/");
    }

    /** That of a job is none of whoever goes on with what it left. */
    private void forgetLimit(String id) {
        if (sweep(id).state().isEnd()) store.limit(id, Optional.empty());
    }

    private static String newId() {
        return UUID.randomUUID().toString().replace("-", "").substring(0, 12);
    }

    /** Begins nothing more until {@link #resume}; what runs goes on. */
    public Sweep pause(String id) {
        return change(id, version -> {
            if (sweep(id).state().isEnd())
                throw Problem.conflict("sweep " + id + " has ended; there is nothing to pause");
            store.hold(id, SweepState.PAUSED);
            queue.removeWaiting(TrialId.TASK, id + "/");
        });
    }

    public Sweep resume(String id) {
        return change(id, version -> {
            SweepState state = sweep(id).state();
            if (state == SweepState.CANCELLED) throw cancelled(id);
            if (state == SweepState.PAUSED) release(id);
        });
    }

    /**
     * Changes the place in the queue of what waits, also of a sweep that is paused.
     *
     * @throws Problem when it has ended, or there is no such priority
     */
    public Sweep prioritize(String id, int priority) {
        Queue.requirePriority(priority);
        return change(id, version -> {
            if (sweep(id).state().isEnd()) throw Problem.conflict("sweep " + id + " has ended; nothing of it waits");
            store.changeSpec(id, row(id).spec().withPriority(priority));
            queue.prioritize(TrialId.TASK, id + "/", priority);
        });
    }

    /** Gives failed and cancelled trials another try; of a paused sweep, when it is resumed. */
    public Sweep retry(String id) {
        return change(id, version -> {
            boolean paused = sweep(id).state() == SweepState.PAUSED;
            forgetLimit(id);
            trials.retry(id, version);
            if (!paused) release(id);
        });
    }

    /**
     * Gives all trials another try with the settings that this process has for the sweep's evaluator, and with the
     * files that it sees; where they are the sweep's own, as {@link #retry}. What was evaluated like that before is not
     * evaluated again.
     *
     * @throws Problem when they could not be run like that
     */
    public Sweep retryWithOwnSettings(String id) {
        SweepSpec spec = row(id).spec();
        checks.checked(spec);
        Basis mine = suitability.basis(spec);
        if (suitability.difference(spec, row(id).basis()).isEmpty()) return retry(id);
        return change(id, version -> {
            boolean paused = sweep(id).state() == SweepState.PAUSED;
            forgetLimit(id);
            store.changeBasis(id, mine);
            trials.restart(id, version);
            if (!paused) release(id);
        });
    }

    /** Whether this process knows the sweep's evaluator, but has other settings or files than the sweep. */
    public boolean differsHere(String id) {
        SweepStore.StoredSweep row = row(id);
        return checks.evaluators().find(row.spec().evaluator()).isPresent()
                && suitability.difference(row.spec(), row.basis()).isPresent();
    }

    private static void requireSame(String field, String own, String other) {
        if (!other.equals(own))
            throw Problem.invalid(
                    field,
                    "a sweep keeps its " + field + ", " + own + ", so this one cannot have " + other
                            + "; start another one");
    }

    /**
     * Adds the points of this grid that the sweep lacks.
     *
     * @param more with the run, evaluator, metrics and profile of the sweep
     */
    public Sweep extend(String id, SweepSpec more) {
        SweepSpec spec = row(id).spec();
        requireSame("run", spec.run(), more.run());
        requireSame("evaluator", spec.evaluator(), more.evaluator());
        requireSame("metric", spec.metrics().text(), more.metrics().text());
        requireSame(
                "profile", spec.axes().family().template(), more.axes().family().template());
        if (spec.mode() != SweepSpec.SweepMode.GRID || more.mode() != SweepSpec.SweepMode.GRID)
            throw Problem.invalid("mode", "only grids can be extended");
        SweepSpec checked = checks.checked(more);
        return grow(
                id, checked, now -> now.union(checked.axes()), checked.axes().grid());
    }

    /** @param checked what is added, for what its evaluations need */
    private Sweep grow(String id, SweepSpec checked, UnaryOperator<AxisValues> wider, List<Point> points) {
        Basis mine = suitability.basis(checked);
        return change(id, version -> {
            SweepState state = sweep(id).state();
            if (state == SweepState.CANCELLED) throw cancelled(id);
            forgetLimit(id);
            // Its last trials may have run on after it was paused.
            if (state.isEnd()) store.hold(id, null);
            store.unarchive(id);
            SweepSpec now = row(id).spec();
            AxisValues all = wider.apply(now.axes());
            all.check();
            store.changeSpec(id, now.with(all));
            row(id).basis().map(basis -> basis.withMoreRuns(mine)).ifPresent(basis -> store.changeBasis(id, basis));
            add(id, now, points, version);
        });
    }

    /**
     * Lengths beyond the edge that the best one lies at, where the sweep has ended: what {@link #extendBeyond} adds.
     * None where it lies at none, or the run can give none beyond.
     */
    public List<Double> beyond(Sweep sweep) {
        SweepSpec spec = sweep.spec();
        if (!sweep.state().isEnd()
                || sweep.state() == SweepState.CANCELLED
                || sweep.optimum().isEmpty()) return List.of();
        // Where lengths beyond the best one failed, what is missing are these.
        Interval asked = Interval.of(spec.lengths());
        Evidence.LengthEdge edge =
                Evidence.LengthEdge.of(sweep.optimum().get().point().length(), asked.low(), asked.high());
        DoublePredicate possible = length -> checks.isPossible(spec, length);
        return switch (spec.mode()) {
            case GRID -> Beyond.of(spec.lengths(), edge, possible);
            case SEARCH -> Beyond.of(asked, edge, possible);
        };
    }

    /**
     * Adds the lengths that lie {@link #beyond}. A search looks as far as these from then on, and evaluates them first,
     * with the best guidance.
     *
     * @throws Problem where there is nothing beyond, or it could not be run
     */
    public Sweep extendBeyond(String id) {
        Sweep sweep = sweep(id);
        List<Double> beyond = beyond(sweep);
        if (beyond.isEmpty())
            throw Problem.conflict("the best length of sweep " + id + " lies at no edge with lengths beyond");
        SweepSpec spec = sweep.spec();
        AxisValues more = spec.axes().with(Axes.LENGTH, beyond);
        if (spec.mode() == SweepSpec.SweepMode.GRID) return extend(id, spec.with(more));
        Interval wider = Interval.of(
                Stream.of(spec.lengths(), beyond).flatMap(List::stream).toList());
        List<Double> bounds = List.of(wider.low(), wider.high());
        double guidance = sweep.optimum().orElseThrow().point().guidance();
        return grow(
                id,
                checks.checked(spec.with(spec.axes().with(Axes.LENGTH, bounds))),
                now -> now.with(Axes.LENGTH, bounds),
                more.with(Axes.GUIDANCE, List.of(guidance)).grid());
    }

    private void begin(String id, SweepSpec spec) {
        add(id, spec, Plan.next(spec, measurements.with(row(id), List.of()), fleet.size()), 1);
    }

    private void add(String id, SweepSpec spec, List<Point> points, long version) {
        List<TrialId> added = trials.add(id, points, version);
        queue.add(TrialId.TASK, added.stream().map(TrialId::toString).toList(), spec.priority());
    }

    private void release(String id) {
        store.hold(id, null);
        store.unarchive(id);
        List<String> queued = trials.queued(id).stream().map(TrialId::toString).toList();
        queue.ensure(TrialId.TASK, queued, row(id).spec().priority());
    }

    private Sweep change(String id, LongConsumer action) {
        row(id);
        return inTransaction(() -> {
            action.accept(store.touch(id));
            return sweep(id);
        });
    }

    private SweepStore.StoredSweep row(String id) {
        return store.row(id).orElseThrow(() -> unknown(id));
    }

    /** Counts what waits for a worker, of all sweeps and syntheses. */
    public int queueDepth() {
        return fleet.queueDepth();
    }

    /** Trials that failed last, the latest first. */
    public List<Trial> recentFailures(int limit) {
        return trials.recentFailures(limit);
    }

    private static Problem cancelled(String id) {
        return Problem.conflict("sweep " + id + " is cancelled; retry it, or start another one");
    }

    private static Problem unknown(String id) {
        return Problem.unknown("id", "no sweep has the id " + id);
    }

    private Sweep sweep(SweepStore.StoredSweep row) {
        Map<WorkState, Integer> counts = trials.counts(row.id());
        SweepState state = state(row.held(), counts);
        Optional<Found> best = counts.containsKey(WorkState.DONE) ? Optional.of(found(row)) : Optional.empty();
        return new Sweep(
                row.id(),
                row.description(),
                row.spec(),
                state,
                counts,
                best.flatMap(Found::optimum),
                best.flatMap(Found::evidence),
                state == SweepState.RUNNING && isUnderWay(row, counts) ? trials.pace(row.id()) : Optional.empty(),
                row.created(),
                state.isEnd() ? trials.ended(row.id()) : Optional.empty(),
                row.basis().<Map<String, String>>map(Basis::evaluator).orElse(Map.of()),
                row.basis().flatMap(Basis::digest),
                Sweep.waits(state, counts) && row.spec().remote().isEmpty()
                        ? fleet.takers(TrialId.TASK, row.id())
                        : new Takers(0, List.of()),
                row.basis().flatMap(basis -> trainings.difference(row.spec().run(), basis.witnesses())),
                row.job(),
                row.version());
    }

    /** Our own workers take the next trial at once; of clients nobody knows whether there is any. */
    private static boolean isUnderWay(SweepStore.StoredSweep row, Map<WorkState, Integer> counts) {
        return row.spec().remote().isEmpty() || counts.containsKey(WorkState.RUNNING);
    }

    private record Found(long version, List<SweepFit> fits, Optional<Optimum> optimum, Optional<Evidence> evidence) {}

    /** A model takes a moment to fit. */
    private Found found(SweepStore.StoredSweep row) {
        Found known = found.get(row.id());
        if (known != null && known.version() == row.version()) return known;
        List<Trial> all = measurements.with(row, trials.trials(row.id()));
        List<Optima.Comparable> groups = Optima.comparable(row.spec(), all);
        Optional<Optimum> best = Optima.best(groups);
        Found now = new Found(
                row.version(),
                groups.stream().flatMap(group -> group.sweepFit().stream()).toList(),
                best,
                best.map(optimum -> Evidence.of(row.spec(), all, optimum)));
        found.put(row.id(), now);
        return now;
    }

    /** How many sweeps' models are in memory. */
    int kept() {
        return found.size();
    }

    static SweepState state(@Nullable String held, Map<WorkState, Integer> counts) {
        if (held != null && held.equals(SweepState.CANCELLED.name())) return SweepState.CANCELLED;
        if (counts.keySet().stream().allMatch(WorkState::isEnd))
            return counts.containsKey(WorkState.FAILED) ? SweepState.FAILED : SweepState.DONE;
        if (held != null) return SweepState.PAUSED;
        return counts.keySet().equals(Set.of(WorkState.QUEUED)) ? SweepState.QUEUED : SweepState.RUNNING;
    }

    private <T> T inTransaction(Supplier<T> action) {
        return Objects.requireNonNull(transaction.execute(status -> action.get()));
    }
}
