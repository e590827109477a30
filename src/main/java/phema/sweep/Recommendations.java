package phema.sweep;

import static java.util.stream.Collectors.toMap;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.TransientDataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;
import phema.catalog.Catalog;
import phema.catalog.Run;
import phema.evaluation.Reconstructions;
import phema.fleet.Patience;
import phema.problem.Problem;
import phema.profile.ProfileFamily;
import phema.profile.ProfileSpec;
import phema.sweep.Recommendation.RecommendationSource;
import phema.text.StoredJson;

/**
 * Says which average a run's weights should be: what its user pinned, else what {@link RecommendationRule} takes
 * of all that its sweeps found; and offers the rest of it.
 */
@Service
public class Recommendations {
    private final JdbcClient jdbc;
    private final FoundLengthStore store;
    private final Trainings trainings;
    private final Catalog catalog;
    private final InstantSource clock;

    /** What was said last of each run, for as long as the database is away. */
    private final Map<String, Advice> said = new ConcurrentHashMap<>();

    private final Patience patience = new Patience();

    Recommendations(
            JdbcClient jdbc, FoundLengthStore store, Trainings trainings, Catalog catalog, InstantSource clock) {
        this.jdbc = jdbc;
        this.store = store;
        this.trainings = trainings;
        this.catalog = catalog;
        this.clock = clock;
    }

    /**
     * Of a database that does not answer, what it said last: runs and weights are served on meanwhile.
     *
     * @throws org.springframework.dao.DataAccessException when it does not answer, and never did
     */
    public Advice of(String run) {
        return Objects.requireNonNull(of(Set.of(run)).get(run));
    }

    /** Of many runs with as many queries as of one; each has an entry. */
    public Map<String, Advice> of(Set<String> runs) {
        try {
            Map<String, Advice> advice = patience.ask(() -> read(runs));
            said.putAll(advice);
            return advice;
        } catch (DataAccessResourceFailureException | TransientDataAccessException e) {
            if (!said.keySet().containsAll(runs)) throw e;
            return runs.stream()
                    .collect(toMap(
                            run -> run,
                            run -> Objects.requireNonNull(said.get(run)).asOfBefore()));
        }
    }

    /** The same for those who only show it, and show a run without it, too. */
    public Advice shown(String run) {
        return Objects.requireNonNull(shown(Set.of(run)).get(run));
    }

    /** Of many runs. */
    public Map<String, Advice> shown(Set<String> runs) {
        try {
            return of(runs);
        } catch (DataAccessResourceFailureException | TransientDataAccessException e) {
            return runs.stream().collect(toMap(run -> run, run -> {
                @Nullable Advice last = said.get(run);
                return last == null ? Advice.UNKNOWN : last.asOfBefore();
            }));
        }
    }

    /**
     * What was recommended when a sweep began. A pin, and the run's weights, count as they are now.
     *
     * @param without as if these sweeps had found nothing
     */
    public Optional<Recommendation> before(Sweep sweep, Set<String> without) {
        String run = sweep.spec().run();
        List<FoundLength> found = store.until(run, sweep.created()).stream()
                .filter(length -> !without.contains(length.sweep()))
                .toList();
        return Objects.requireNonNull(advice(Set.of(run), Map.of(run, found)).get(run))
                .recommended();
    }

    private Map<String, Advice> read(Set<String> runs) {
        return advice(runs, store.all(runs));
    }

    private Map<String, Advice> advice(Set<String> runs, Map<String, List<FoundLength>> found) {
        Map<String, Pin> pins = pins(runs);
        Map<String, Witnesses> known = trainings.all(Stream.concat(
                        found.values().stream().flatMap(List::stream).flatMap(length -> length.training().stream()),
                        pins.values().stream().flatMap(Pin::trainings))
                .toList());
        return runs.stream().collect(toMap(run -> run, run -> {
            Map<String, Optional<String>> differences = new HashMap<>();
            known.forEach((id, files) -> {
                if (files.hasAny(run)) differences.put(id, trainings.difference(run, files));
            });
            return advice(
                    RecommendationRule.of(
                            found.getOrDefault(run, List.of()), length -> difference(length.training(), differences)),
                    Optional.ofNullable(pins.get(run)),
                    differences);
        }));
    }

    private static Optional<String> difference(Optional<String> training, Map<String, Optional<String>> differences) {
        return training.flatMap(id -> differences.getOrDefault(id, Optional.empty()));
    }

    private static Advice advice(
            RecommendationRule rule, Optional<Pin> pin, Map<String, Optional<String>> differences) {
        Optional<String> left = pin.flatMap(p -> difference(p.training(), differences));
        if (pin.isPresent() && left.isEmpty()) {
            Recommendation said = pin.get().said();
            return advice(
                    said.withOtherWeights(said.found().flatMap(length -> difference(length.training(), differences))),
                    rule);
        }
        Advice advice = Advice.of(
                rule.recommended().map(best -> Recommendation.of(RecommendationSource.SWEEP, best)), rule.offered());
        return left.map(difference -> advice.withLeftPin("The pin of "
                        + pin.orElseThrow().said().shown()
                        + " does not count: it was set for other weights than this run has now (" + difference
                        + "); pin what suits these, or remove the pin."))
                .orElse(advice);
    }

