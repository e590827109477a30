package phema.sweep;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.NestedRuntimeException;
import org.springframework.stereotype.Service;
import org.springframework.transaction.support.TransactionTemplate;
import phema.digest.Digest;
import phema.evaluation.EvaluationTask;
import phema.evaluation.Evaluators;
import phema.evaluation.Picture;
import phema.evaluation.PictureReader;
import phema.evaluation.Pictures;
import phema.fleet.Leases;
import phema.fleet.Queue;
import phema.fleet.WorkState;
import phema.problem.Problem;
import phema.text.StoredJson;

/**
 * Lends trials to clients that evaluate them elsewhere, in the order and by the rules by which our own workers take
 * theirs: a client begins an attempt, and whoever holds its lease ends it, once.
 */
@Service
public class RemoteTrials {
    private static final Logger log = LoggerFactory.getLogger(RemoteTrials.class);

    /** The images that come with what a client tells: its own are there before. */
    private static final Pictures NOTHING_MORE = new Pictures(0);

    /** The sweeps whose clients were last told that there is nothing more to propose. */
    private static final int REMEMBERED = 256;

    private final SweepStore sweeps;
    private final TrialStore store;
    private final EvaluationStore evaluations;
    private final TrialPictures pictures;
    private final Evaluators evaluators;
    private final LogStore logs;
    private final Trials trials;
    private final Attempts attempts;
    private final Suitability suitability;
    private final Queue queue;
    private final Leases leases;
    private final TransactionTemplate transaction;
    private final InstantSource clock;
    /** The version that a search had when it had nothing to propose. */
    private final Map<String, Long> content = Collections.synchronizedMap(new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
            return size() > REMEMBERED;
        }
    });

    RemoteTrials(
            SweepStore sweeps,
            TrialStore store,
            EvaluationStore evaluations,
            TrialPictures pictures,
            Evaluators evaluators,
            LogStore logs,
            Trials trials,
            Attempts attempts,
            Suitability suitability,
            Queue queue,
            Leases leases,
            TransactionTemplate transaction,
            InstantSource clock) {
        this.sweeps = sweeps;
        this.store = store;
        this.evaluations = evaluations;
        this.pictures = pictures;
        this.evaluators = evaluators;
        this.logs = logs;
        this.trials = trials;
        this.attempts = attempts;
        this.suitability = suitability;
        this.queue = queue;
        this.leases = leases;
        this.transaction = transaction;
        this.clock = clock;
    }

    /**
     * A trial in the hands of a client.
     *
     * @param lease a secret: whoever holds it may extend it and end the trial
     * @param expires when somebody else may get the trial, unless it is extended
     */
    public record Loan(String lease, Instant expires, EvaluationTask task) {}

    /** What a client tells. */
    public sealed interface Told {
        /** @param metrics finite, by name */
        record Metrics(Map<String, Double> metrics) implements Told {
            public Metrics {
                metrics = Collections.unmodifiableMap(new TreeMap<>(metrics));
            }
        }

        /** @param error why there are none, for the user */
        record ClientFailure(String error) implements Told {}
    }

    /**
     * Takes trials of one sweep.
     *
     * @return none while there is nothing to do, as when the sweep is paused
     * @throws Problem when the sweep is over, is not for clients, or rests on what this service does not have
     */
    public List<Loan> ask(String sweep, String client, int count) {
        SweepStore.StoredSweep row = sweeps.row(sweep).orElseThrow(() -> unknownSweep(sweep));
        if (row.spec().remote().isEmpty())
            throw Problem.conflict("sweep " + sweep + " is evaluated by "
                    + row.spec().evaluator() + ", not by clients; start one with an evaluator of type remote");
        if (store.counts(sweep).keySet().stream().allMatch(WorkState::isEnd))
            throw Problem.gone("sweep " + sweep + " is over");
        if (row.held() != null) return List.of();
        suitability.unfitness(row.spec(), row.basis()).ifPresent(reason -> {
            throw Problem.conflict("sweep " + sweep + " cannot go on with this service: " + reason);
        });
        return take(Map.of(sweep, row), client, count);
    }

    /**
     * Takes trials of any sweep.
     *
     * @param evaluators names of remote ones, with a version or of any; all of them where there are none
     */
    public List<Loan> ask(List<String> evaluators, String client, int count) {
        Map<String, SweepStore.StoredSweep> all = new LinkedHashMap<>();
        for (SweepStore.StoredSweep sweep : sweeps.open())
            if (sweep.spec()
                            .remote()
                            .filter(remote ->
                                    evaluators.isEmpty() || evaluators.stream().anyMatch(remote::isAskedFor))
                            .isPresent()
                    && suitability.unfitness(sweep.spec(), sweep.basis()).isEmpty()) all.put(sweep.id(), sweep);
        return all.isEmpty() ? List.of() : take(all, client, count);
    }

    private List<Loan> take(Map<String, SweepStore.StoredSweep> from, String client, int count) {
        leases.expire();
        trials.queueOrphans();
        List<String> prefixes = from.keySet().stream().map(id -> id + "/").toList();
        List<Loan> loans = new ArrayList<>();
        while (loans.size() < count) {
            // Others take at the same time, and those that are known end here.
            List<String> due = queue.due(TrialId.TASK, prefixes, count - loans.size());
            if (due.isEmpty() && !propose(from, count - loans.size())) break;
            for (String instance : due) {
                TrialId id = TrialId.parse(instance);
                lend(Objects.requireNonNull(from.get(id.sweep())), id, client).ifPresent(loans::add);
            }
        }
        return loans;
    }

    /** Searches ask for more when clients are free. */
    private boolean propose(Map<String, SweepStore.StoredSweep> from, int clients) {
        boolean more = false;
        for (SweepStore.StoredSweep sweep : from.values()) {
            if (sweep.spec().mode() != SweepSpec.SweepMode.SEARCH) continue;
            long version = sweeps.version(sweep.id()).orElse(0L);
            if (Objects.equals(content.get(sweep.id()), version)) continue;
            if (trials.propose(sweep, clients)) more = true;
            else content.put(sweep.id(), version);
        }
        return more;
    }

    private Optional<Loan> lend(SweepStore.StoredSweep sweep, TrialId id, String client) {
        Basis mine = suitability.basis(sweep.spec());
        Optional<Trials.Begun> taken = inTransaction(() -> {
            // Before the queue's row, as all changes of a sweep: two that wait for each other would not end.
            if (sweeps.touchIfThere(id.sweep()).isEmpty()) return Optional.empty();
            if (!leases.take(TrialId.TASK, id.toString(), client)) return Optional.empty();
            Optional<Trials.Begun> begun = trials.begin(id, client, mine);
            if (begun.isEmpty() || attempts.endsByDeaths(begun.get())) {
                leases.end(TrialId.TASK, id.toString());
                return Optional.empty();
            }
            return begun;
        });
        return taken.flatMap(this::loan);
    }

    private Optional<Loan> loan(Trials.Begun begun) {
        TrialId id = begun.id();
        logs.save(id, "");
        try {
            Attempts.PreparedAttempt attempt = attempts.begin(begun);
            if (attempt.isKnown()) {
                end(id, () -> trials.doneBefore(begun, attempt.evaluation()));
                return Optional.empty();
            }
            LeaseKey key = LeaseKey.fresh(id, begun.attempt(), attempt.evaluation());
            store.lend(id, key.digest());
            return Optional.of(new Loan(key.text(), clock.instant().plus(Leases.TIME), attempt.task()));
        } catch (NestedRuntimeException e) {
            throw e; // the database's fault: the lease runs out
        } catch (RuntimeException e) {
            log.warn("The weights of trial {} cannot be given", id, e);
            failed(begun, Attempts.message(e));
            return Optional.empty();
        }
    }

    /**
     * Says that a client lives and goes on.
     *
     * @param output the end of what its evaluation has printed, if anything is said of it
     * @return when the lease runs out now; empty when nobody wants the result any more
     * @throws Problem when there is no such lease
     */
    public Optional<Instant> extend(String lease, Optional<String> output) {
        LeaseKey key = LeaseKey.parse(lease);
        TrialStore.LentTrial lent = lent(key);
        if (lent.attempt() != key.attempt() || lent.state() != WorkState.RUNNING) return Optional.empty();
        output.ifPresent(text -> logs.save(key.trial(), text));
        return leases.extend(TrialId.TASK, key.trial().toString())
                ? Optional.of(clock.instant().plus(Leases.TIME))
                : Optional.empty();
    }

    /**
     * Keeps an image of a trial that a client has. One of the same name is replaced.
     *
     * @param name of the picture: its seed, or a word
     * @param content is read when it is known whose it is
     * @throws Problem when there is no such lease, nobody wants the trial's result any more, or the image is not kept:
     *     it is none, too large, or one too many
     */
    public TrialPicture addPicture(String lease, String name, InputStream content) throws IOException {
        LeaseKey key = LeaseKey.parse(lease);
        TrialId id = key.trial();
        tooLate(key, lent(key)).ifPresent(problem -> {
            throw problem;
        });
        int most = evaluators.samples();
        if (most == 0) throw Problem.conflict("phema.samples is 0: this service keeps no images");
        if (!Picture.isName(name))
            throw Problem.invalid("name", "name must be a seed, or up to 64 letters, digits and _ . -, not " + name);
        Picture picture = PictureReader.read(
                Picture.named(name), Path.of(name), content.readNBytes(PictureReader.MOST_BYTES + 1));
        if (!picture.problem().isEmpty()) throw Problem.unprocessable(picture.problem());
        return inTransaction(() -> {
            sweeps.touch(id.sweep());
            tooLate(key, lent(key)).ifPresent(problem -> {
                throw problem;
            });
            List<String> others = pictures.of(id).stream()
                    .map(TrialPicture::name)
                    .filter(other -> !other.equals(picture.name()))
                    .toList();
            if (others.size() >= most)
                throw Problem.conflict("trial " + id + " has " + most + " images, and phema.samples allows no more");
            TrialPicture kept = pictures.replace(id, picture);
            if (!kept.problem().isEmpty()) throw Problem.conflict(kept.problem());
            return kept;
        });
    }

    /**
     * Ends a trial, in one transaction with all that follows. To be told the same again changes nothing.
     *
     * @return the trial, as it is then
     * @throws Problem when there is no such lease, it ran out, its trial was cancelled, something else was told before,
     *     or a metric of the sweep is missing: the trial has failed then
     */
    public Trial tell(String lease, Told told) {
        LeaseKey key = LeaseKey.parse(lease);
        TrialId id = key.trial();
        lent(key);
        if (told instanceof Told.Metrics result) requireUsual(id, result);
        Optional<Problem> refusal = inTransaction(() -> {
            sweeps.touch(id.sweep());
            return record(key, told);
        });
        refusal.ifPresent(problem -> {
            throw problem;
        });
        Trial trial = store.trial(id).orElseThrow();
        if (told instanceof Told.Metrics result)
            Attempts.lack(sweeps.row(id.sweep()).orElseThrow().spec(), result.metrics())
                    .ifPresent(lack -> {
                        throw Problem.unprocessable(trial.error().orElse(lack));
                    });
        return trial;
    }

    /** Nothing is recorded, so that the client may tell an error, or another number, while the lease lasts. */
    private void requireUsual(TrialId id, Told.Metrics result) {
        SweepSpec spec = sweeps.row(id.sweep()).orElseThrow().spec();
        Attempts.beyond(spec, result.metrics()).ifPresent(metric -> {
            String field = "metrics." + metric.getKey();
            throw Problem.invalid(field, field + " is " + Attempts.beyond(metric.getValue()));
        });
    }

    /** @return why it does not count, where it does not */
    private Optional<Problem> record(LeaseKey key, Told told) {
        TrialStore.LentTrial lent = lent(key);
        boolean latest = lent.attempt() == key.attempt();
        String digest = digest(told);
        if (latest && digest.equals(lent.told())) return Optional.empty();
        SweepStore.StoredSweep sweep = sweeps.row(key.trial().sweep()).orElseThrow();
        SweepSpec spec = sweep.spec();
        Trial trial = store.trial(key.trial()).orElseThrow();
        Optional<Problem> late = tooLate(key, lent);
        if (late.isPresent()) {
            // Whoever gets the trial next need not evaluate it again.
            if (latest
                    && lent.told() == null
                    && told instanceof Told.Metrics result
                    && Attempts.lack(spec, result.metrics()).isEmpty())
                evaluations.insert(key.evaluation(), spec.evaluator(), result.metrics(), seconds(trial));
            return late;
        }
        Trials.Begun begun = new Trials.Begun(spec, sweep.basis(), trial, store.mishaps(key.trial()));
        store.told(key.trial(), digest);
        switch (told) {
            case Told.ClientFailure failure -> failed(begun, failure.error());
            case Told.Metrics result -> done(begun, key, result.metrics());
        }
        return Optional.empty();
    }

    private static String digest(Told told) {
        return Digest.sha256()
                .add(
                        switch (told) {
                            case Told.Metrics result -> "metrics " + StoredJson.write(result.metrics());
                            case Told.ClientFailure failure -> "error " + failure.error();
                        })
                .hex();
    }

    private static Optional<Problem> tooLate(LeaseKey key, TrialStore.LentTrial lent) {
        String trial = "trial " + key.trial();
        if (lent.attempt() != key.attempt())
            return Optional.of(
                    Problem.conflict("the lease of " + trial + " ran out, and somebody else began the trial since"));
        if (lent.told() != null)
            return Optional.of(Problem.conflict("of " + trial + " something else was told before, which counts"));
        return switch (lent.state()) {
            case RUNNING -> Optional.empty();
            case CANCELLED -> Optional.of(Problem.conflict(trial + " was cancelled: nobody wants its result any more"));
            case QUEUED, DONE, FAILED ->
                Optional.of(Problem.conflict("the lease of " + trial + " ran out: the trial is somebody else's"));
        };
    }

    private void done(Trials.Begun begun, LeaseKey key, Map<String, Double> metrics) {
        Optional<String> lack = Attempts.lack(begun.spec(), metrics);
        if (lack.isEmpty())
            end(begun.id(), () -> trials.done(begun, key.evaluation(), metrics, NOTHING_MORE, seconds(begun.trial())));
        else if (trials.stop(begun, lack.get()))
            leases.end(TrialId.TASK, begun.id().toString());
        else failed(begun, lack.get());
    }

    private double seconds(Trial trial) {
        return trial.started()
                .map(started ->
                        Math.max(0, Duration.between(started, clock.instant()).toMillis()) / 1e3)
                .orElse(0.0);
    }

    private void failed(Trials.Begun begun, String error) {
        String instance = begun.id().toString();
        inTransaction(() -> {
            sweeps.touch(begun.id().sweep());
            if (attempts.failed(begun, error)) leases.giveBack(TrialId.TASK, instance, Attempts.PAUSE_AFTER_FAILURE);
            else leases.end(TrialId.TASK, instance);
            return true;
        });
    }

    private void end(TrialId id, Supplier<Boolean> record) {
        inTransaction(() -> {
            sweeps.touch(id.sweep());
            boolean recorded = record.get();
            leases.end(TrialId.TASK, id.toString());
            return recorded;
        });
    }

    /** What is known of it. @throws Problem when it never was, as far as can be told */
    private TrialStore.LentTrial lent(LeaseKey key) {
        TrialStore.LentTrial lent = store.lent(key.trial()).orElseThrow(LeaseKey::unknown);
        // Of earlier attempts nothing is kept, and nothing comes of their leases.
        if (lent.attempt() > key.attempt()) return lent;
        if (lent.attempt() < key.attempt() || !key.digest().equals(lent.lease())) throw LeaseKey.unknown();
        return lent;
    }

    private static Problem unknownSweep(String id) {
        return Problem.unknown("id", "no sweep has the id " + id);
    }

    private <T> T inTransaction(Supplier<T> action) {
        return Objects.requireNonNull(transaction.execute(status -> action.get()));
    }
}
