package phema.sweep;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import phema.problem.Problem;
import phema.text.StoredJson;

/**
 * Keeps the sweeps: the table {@code sweep}. Callers provide transactions; those that change something begin with
 * {@link #touch}.
 */
@Component
class SweepStore {
    private final JdbcClient jdbc;
    private final InstantSource clock;

    SweepStore(JdbcClient jdbc, InstantSource clock) {
        this.jdbc = jdbc;
        this.clock = clock;
    }

    /**
     * A sweep without what follows from its trials.
     *
     * @param job what the jobs that began it made of it
     */
    record StoredSweep(
            String id,
            SweepDescription description,
            SweepSpec spec,
            Optional<Basis> basis,
            @Nullable String held,
            long version,
            Instant created,
            SweepJob job) {}

    void insert(String id, SweepSpec spec, Basis basis) {
        jdbc.sql("insert into sweep (id, run, spec, basis, version, created) values (?, ?, ?, ?, 1, ?)")
                .params(id, spec.run(), StoredJson.write(spec), StoredJson.write(basis), clock.millis())
                .update();
    }

    /** The one of this name, of those of a run. */
    Optional<StoredSweep> named(String run, String name) {
        return jdbc.sql("select * from sweep where run = ? and name = ?")
                .params(run, name)
                .query(SweepStore::row)
                .optional();
    }

    /** Of those of a run no other may have its name at that moment. */
    void describe(String id, SweepDescription description) {
        jdbc.sql("update sweep set name = ?, note = ?, tags = ?, archived = ? where id = ?")
                .param(description.name().orElse(null))
                .param(description.note())
                .param(StoredJson.write(description.tags()))
                .param(description.archived() ? 1 : 0)
                .param(id)
                .update();
    }

    /** It goes on, and so is in all lists again. */
    void unarchive(String id) {
        jdbc.sql("update sweep set archived = 0, replaced_by = null where id = ?")
                .param(id)
                .update();
    }

    /** Archives it without its name, which the other has now. */
    void replace(String id, String other) {
        jdbc.sql("update sweep set name = null, archived = 1, replaced_by = ? where id = ?")
                .params(other, id)
                .update();
    }

    /** Those that it took the place of. */
    List<StoredSweep> replacedBy(String id) {
        return jdbc.sql("select * from sweep where replaced_by = ?")
                .param(id)
                .query(SweepStore::row)
                .list();
    }

    /** How many more trials are evaluated; empty for any number. */
    void limit(String id, Optional<Integer> trials) {
        jdbc.sql("update sweep set trials_left = ? where id = ?")
                .param(trials.orElse(null))
                .param(id)
                .update();
    }

    /** A trial was evaluated. @return whether it was the last that the sweep is allowed */
    boolean spend(String id) {
        return jdbc.sql("update sweep set trials_left = trials_left - 1 where id = ? and trials_left > 0"
                        + " returning trials_left")
                .param(id)
                .query(Integer.class)
                .optional()
                .filter(left -> left == 0)
                .isPresent();
    }

    /** All that sweeps of a run have, or of all runs. */
    SortedSet<String> tags(Optional<String> run) {
        SortedSet<String> tags = new TreeSet<>();
        jdbc.sql("select distinct tags from sweep" + (run.isPresent() ? " where run = ?" : ""))
                .params(run.stream().toList())
                .query((row, i) -> StoredJson.readTexts(row.getString(1)))
                .list()
                .forEach(tags::addAll);
        return tags;
    }

    /** Nothing may refer to it any more. */
    void delete(String id) {
        jdbc.sql("delete from sweep where id = ?").param(id).update();
    }

    /** Those whose last trial ended before that time. */
    List<StoredSweep> endedBefore(Instant time) {
        return jdbc.sql("select * from sweep s where created < ? and not exists (select 1 from trial t"
                        + " where t.sweep = s.id and (t.state in ('QUEUED', 'RUNNING') or t.ended >= ?))")
                .params(time.toEpochMilli(), time.toEpochMilli())
                .query(SweepStore::row)
                .list();
    }

    void changeBasis(String id, Basis basis) {
        jdbc.sql("update sweep set basis = ? where id = ?")
                .params(StoredJson.write(basis), id)
                .update();
    }

