package phema.sweep;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;
import phema.catalog.Catalog;
import phema.catalog.Run;
import phema.evaluation.Reconstructions;
import phema.problem.Problem;
import phema.text.StoredJson;

/**
 * Says which EMA length a run's weights should have: what its user pinned, else the optimum of its latest finished
 * sweep.
 */
@Service
public class Recommendations {
    private final JdbcClient jdbc;
    private final Catalog catalog;
    private final InstantSource clock;

    Recommendations(JdbcClient jdbc, Catalog catalog, InstantSource clock) {
        this.jdbc = jdbc;
        this.catalog = catalog;
        this.clock = clock;
    }

    public Optional<Recommendation> of(String run) {
        // PINNED comes before SWEEP.
        return jdbc.sql("select * from recommendation where run = ? order by source limit 1")
                .param(run)
                .query(Recommendations::recommendation)
                .optional();
    }

    /**
     * @param time the run's newest snapshot's when empty
     * @throws Problem when there is no such run, or it cannot have such weights
     */
    public Recommendation pin(String run, double sigmaRel, Optional<Double> time) {
        Run found = catalog.run(run);
        if (found.snapshots().isEmpty()) throw Problem.unprocessable("Run " + run + " has no usable snapshot");
        double first = found.snapshots().getFirst().time();
        time.ifPresent(end -> Reconstructions.requireTime("time", found, end));
        Reconstructions.target(sigmaRel, time.orElse(first));
        Recommendation pinned = new Recommendation(
                sigmaRel, time, Recommendation.RecommendationSource.PINNED, Optional.empty(), Optional.empty());
        save(run, pinned);
        return pinned;
    }

    /** Leaves the recommendation to sweeps again. */
    public void unpin(String run) {
        catalog.run(run);
        jdbc.sql("delete from recommendation where run = ? and source = 'PINNED'")
                .param(run)
                .update();
    }

    /** A sweep has ended. */
    void sweepEnded(String sweep, SweepSpec spec, List<Trial> trials) {
        Optima.of(spec, trials)
                .ifPresent(optimum -> save(
                        spec.run(),
                        new Recommendation(
                                optimum.point().sigmaRel(),
                                Optional.of(optimum.point().time()),
                                Recommendation.RecommendationSource.SWEEP,
                                Optional.of(sweep),
                                Optional.of(optimum))));
    }

    private void save(String run, Recommendation r) {
        jdbc.sql("""
                        insert into recommendation (run, source, sigma_rel, time, sweep, optimum, created) values (?, ?, ?, ?, ?, ?, ?)
                        on conflict (run, source) do update set sigma_rel = excluded.sigma_rel, time = excluded.time,
                            sweep = excluded.sweep, optimum = excluded.optimum, created = excluded.created""")
                .param(run)
                .param(r.source().name())
                .param(r.sigmaRel())
                .param(r.time().orElse(null))
                .param(r.sweep().orElse(null))
                .param(r.optimum().map(StoredJson::write).orElse(null))
                .param(clock.millis())
                .update();
    }

    private static Recommendation recommendation(ResultSet row, int i) throws SQLException {
        double time = row.getDouble("time");
        Optional<Double> end = row.wasNull() ? Optional.empty() : Optional.of(time);
        @Nullable String optimum = row.getString("optimum");
        return new Recommendation(
                row.getDouble("sigma_rel"),
                end,
                Recommendation.RecommendationSource.valueOf(row.getString("source")),
                Optional.ofNullable(row.getString("sweep")),
                Optional.ofNullable(optimum).map(json -> StoredJson.read(json, Optimum.class)));
    }
}