    private static Advice advice(Recommendation pin, RecommendationRule rule) {
        List<Offer> others = new ArrayList<>();
        rule.recommended()
                .ifPresent(best -> others.add(
                        new Offer(best, "it is the one taken, but another length is pinned", Optional.empty())));
        others.addAll(rule.offered());
        Optional<Long> pinned = pin.found().map(FoundLength::id);
        others.removeIf(offer -> pinned.equals(Optional.of(offer.found().id())));
        return Advice.of(Optional.of(pin), others);
    }

    /**
     * @param time the run's newest snapshot's when empty
     * @throws Problem when there is no such run, or it cannot have such weights
     */
    public void pin(String run, double sigmaRel, Optional<Double> time) {
        Reconstructions.target(sigmaRel, usable(run).newestTime());
        pin(run, ProfileFamily.POWER.spec(sigmaRel), time);
    }

    /**
     * The same with any profile.
     *
     * @param profile as {@link ProfileSpec} reads it
     */
    public void pin(String run, String profile, Optional<Double> time) {
        save(run, new Recommendation(profile, time, RecommendationSource.PINNED, Optional.empty(), Optional.empty()));
    }

    /**
     * Pins what a sweep found.
     *
     * @param offer its {@link FoundLength#id}
     * @throws Problem when no sweep of the run found that, or it cannot have such weights any more
     */
    public void pin(String run, long offer) {
        catalog.run(run);
        FoundLength found = store.all(run).stream()
                .filter(f -> f.id() == offer)
                .findFirst()
                .orElseThrow(() -> Problem.invalid(
                        "offer",
                        "no sweep of run " + run + " found a length of the number " + offer
                                + "; what is offered of the run has the numbers there are"));
        save(run, Recommendation.of(RecommendationSource.PINNED, found));
    }

    /** Leaves the recommendation to sweeps again. */
    public void unpin(String run) {
        catalog.run(run);
        jdbc.sql("delete from pin where run = ?").param(run).update();
    }

    /**
     * A sweep has ended.
     *
     * @param basis what its metrics rest on, where it is known
     */
    void sweepEnded(String sweep, SweepSpec spec, Optional<Basis> basis, List<Trial> trials) {
        Optional<String> training = basis.map(Basis::witnesses).map(trainings::note);
        for (FoundLength found : FoundLength.of(sweep, spec, basis.flatMap(Basis::digest), training, trials))
            store.insert(spec.run(), found);
    }

    private void save(String run, Recommendation pin) {
        Run found = usable(run);
        pin.target(found);
        jdbc.sql("""
                        insert into pin (run, profile, time, found, training, created) values (?, ?, ?, ?, ?, ?)
                        on conflict (run) do update set profile = excluded.profile, time = excluded.time,
                            found = excluded.found, training = excluded.training, created = excluded.created""")
                .param(run)
                .param(pin.profile())
                .param(pin.time().orElse(null))
                .param(pin.found().map(StoredJson::write).orElse(null))
                .param(trainings.note(Witnesses.of(List.of(found)).withoutMeanings()))
                .param(clock.millis())
                .update();
    }

    private Run usable(String run) {
        Run found = catalog.run(run);
        if (found.snapshots().isEmpty()) throw Problem.unprocessable("Run " + run + " has no usable snapshot");
        return found;
    }

    /** @param training stands for the run's files when it was set; empty where nobody knows */
    private record Pin(Recommendation said, Optional<String> training) {
        Stream<String> trainings() {
            return Stream.concat(training.stream(), said.found().flatMap(FoundLength::training).stream());
        }
    }

    private Map<String, Pin> pins(Set<String> runs) {
        Map<String, Pin> pins = new HashMap<>();
        if (runs.isEmpty()) return pins;
        jdbc.sql("select * from pin where run in (:runs)").param("runs", runs).query(row -> {
            pins.put(row.getString("run"), pinned(row));
        });
        return pins;
    }

    private static Pin pinned(ResultSet row) throws SQLException {
        double time = row.getDouble("time");
        Optional<Double> end = row.wasNull() ? Optional.empty() : Optional.of(time);
        @Nullable String found = row.getString("found");
        Recommendation said = new Recommendation(
                row.getString("profile"),
                end,
                RecommendationSource.PINNED,
                Optional.ofNullable(found).map(json -> StoredJson.read(json, FoundLength.class)),
                Optional.empty());
        return new Pin(said, Optional.ofNullable(row.getString("training")));
    }
}