    void changeSpec(String id, SweepSpec spec) {
        jdbc.sql("update sweep set spec = ? where id = ?")
                .params(StoredJson.write(spec), id)
                .update();
    }

    void hold(String id, @Nullable SweepState held) {
        jdbc.sql("update sweep set hold = ? where id = ?")
                .param(held == null ? null : held.name())
                .param(id)
                .update();
    }

    /**
     * Begins a change: others who want to change the same sweep wait for the end of this transaction.
     *
     * @return its version from now on
     * @throws Problem when there is none
     */
    long touch(String id) {
        return touchIfThere(id).orElseThrow(() -> Problem.unknown("id", "no sweep has the id " + id));
    }

    /** The same; empty where it was deleted meanwhile. */
    Optional<Long> touchIfThere(String id) {
        return jdbc.sql("update sweep set version = version + 1 where id = ? returning version")
                .param(id)
                .query(Long.class)
                .optional();
    }

    Optional<Long> version(String id) {
        return jdbc.sql("select version from sweep where id = ?")
                .param(id)
                .query(Long.class)
                .optional();
    }

    Optional<StoredSweep> row(String id) {
        return jdbc.sql("select * from sweep where id = ?")
                .param(id)
                .query(SweepStore::row)
                .optional();
    }

    /** Those whose trials wait for a worker. */
    List<StoredSweep> waiting() {
        return jdbc.sql("select * from sweep s where hold is null"
                        + " and exists (select 1 from trial t where t.sweep = s.id and t.state = 'QUEUED')")
                .query(SweepStore::row)
                .list();
    }

    /** Those with trials that have not ended, unless they are held. */
    List<StoredSweep> open() {
        return jdbc.sql("select * from sweep s where hold is null and exists"
                        + " (select 1 from trial t where t.sweep = s.id and t.state in ('QUEUED', 'RUNNING'))")
                .query(SweepStore::row)
                .list();
    }

    /** Newest first. */
    List<StoredSweep> rows(SweepFilter filter, long offset, int limit) {
        List<Object> params = new ArrayList<>(params(filter));
        params.addAll(List.of(limit, offset));
        return jdbc.sql("select * from sweep" + condition(filter) + " order by created desc, id limit ? offset ?")
                .params(params)
                .query(SweepStore::row)
                .list();
    }

    int count(SweepFilter filter) {
        return jdbc.sql("select count(*) from sweep" + condition(filter))
                .params(params(filter))
                .query(Integer.class)
                .single();
    }

    private static String condition(SweepFilter filter) {
        return " where 1 = 1" + (filter.run().isPresent() ? " and run = ?" : "")
                + (filter.tag().isPresent() ? " and tags like ? escape '!'" : "")
                + (filter.archived() ? "" : " and archived = 0");
    }

    /** A tag holds no quotation mark, and so stands in the array once, between two. */
    private static List<String> params(SweepFilter filter) {
        Optional<String> tag =
                filter.tag().map(text -> "%" + StoredJson.write(text).replaceAll("[!%_]", "!$0") + "%");
        return Stream.concat(filter.run().stream(), tag.stream()).toList();
    }

    static StoredSweep row(ResultSet row, int i) throws SQLException {
        return new StoredSweep(
                row.getString("id"),
                new SweepDescription(
                        Optional.ofNullable(row.getString("name")),
                        row.getString("note"),
                        new TreeSet<>(StoredJson.readTexts(row.getString("tags"))),
                        row.getInt("archived") != 0),
                StoredJson.read(row.getString("spec"), SweepSpec.class),
                Optional.ofNullable(row.getString("basis")).map(json -> StoredJson.read(json, Basis.class)),
                row.getString("hold"),
                row.getLong("version"),
                Instant.ofEpochMilli(row.getLong("created")),
                new SweepJob(Optional.ofNullable(row.getString("replaced_by")), trialsLeft(row)));
    }

    private static Optional<Integer> trialsLeft(ResultSet row) throws SQLException {
        int left = row.getInt("trials_left");
        return row.wasNull() ? Optional.empty() : Optional.of(left);
    }
}
