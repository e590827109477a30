package phema.sweep;

import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/** What a worker does once a second beside its work: it says that it lives, saves what its work has printed, and ends work that nobody wants any more. */
@Component
class Heartbeat {
    private static final Logger log = LoggerFactory.getLogger(Heartbeat.class);
    private static final int HEARTBEAT = 2;
    private static final int SWEEPING_UP = 10;
    private static final Duration HANDING_BACK = Duration.ofSeconds(10);

    private final FleetStore fleet;
    private final SweepStore sweeps;
    private final SynthesisStore syntheses;
    private final Queue queue;
    private final WeightCache cache;
    private final ClockJumps clocks;
    private final SweepProperties.Working settings;
    private final Set<Work> all = ConcurrentHashMap.newKeySet();
    private final Set<Work> open = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("phema-pulse").factory());
    private long beats;

    Heartbeat(
            FleetStore fleet,
            SweepStore sweeps,
            SynthesisStore syntheses,
            Queue queue,
            WeightCache cache,
            ClockJumps clocks,
            SweepProperties.Working settings) {
        this.fleet = fleet;
        this.sweeps = sweeps;
        this.syntheses = syntheses;
        this.queue = queue;
        this.cache = cache;
        this.clocks = clocks;
        this.settings = settings;
    }

    @PostConstruct
    @SuppressWarnings("FutureReturnValueIgnored") // a beat throws nothing
    void start() {
        if (settings.enabled()) thread.scheduleAtFixedRate(this::beat, 0, 1, TimeUnit.SECONDS);
    }

    @PreDestroy
    void stop() throws InterruptedException {
        if (!settings.enabled()) return;
        // The scheduler, which has interrupted them by now, may have waited less than it takes to end a command and
        // hand its trial back.
        long limit = System.nanoTime() + HANDING_BACK.toNanos();
        while (!open.isEmpty() && System.nanoTime() < limit) Thread.sleep(20);
        thread.shutdown();
        thread.awaitTermination(5, TimeUnit.SECONDS);
        quietly(fleet::leave);
    }

    /** Work of the calling thread, from its making until it is closed. */
    final class Work implements AutoCloseable {
        private final Thread worker = Thread.currentThread();
        private final BooleanSupplier wanted;
        private final Runnable save;
        private boolean over;

        private Work(BooleanSupplier wanted, Runnable save) {
            this.wanted = wanted;
            this.save = save;
        }

        private void beat() {
            save.run();
            if (wanted.getAsBoolean()) return;
            synchronized (this) {
                if (!over) worker.interrupt();
            }
        }

        /** No interrupt comes after this, and one that came is forgotten. @return whether one came */
        synchronized boolean end() {
            over = true;
            all.remove(this);
            return Thread.interrupted();
        }

        @Override
        public void close() {
            end();
            open.remove(this);
        }
    }

    /**
     * @param wanted asked every second; the thread is interrupted when not
     * @param save called every second
     */
    Work begin(BooleanSupplier wanted, Runnable save) {
        Work work = new Work(wanted, save);
        open.add(work);
        all.add(work);
        return work;
    }

    private void beat() {
        if (beats % HEARTBEAT == 0) quietly(fleet::live);
        for (Work work : all) quietly(work::beat);
        if (beats % SWEEPING_UP == SWEEPING_UP - 1) {
            quietly(() -> fleet.forget(Duration.ofMinutes(1)));
            // A process may have died, or been too quick, between a change of a trial and that of the queue.
            quietly(() -> sweeps.lost().forEach((id, priority) -> queue.ensure(Queue.TRIAL, id.toString(), priority)));
            quietly(() -> syntheses.lost().forEach((id, priority) -> queue.ensure(Queue.SYNTHESIS, id, priority)));
            quietly(clocks::mend);
            quietly(cache::tidy);
        }
        beats++;
    }

    private interface Action {
        void run() throws Exception;
    }

    /** The next beat comes anyway. */
    private static void quietly(Action action) {
        try {
            action.run();
        } catch (Exception e) {
            log.warn("A worker's beat failed: {}", e.toString());
        }
    }
}
