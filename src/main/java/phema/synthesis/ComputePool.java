package phema.synthesis;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/**
 * Runs work on a fixed set of threads in the order of asking, each with buffers of its own, and stands in for those
 * that wait for storage which does not answer.
 */
final class ComputePool implements AutoCloseable {
    /**
     * The time after which a worker counts as stalled: it then waits for storage that does not answer.
     */
    private static final Duration STALLED = Duration.ofSeconds(5);

    /** The most workers there may be, as a multiple of the usual number, stalled ones included. */
    private static final int MOST = 5;

    private final int workers;
    private final ThreadPoolExecutor executor;
    private final List<Workspace> everyWorkspace;
    private final BlockingQueue<Workspace> workspaces;
    private final Set<Workspace> inUse = ConcurrentHashMap.newKeySet();
    private final Set<Workspace> stalled = new HashSet<>();
    private final Deque<Workspace> spare = new ArrayDeque<>();

    ComputePool(int workers) {
        this.workers = workers;
        executor = new ThreadPoolExecutor(
                workers,
                workers,
                0,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                Thread.ofPlatform().daemon().name("phema-engine-", 1).factory());
        everyWorkspace = new CopyOnWriteArrayList<>(
                Stream.generate(Workspace::new).limit(workers).toList());
        workspaces = new LinkedBlockingQueue<>(everyWorkspace);
    }

    /** A piece of work. */
    interface PoolWork<T> {
        T run(Workspace workspace) throws IOException;
    }

    /** Threads that work at the same time. */
    int workers() {
        return workers;
    }

    /** Time that workers spent in a stage so far, all together. */
    long nanos(Stage stage) {
        return everyWorkspace.stream().mapToLong(w -> w.nanos(stage)).sum();
    }

    /** Bytes of all buffers. */
    long bufferBytes() {
        return everyWorkspace.stream().mapToLong(Workspace::size).sum();
    }

    /** @param bytes that the work needs of its workspace */
    <T> Future<T> submit(long bytes, PoolWork<T> work) {
        return executor.submit(() -> {
            Workspace workspace = workspaces.take();
            workspace.start();
            inUse.add(workspace);
            try {
                workspace.reserve(bytes);
                return work.run(workspace);
            } finally {
                putBack(workspace);
            }
        });
    }

    /**
     * Stands in for workers that storage holds up, so that a file system that does not answer stops no run of another.
     */
    private synchronized void relieveStalled() {
        for (Workspace workspace : inUse) {
            if (workspace.nanosOfStage() < STALLED.toNanos() || workers + stalled.size() >= MOST * workers) continue;
            if (!stalled.add(workspace)) continue;
            Workspace another = spare.poll();
            if (another == null) {
                another = new Workspace();
                everyWorkspace.add(another);
            }
            workspaces.add(another);
            executor.setMaximumPoolSize(workers + stalled.size());
            executor.setCorePoolSize(workers + stalled.size());
        }
    }

    private synchronized void putBack(Workspace workspace) {
        inUse.remove(workspace);
        if (!stalled.remove(workspace)) {
            workspaces.add(workspace);
            return;
        }
        workspace.release();
        spare.add(workspace);
        executor.setCorePoolSize(workers + stalled.size());
        executor.setMaximumPoolSize(workers + stalled.size());
    }

    /** Waits for work, and returns or throws what it did. */
    <T> T await(Future<T> work) throws IOException {
        try {
            while (true) {
                try {
                    return work.get(1, TimeUnit.SECONDS);
                } catch (TimeoutException e) {
                    relieveStalled();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException io) throw io;
            if (e.getCause() instanceof RuntimeException runtime) throw runtime;
            throw new IllegalStateException(e.getCause());
        }
    }

    /** Waits for work whose result nobody wants any more, so that it does not outlive its open files. */
    static void settle(Future<?> work) {
        boolean interrupted = false;
        while (!work.isDone()) {
            try {
                work.get();
            } catch (InterruptedException e) {
                interrupted = true;
            } catch (ExecutionException e) {
                break;
            }
        }
        if (interrupted) Thread.currentThread().interrupt();
    }

    @Override
    public void close() {
        executor.close();
        everyWorkspace.forEach(Workspace::close);
    }
}
