package phema.sweep;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
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

    /** A sweep without what follows from its trials. */
    record StoredSweep(
            String id,
            Optional<String> name,
            SweepSpec spec,
            Optional<Basis> basis,
            @Nullable String held,
            long version,
            Instant created) {}

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

    /** Of those of a run no other may have it at that moment. */
    void name(String id, String name) {
        jdbc.sql("update sweep set name = ? where id = ?").params(name, id).update();
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
     * Begins a change: others who want to change the same sweep wait for the end of this transaction. @return its
     * version from now on
     */
    long touch(String id) {
        return jdbc.sql("update sweep set version = version + 1 where id = ? returning version")
                .param(id)
                .query(Long.class)
                .single();
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
    List<StoredSweep> rows(Optional<String> run, long offset, int limit) {
        List<Object> params = new ArrayList<>(run.stream().toList());
        params.addAll(List.of(limit, offset));
        return jdbc.sql("select * from sweep " + (run.isPresent() ? "where run = ? " : "")
                        + "order by created desc, id limit ? offset ?")
                .params(params)
                .query(SweepStore::row)
                .list();
    }

    int count(Optional<String> run) {
        return jdbc.sql(run.isPresent() ? "select count(*) from sweep where run = ?" : "select count(*) from sweep")
                .params(run.stream().toList())
                .query(Integer.class)
                .single();
    }

    static StoredSweep row(ResultSet row, int i) throws SQLException {
        return new StoredSweep(
                row.getString("id"),
                Optional.ofNullable(row.getString("name")),
                StoredJson.read(row.getString("spec"), SweepSpec.class),
                Optional.ofNullable(row.getString("basis")).map(json -> StoredJson.read(json, Basis.class)),
                row.getString("hold"),
                row.getLong("version"),
                Instant.ofEpochMilli(row.getLong("created")));
    }
}
