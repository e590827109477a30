package phema.fleet;

import static java.util.stream.Collectors.joining;

import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Phaser;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * Does once a second what a worker does beside its work: it says that it lives, saves what its work has printed, and
 * ends work that nobody wants any more. Without a worker, a process only keeps the database tidy.
 */
@Component
public class Heartbeat {
    private static final Logger log = LoggerFactory.getLogger(Heartbeat.class);
    private static final int HEARTBEAT = 2;
    private static final int SWEEPING_UP = 10;
    private static final Duration HANDING_BACK = Duration.ofSeconds(10);

    private final FleetStore fleet;
    private final ClockJumps clocks;
    private final List<Chore> chores;
    private final WorkerProperties settings;
    private final Set<WatchedWork> all = ConcurrentHashMap.newKeySet();
    /** Besides this one, everything that was begun and not closed. */
    private final Phaser open = new Phaser(1);

    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("phema-pulse").factory());

    /** Those since all was well. */
    private final Set<String> failures = ConcurrentHashMap.newKeySet();

    private long beats;

    Heartbeat(FleetStore fleet, ClockJumps clocks, List<Chore> chores, WorkerProperties settings) {
        this.fleet = fleet;
        this.clocks = clocks;
        this.chores = chores;
        this.settings = settings;
    }

    @PostConstruct
    @SuppressWarnings("FutureReturnValueIgnored") // a beat throws nothing
    void start() {
        if (settings.enabled()) thread.scheduleAtFixedRate(this::beat, 0, 1, TimeUnit.SECONDS);
        else thread.scheduleWithFixedDelay(this::keepUp, SWEEPING_UP, SWEEPING_UP, TimeUnit.SECONDS);
    }

    @PreDestroy
    void stop() throws InterruptedException {
        if (!settings.enabled()) {
            thread.shutdown();
            return;
        }
        // The scheduler, which has interrupted them by now, may have waited less than it takes to end a command and
        // hand its trial back.
        try {
            open.awaitAdvanceInterruptibly(open.arrive(), HANDING_BACK.toSeconds(), TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            log.warn("Work goes on although this worker ends; others will do it again");
        }
        thread.shutdown();
        thread.awaitTermination(5, TimeUnit.SECONDS);
        quietly(fleet::leave);
    }

    /** Work of the calling thread, from its making until it is closed. */
    public final class WatchedWork implements AutoCloseable {
        private final Thread worker = Thread.currentThread();
        private final BooleanSupplier wanted;
        private final Runnable save;
        private boolean over;

        private WatchedWork(BooleanSupplier wanted, Runnable save) {
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
        public synchronized boolean end() {
            over = true;
            all.remove(this);
            return Thread.interrupted();
        }

        @Override
        public void close() {
            end();
            open.arriveAndDeregister();
        }
    }

    /**
     * @param wanted asked every second; the thread is interrupted when not
     * @param save called every second
     */
    public WatchedWork begin(BooleanSupplier wanted, Runnable save) {
        WatchedWork work = new WatchedWork(wanted, save);
        open.register();
        all.add(work);
        return work;
    }

    private void beat() {
        if (beats % HEARTBEAT == 0 && quietly(fleet::live)) well();
        for (WatchedWork work : all) quietly(work::beat);
        if (beats % SWEEPING_UP == SWEEPING_UP - 1) {
            quietly(() -> fleet.forget(Duration.ofMinutes(1)));
            quietly(clocks::mend);
            for (Chore chore : chores) quietly(chore);
        }
        beats++;
    }

    /** What a process without a worker does: its clients' trials may be nobody else's concern. */
    void keepUp() {
        boolean well = true;
        for (Chore chore : chores) if (chore instanceof Upkeep) well &= quietly(chore);
        if (well) well();
    }

    /** The next beat comes anyway. Of the same failure in one after the other, the log has the first. */
    private boolean quietly(Chore action) {
        try {
            action.run();
            return true;
        } catch (Exception e) {
            String failure = e.toString().lines().map(String::strip).collect(joining(" "));
            if (failures.add(failure)) log.warn("What is done beside the work failed: {}", failure);
            return false;
        }
    }

    private void well() {
        if (!failures.isEmpty()) log.info("What is done beside the work no longer fails");
        failures.clear();
    }
}
