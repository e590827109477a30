package phema.bulk;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import phema.text.StoredJson;

/** Keeps the parts of bulk syntheses in the database. */
@Component
record PartStore(JdbcClient jdbc) {
    private static final String LATEST = " where synthesis = ? and number = ? and attempt = ? and state = 'RUNNING'";

    /**
     * How often a part was begun and went wrong.
     *
     * @param failures attempts that ended in an error
     * @param deaths attempts whose worker died
     */
    record PartAttempts(int attempt, int failures, int deaths) {}

    void insert(String id, SynthesisPlan plan) {
        IntStream.range(0, plan.parts())
                .forEach(part -> jdbc.sql("insert into synthesis_part (synthesis, number, state, total_bytes)"
                                + " values (?, ?, 'QUEUED', ?)")
                        .params(id, part, plan.bytes(part))
                        .update());
    }

    void delete(String id) {
        jdbc.sql("delete from synthesis_part where synthesis = ?").param(id).update();
    }

    /** @return empty when there is nothing to do any more */
    Optional<PartAttempts> begin(PartId part, String worker) {
        String begin = """
                update synthesis_part set deaths = deaths + case when state = 'RUNNING' then 1 else 0 end,
                    state = 'RUNNING', attempt = attempt + 1, worker = ?, bytes = 0
                where synthesis = ? and number = ? and state in ('QUEUED', 'RUNNING')""";
        int begun =
                jdbc.sql(begin).params(worker, part.synthesis(), part.number()).update();
        if (begun == 0) return Optional.empty();
        return jdbc.sql("select attempt, failures, deaths from synthesis_part where synthesis = ? and number = ?")
                .params(part.synthesis(), part.number())
                .query((row, i) -> new PartAttempts(row.getInt(1), row.getInt(2), row.getInt(3)))
                .optional();
    }

    boolean isRunning(PartId part, int attempt) {
        return jdbc.sql("select count(*) from synthesis_part" + LATEST)
                        .params(part.synthesis(), part.number(), attempt)
                        .query(Integer.class)
                        .single()
                == 1;
    }

    void progress(PartId part, int attempt, long bytes) {
        jdbc.sql("update synthesis_part set bytes = ?" + LATEST)
                .params(bytes, part.synthesis(), part.number(), attempt)
                .update();
    }

    /** @return whether the attempt is the latest and was not called off */
    boolean done(PartId part, int attempt) {
        return end(part, attempt, "state = 'DONE', bytes = total_bytes");
    }

    /** @return whether the attempt is the latest and was not called off */
    boolean failed(PartId part, int attempt) {
        return end(part, attempt, "state = 'FAILED', failures = failures + 1");
    }

    /** It will be tried again. */
    boolean failedForNow(PartId part, int attempt) {
        return end(part, attempt, "state = 'QUEUED', failures = failures + 1");
    }

    boolean handedBack(PartId part, int attempt) {
        return end(part, attempt, "state = 'QUEUED'");
    }

    private boolean end(PartId part, int attempt, String changes) {
        return jdbc.sql("update synthesis_part set " + changes + LATEST)
                        .params(part.synthesis(), part.number(), attempt)
                        .update()
                == 1;
    }

    void cancelRest(String id) {
        jdbc.sql("update synthesis_part set state = 'CANCELLED' where synthesis = ? and state in ('QUEUED', 'RUNNING')")
                .param(id)
                .update();
    }

    /** Counts the parts before one that are not done. */
    int undoneBefore(PartId part) {
        return jdbc.sql("select count(*) from synthesis_part where synthesis = ? and number < ? and state <> 'DONE'")
                .params(part.synthesis(), part.number())
                .query(Integer.class)
                .single();
    }

    /** Bytes of the parts that nobody has begun to write. */
    long bytesToCome(String id) {
        return jdbc.sql("select coalesce(sum(total_bytes), 0) from synthesis_part"
                        + " where synthesis = ? and state = 'QUEUED'")
                .param(id)
                .query(Long.class)
                .single();
    }

    /** A part that should be in the queue and is not. */
    record LostPart(PartId part, int priority) {}

    List<LostPart> lost() {
        List<LostPart> lost = new ArrayList<>();
        jdbc.sql("""
                        select p.synthesis, p.number, s.spec
                        from synthesis_part p join synthesis s on s.id = p.synthesis
                        where p.state in ('QUEUED', 'RUNNING')
                        and not exists (select 1 from scheduled_tasks q where q.task_name = 'synthesis'
                            and q.task_instance = p.synthesis || '/' || p.number)
                        and (exists (select 1 from synthesis_part l where l.synthesis = p.synthesis
                                and l.number > p.number)
                            or not exists (select 1 from synthesis_part o where o.synthesis = p.synthesis
                                and o.number < p.number and o.state <> 'DONE'))""").query(row -> {
            lost.add(new LostPart(
                    new PartId(row.getString(1), row.getInt(2)),
                    StoredJson.read(row.getString(3), SynthesisSpec.class).priority()));
        });
        return lost;
    }
}
