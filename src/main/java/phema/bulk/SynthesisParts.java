package phema.bulk;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;
import phema.fleet.Queue;

/** Begins and ends parts of syntheses, each in one transaction with all that follows. */
@Component
record SynthesisParts(SynthesisStore syntheses, PartStore store, Queue queue, TransactionTemplate transaction) {
    /** An attempt at a part. */
    record BegunPart(PartId id, PartStore.PartAttempts attempts, SynthesisSpec spec, SynthesisPlan plan) {
        int attempt() {
            return attempts.attempt();
        }

        /** Whether it is the one after which all files appear. */
        boolean isLast() {
            return id.number() == plan.parts() - 1;
        }
    }

    void create(String id, SynthesisSpec spec, SynthesisPlan plan) {
        transaction.executeWithoutResult(status -> {
            syntheses.insert(id, spec, plan);
            queue(id, spec, plan);
        });
    }

    /** Cuts a synthesis that an older version was asked for. */
    void cut(String id, SynthesisSpec spec, SynthesisPlan plan) {
        transaction.executeWithoutResult(status -> {
            if (syntheses.touch(id) && syntheses.setPlan(id, plan)) queue(id, spec, plan);
        });
    }

    /** All parts but the last, or the only one. */
    private void queue(String id, SynthesisSpec spec, SynthesisPlan plan) {
        store.insert(id, plan);
        List<String> first = IntStream.range(0, Math.max(1, plan.parts() - 1))
                .mapToObj(part -> new PartId(id, part).toString())
                .toList();
        queue.add(BulkConfiguration.TASK, first, spec.priority());
    }

    /** @return empty when there is nothing to do any more */
    Optional<BegunPart> begin(PartId part, String worker) {
        return inTurn(
                part.synthesis(),
                () -> store.begin(part, worker).flatMap(attempts -> {
                    syntheses.takenBy(part.synthesis(), worker);
                    SynthesisSpec spec =
                            syntheses.job(part.synthesis()).orElseThrow().spec();
                    return syntheses.plan(part.synthesis()).map(plan -> new BegunPart(part, attempts, spec, plan));
                }));
    }

    boolean isRunning(BegunPart part) {
        return store.isRunning(part.id(), part.attempt());
    }

    /** @return whether the attempt is the latest and was not called off */
    boolean done(BegunPart part) {
        return inTurn(part.id().synthesis(), () -> {
                    if (!store.done(part.id(), part.attempt())) return Optional.<Boolean>empty();
                    PartId last = new PartId(part.id().synthesis(), part.plan().parts() - 1);
                    if (part.isLast())
                        syntheses.done(part.id().synthesis(), part.plan().fileNames());
                    else if (store.undoneBefore(last) == 0)
                        queue.ensure(
                                BulkConfiguration.TASK,
                                last.toString(),
                                part.spec().priority());
                    return Optional.of(true);
                })
                .isPresent();
    }

    /** The synthesis fails with it. */
    void failed(BegunPart part, String error) {
        inTurn(part.id().synthesis(), () -> {
            if (store.failed(part.id(), part.attempt())) end(part.id().synthesis(), error);
            return Optional.empty();
        });
    }

    /** The same where no part was begun. */
    void failed(String synthesis, String error) {
        inTurn(synthesis, () -> {
            end(synthesis, error);
            queue.removeWaiting(BulkConfiguration.TASK, synthesis + "/");
            return Optional.empty();
        });
    }

    private void end(String synthesis, String error) {
        store.cancelRest(synthesis);
        syntheses.failed(synthesis, error);
    }

    /** @return whether it will be tried again */
    boolean failedForNow(BegunPart part) {
        return store.failedForNow(part.id(), part.attempt());
    }

    /** @return whether somebody else will do it */
    boolean handBack(BegunPart part) {
        return store.handedBack(part.id(), part.attempt());
    }

    /** Puts into the queue what should be there: a process may have died between a change and that of the queue. */
    void requeueLost() {
        for (PartStore.LostPart lost : store.lost())
            queue.ensure(BulkConfiguration.TASK, lost.part().toString(), lost.priority());
        syntheses.lostUncut().forEach((id, priority) -> queue.ensure(BulkConfiguration.TASK, id, priority));
    }

    /** Transactions about one synthesis one after the other, as long as it has not ended. */
    private <T> Optional<T> inTurn(String synthesis, Supplier<Optional<T>> change) {
        return Objects.requireNonNull(
                transaction.execute(status -> syntheses.touch(synthesis) ? change.get() : Optional.<T>empty()));
    }
}
