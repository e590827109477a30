package phema.sweep;

import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;
import phema.fleet.Fleet;
import phema.fleet.WorkState;

/** Gives the newest sweep of every run, in a number of queries that does not grow with the runs. */
@Service
public class NewestSweeps {
    private static final String NEWEST = "sweep s where not exists (select 1 from sweep n where n.run = s.run"
            + " and (n.created > s.created or n.created = s.created and n.id < s.id))";

    private final JdbcClient jdbc;
    private final Fleet fleet;

    NewestSweeps(JdbcClient jdbc, Fleet fleet) {
        this.jdbc = jdbc;
        this.fleet = fleet;
    }

    /** By run; runs without a sweep have none. */
    public Map<String, SweepBrief> byRun() {
        Map<String, Map<WorkState, Integer>> counts = counts();
        Map<String, SweepBrief> newest = new HashMap<>();
        jdbc.sql("select * from " + NEWEST)
                .query(SweepStore::row)
                .list()
                .forEach(row -> newest.put(row.spec().run(), brief(row, counts.getOrDefault(row.id(), Map.of()))));
        return newest;
    }

    /** Only of what waits it is asked who would take it: that is little, or somebody would. */
    private SweepBrief brief(SweepStore.StoredSweep row, Map<WorkState, Integer> counts) {
        boolean stuck = Sweep.waits(Sweeps.state(row.held(), counts), counts)
                && row.spec().remote().isEmpty()
                && fleet.takers(TrialId.TASK, row.id()).count() == 0;
        return SweepBrief.of(row, counts, stuck);
    }

    private Map<String, Map<WorkState, Integer>> counts() {
        Map<String, Map<WorkState, Integer>> counts = new HashMap<>();
        jdbc.sql("select sweep, state, count(*) as n from trial where sweep in (select s.id from " + NEWEST
                        + ") group by sweep, state")
                .query(row -> {
                    counts.computeIfAbsent(row.getString("sweep"), sweep -> new EnumMap<>(WorkState.class))
                            .put(WorkState.valueOf(row.getString("state")), row.getInt("n"));
                });
        return counts;
    }
}
