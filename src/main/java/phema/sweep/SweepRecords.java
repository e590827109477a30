package phema.sweep;

import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Deletes sweeps with their trials, logs and images. Evaluations are kept, since sweeps share them. All but
 * {@link #deleteExpired} take part in the transactions of their callers.
 */
@Component
class SweepRecords {
    private final JdbcClient jdbc;
    private final SweepStore sweeps;
    private final FoundLengthStore found;
    private final Recommendations recommendations;
    private final InstantSource clock;
    private final TransactionTemplate transaction;

    SweepRecords(
            JdbcClient jdbc,
            SweepStore sweeps,
            FoundLengthStore found,
            Recommendations recommendations,
            InstantSource clock,
            TransactionTemplate transaction) {
        this.jdbc = jdbc;
        this.sweeps = sweeps;
        this.found = found;
        this.recommendations = recommendations;
        this.clock = clock;
        this.transaction = transaction;
    }

    /** With what it found, and what it had replaced. */
    void delete(String id) {
        sweeps.touch(id);
        for (SweepStore.StoredSweep earlier : sweeps.replacedBy(id)) delete(earlier.id());
        found.delete(id);
        for (String table : List.of("trial_image", "trial_log", "trial"))
            jdbc.sql("delete from " + table + " where sweep = ?").param(id).update();
        sweeps.delete(id);
    }

    /**
     * It goes to the archive, for the job that waits for it and for gates, in the place of what it had replaced itself:
     * what that found is its own from now on.
     *
     * @param ended whether it came to its own end; otherwise gates go on looking at what it had replaced
     */
    void replace(String id, String other, boolean ended) {
        for (SweepStore.StoredSweep earlier : sweeps.replacedBy(id))
            if (ended || earlier.held() != null) {
                found.move(earlier.id(), id);
                delete(earlier.id());
            } else sweeps.replace(earlier.id(), other);
        sweeps.replace(id, other);
    }

    /** Those that ended so long ago, but for those that recommendations rest on; and logs of what is gone. */
    void deleteExpired(Duration age) {
        for (SweepStore.StoredSweep sweep : sweeps.endedBefore(clock.instant().minus(age)))
            if (sweeps.row(sweep.id()).isPresent() && !isNeeded(sweep))
                transaction.executeWithoutResult(status -> delete(sweep.id()));
        for (String table : List.of("trial_image", "trial_log"))
            jdbc.sql("delete from " + table + " where sweep not in (select id from sweep)")
                    .update();
    }

    /** With what it has replaced, which would go with it. */
    private boolean isNeeded(SweepStore.StoredSweep sweep) {
        return isRecommended(sweep) || sweeps.replacedBy(sweep.id()).stream().anyMatch(this::isNeeded);
    }

    private boolean isRecommended(SweepStore.StoredSweep sweep) {
        return recommendations
                .of(sweep.spec().run())
                .recommended()
                .flatMap(Recommendation::found)
                .filter(best -> best.sweep().equals(sweep.id()))
                .isPresent();
    }
}
