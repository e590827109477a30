package phema.synthesis;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.function.LongConsumer;
import phema.format.Layout;
import phema.storage.PendingFile;

/**
 * Fills all files of all outputs of a recipe, each block wherever it belongs as soon as it is computed, reading every
 * input once for outputs that share a layout.
 */
final class OutputWriter {
    /** The bytes after which files are flushed while more is computed, so that little is left to wait for at last. */
    private static final long FLUSHED = 64 << 20;

    private final ComputePool pool;
    private final ComputerFactory computers;
    private final FilePublisher publisher;
    private final LongConsumer written;
    private final SortedSet<String> notices = new TreeSet<>();

    /** Opens the inputs of a recipe for files whose bodies align. */
    interface ComputerFactory {
        BlockComputer open(Recipe recipe, List<BlockComputer.BlockTarget> targets) throws IOException;
    }

    /** @param written told of bytes when they are written, by whichever thread did it */
    OutputWriter(ComputePool pool, ComputerFactory computers, FilePublisher publisher, LongConsumer written) {
        this.pool = pool;
        this.computers = computers;
        this.publisher = publisher;
        this.written = written;
    }

    /** Returns what is odd about the weights, one sentence each. */
    List<String> write(Recipe recipe) throws IOException {
        int shards =
                recipe.outputs().stream().mapToInt(o -> o.files().size()).max().orElse(0);
        for (int shard = 0; shard < shards; shard++) {
            int index = shard;
            List<BlockComputer.BlockTarget> left = new ArrayList<>(recipe.outputs().stream()
                    .filter(o -> index < o.files().size())
                    .map(o ->
                            new BlockComputer.BlockTarget(o, new Body(o.files().get(index))))
                    .toList());
            while (!left.isEmpty()) {
                Body body = left.getFirst().body();
                List<BlockComputer.BlockTarget> together =
                        left.stream().filter(t -> t.body().alignsWith(body)).toList();
                left.removeAll(together);
                writeTogether(recipe, together, index);
                publisher.complete();
            }
        }
        return List.copyOf(notices);
    }

    private void writeTogether(Recipe recipe, List<BlockComputer.BlockTarget> targets, int shard) throws IOException {
        Deque<Future<?>> inFlight = new ArrayDeque<>();
        Future<?> flush = CompletableFuture.completedFuture(null);
        long unflushed = 0;
        try (BlockComputer computer = computers.open(recipe, targets)) {
            PendingFile[] files = new PendingFile[targets.size()];
            long[] bases = new long[targets.size()];
            for (int t = 0; t < files.length; t++) {
                Layout file = targets.get(t).output().files().get(shard);
                files[t] = publisher.begin(file.fileName());
                byte[] header = Body.header(file);
                files[t].write(ByteBuffer.wrap(header), 0);
                bases[t] = header.length;
            }
            try {
                long size = targets.getFirst().body().size();
                for (long next = 0; next < size; ) {
                    Block block = computer.block(next, size);
                    inFlight.add(pool.submit(computer.workspaceBytes(), workspace -> {
                        MemorySegment[] results = new MemorySegment[files.length];
                        for (int t = 0; t < results.length; t++) results[t] = computer.result(workspace, t);
                        computer.compute(workspace, block, Arrays.asList(results));
                        for (int t = 0; t < results.length; t++) {
                            ByteBuffer bytes = results[t].asByteBuffer().limit(block.bytes());
                            files[t].write(bytes, bases[t] + block.from());
                        }
                        workspace.finished(Stage.WRITE);
                        written.accept((long) block.bytes() * results.length);
                        return block;
                    }));
                    next = block.from() + block.bytes();
                    if (inFlight.size() > 2 * pool.workers()) pool.await(inFlight.remove());
                    unflushed += (long) block.bytes() * files.length;
                    if (unflushed < FLUSHED || !flush.isDone()) continue;
                    pool.await(flush);
                    flush = flush(files);
                    unflushed = 0;
                }
                while (!inFlight.isEmpty()) pool.await(inFlight.remove());
                pool.await(flush);
                computer.verify();
                notices.addAll(computer.notices());
            } finally {
                for (Future<?> block : inFlight) ComputePool.settle(block);
                ComputePool.settle(flush);
            }
        }
    }

    private static Future<?> flush(PendingFile[] files) {
        FutureTask<?> task = new FutureTask<>(() -> {
            for (PendingFile file : files) file.flush();
            return null;
        });
        Thread.ofPlatform().daemon().name("phema-flush").start(task);
        return task;
    }
}
