package phema.synthesis;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
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
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import phema.format.Layout;
import phema.problem.Problem;
import phema.storage.ByteSize;
import phema.storage.PendingFile;

/**
 * Turns recipes into bytes: a range of one file, or many files in one pass over the inputs. All work is cut into blocks that a fixed set of workers
 * computes in the order of asking, so that requests share the workers fairly and buffers are as many as workers, however many requests there are.
 */
public final class Engine implements AutoCloseable {
    /** Blocks of one request that may be computed while an earlier one is being sent. */
    private static final int AHEAD = 2;

    /** A worker that has got nowhere for so long waits for storage that does not answer. */
    private static final Duration STALLED = Duration.ofSeconds(5);

    /** How many times as many workers as usual there may be, stalled ones included. */
    private static final int MOST = 5;

    private static final Pattern FULL =
            Pattern.compile("(?i)no space left|not enough space|out of disk space|quota exceeded");

    private final long maxMemory;
    private final int workers;
    private final Kernel kernel;
    private final OpenFiles openFiles;
    private final ThreadPoolExecutor executor;
    private final List<Workspace> everyWorkspace;
    private final BlockingQueue<Workspace> workspaces;
    private final Set<Workspace> inUse = ConcurrentHashMap.newKeySet();
    private final Set<Workspace> stalled = new HashSet<>();
    private final Deque<Workspace> spare = new ArrayDeque<>();
    private final LongAdder opening = new LongAdder();
    private final LongAdder bytesWritten = new LongAdder();

    /**
     * @param maxMemory for buffers of all workers together, in bytes
     * @param workers threads that read, compute and, for files, write
     */
    public Engine(long maxMemory, int workers) {
        this(maxMemory, workers, KernelChoice.AUTO);
    }

    /** @throws Problem when this JVM cannot run the kernel */
    public Engine(long maxMemory, int workers, KernelChoice kernel) {
        this(maxMemory, workers, kernel, anywhere -> true);
    }

    /** @param mayRead asked with the real path of each input before it is opened */
    Engine(long maxMemory, int workers, KernelChoice kernel, Predicate<Path> mayRead) {
        openFiles = new OpenFiles(mayRead);
        this.kernel = kernel.create();
        this.maxMemory = maxMemory;
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

    /** Bytes read from inputs so far. */
    public long bytesRead() {
        return openFiles.bytesRead();
    }

    /** Input files that are open now. */
    int openFiles() {
        return openFiles.count();
    }

    /** Time that workers spent in a stage so far, all together. */
    public long nanos(Stage stage) {
        return everyWorkspace.stream().mapToLong(w -> w.nanos(stage)).sum() + (stage == Stage.OPEN ? opening.sum() : 0);
    }

    /** Bytes of all workers' buffers, which never shrink: at most what the engine was given, and as much for every worker that waits for stalled storage. */
    public long bufferBytes() {
        return everyWorkspace.stream().mapToLong(Workspace::size).sum();
    }

    /** Bytes of outputs made so far. */
    public long bytesWritten() {
        return bytesWritten.sum();
    }

    /** Computes a range of one file of one output. */
    void transfer(
            Recipe recipe, Recipe.RecipeOutput output, Layout file, WritableByteChannel to, long offset, long length)
            throws IOException {
        if (offset < 0 || length < 0 || length > file.size() - offset)
            throw new IndexOutOfBoundsException("%d bytes from %d on of %d".formatted(length, offset, file.size()));
        if (length == 0) return;
        byte[] header = Body.header(file);
        BlockComputer.BlockTarget target = new BlockComputer.BlockTarget(output, new Body(file));
        try (BlockComputer combination = combination(recipe, List.of(target))) {
            if (offset < header.length) {
                int n = (int) Math.min(length, header.length - offset);
                write(to, ByteBuffer.wrap(header, (int) offset, n));
                offset += n;
                length -= n;
            }
            if (length > 0) transferBody(combination, to, offset - header.length, offset - header.length + length);
        }
    }

    private void transferBody(BlockComputer combination, WritableByteChannel to, long from, long limit)
            throws IOException {
        record Pending(Block block, byte[] result, Future<?> computed) {}
        Deque<Pending> ahead = new ArrayDeque<>();
        Deque<byte[]> spare = new ArrayDeque<>();
        try {
            long next = from;
            while (next < limit || !ahead.isEmpty()) {
                while (next < limit && ahead.size() < AHEAD) {
                    Block block = combination.block(next, limit);
                    byte[] kept = spare.poll();
                    byte[] result = kept != null && kept.length >= block.bytes() ? kept : new byte[block.bytes()];
                    Future<?> computed = submit(combination, workspace -> {
                        MemorySegment segment = combination.result(workspace, 0);
                        combination.compute(workspace, block, List.of(segment));
                        MemorySegment.copy(segment, ValueLayout.JAVA_BYTE, 0, result, 0, block.bytes());
                    });
                    ahead.add(new Pending(block, result, computed));
                    next = block.from() + block.bytes();
                }
                Pending first = ahead.element();
                await(first.computed);
                // The last bytes go out only when all that went before came from the files that were indexed.
                if (ahead.size() == 1 && next >= limit) combination.verify();
                int skip = (int) Math.max(0, from - first.block.from());
                int end = (int) Math.min(first.block.bytes(), limit - first.block.from());
                write(to, ByteBuffer.wrap(first.result, skip, end - skip));
                spare.add(first.result);
                ahead.remove();
            }
        } finally {
            for (Pending pending : ahead) settle(pending.computed);
        }
    }

    private void write(WritableByteChannel to, ByteBuffer bytes) throws IOException {
        bytesWritten.add(bytes.remaining());
        while (bytes.hasRemaining()) to.write(bytes);
    }

    /**
     * Writes all files of all outputs, reading every input once for outputs that share a layout.
     *
     * @param folder created where it does not exist
     * @param overwrite whether existing files may be replaced; else a {@link Problem}
     * @param progress told how many bytes are written, as they are
     */
    void write(Recipe recipe, Path folder, boolean overwrite, LongConsumer progress) throws IOException {
        List<PendingFile> files = new ArrayList<>();
        try {
            Files.createDirectories(folder);
            requireRoom(recipe, folder);
            if (!overwrite)
                for (Recipe.RecipeOutput output : recipe.outputs())
                    for (Layout file : output.files())
                        if (Files.exists(folder.resolve(file.fileName())))
                            throw exists(folder.resolve(file.fileName()));
            int shards = recipe.outputs().stream()
                    .mapToInt(o -> o.files().size())
                    .max()
                    .orElse(0);
            for (int shard = 0; shard < shards; shard++) {
                int index = shard;
                List<BlockComputer.BlockTarget> left = new ArrayList<>(recipe.outputs().stream()
                        .filter(o -> index < o.files().size())
                        .map(o -> new BlockComputer.BlockTarget(
                                o, new Body(o.files().get(index))))
                        .toList());
                while (!left.isEmpty()) {
                    Body body = left.getFirst().body();
                    List<BlockComputer.BlockTarget> together =
                            left.stream().filter(t -> t.body().alignsWith(body)).toList();
                    left.removeAll(together);
                    writeTogether(recipe, together, index, folder, files, progress);
                    for (PendingFile file : files) file.complete();
                }
            }
            for (PendingFile file : files) publish(file, overwrite);
        } catch (IOException e) {
            if (isFull(e))
                throw Problem.storageFull(
                        folder + ": the disk is full; nothing was kept. Make room, or choose another folder", e);
            throw e;
        } finally {
            for (PendingFile file : files) file.close();
        }
    }

    private static void publish(PendingFile file, boolean overwrite) throws IOException {
        try {
            file.publish(overwrite);
        } catch (FileAlreadyExistsException e) {
            throw exists(file.path());
        }
    }

    private static Problem exists(Path file) {
        return Problem.conflict(file + " exists; use --overwrite to replace it or --skip to keep it");
    }

    private void writeTogether(
            Recipe recipe,
            List<BlockComputer.BlockTarget> targets,
            int shard,
            Path folder,
            List<PendingFile> files,
            LongConsumer progress)
            throws IOException {
        Deque<Future<?>> inFlight = new ArrayDeque<>();
        try (BlockComputer combination = combination(recipe, targets)) {
            int first = files.size();
            long[] bases = new long[targets.size()];
            for (int t = 0; t < bases.length; t++) {
                Layout file = targets.get(t).output().files().get(shard);
                PendingFile pending = new PendingFile(folder.resolve(file.fileName()));
                files.add(pending);
                byte[] header = Body.header(file);
                pending.write(ByteBuffer.wrap(header), 0);
                bases[t] = header.length;
            }
            try {
                long size = targets.getFirst().body().size();
                for (long next = 0; next < size; ) {
                    Block block = combination.block(next, size);
                    inFlight.add(submit(combination, workspace -> {
                        MemorySegment[] results = new MemorySegment[bases.length];
                        for (int t = 0; t < results.length; t++) results[t] = combination.result(workspace, t);
                        combination.compute(workspace, block, Arrays.asList(results));
                        for (int t = 0; t < results.length; t++) {
                            ByteBuffer bytes = results[t].asByteBuffer().limit(block.bytes());
                            files.get(first + t).write(bytes, bases[t] + block.from());
                        }
                        workspace.finished(Stage.WRITE);
                        long written = (long) block.bytes() * results.length;
                        bytesWritten.add(written);
                        progress.accept(written);
                    }));
                    next = block.from() + block.bytes();
                    if (inFlight.size() > 2 * workers) await(inFlight.remove());
                }
                while (!inFlight.isEmpty()) await(inFlight.remove());
                combination.verify();
            } finally {
                for (Future<?> block : inFlight) settle(block);
            }
        }
    }

    private static void requireRoom(Recipe recipe, Path folder) throws IOException {
        long needed = recipe.outputs().stream()
                .flatMap(o -> o.files().stream())
                .mapToLong(Layout::size)
                .sum();
        FileStore store = Files.getFileStore(folder);
        long free = store.getUsableSpace();
        if (free < needed)
            throw Problem.storageFull(
                    String.format(
                            Locale.ROOT,
                            "%s: the outputs need %s, %s more than is free; make room, or choose another folder",
                            folder,
                            ByteSize.print(needed),
                            ByteSize.print(needed - free)),
                    null);
    }

    /** NIO has no type for it, only the words of POSIX, Windows and file systems of their own. */
    static boolean isFull(IOException e) {
        return FULL.matcher(String.valueOf(e.getMessage())).find();
    }

    private BlockComputer combination(Recipe recipe, List<BlockComputer.BlockTarget> targets) throws IOException {
        long begin = System.nanoTime();
        try {
            return new BlockComputer(recipe, targets, openFiles, kernel, maxMemory, workers);
        } finally {
            opening.add(System.nanoTime() - begin);
        }
    }

    private interface Work {
        void run(Workspace workspace) throws IOException;
    }

    private Future<?> submit(BlockComputer combination, Work work) {
        return executor.submit(() -> {
            Workspace workspace = workspaces.take();
            workspace.start();
            inUse.add(workspace);
            try {
                workspace.reserve(combination.workspaceBytes());
                work.run(workspace);
            } finally {
                putBack(workspace);
            }
            return null;
        });
    }

    /** Stands in for workers that storage holds up, so that a file system that does not answer stops no run of another. */
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

    private void await(Future<?> computed) throws IOException {
        try {
            while (true) {
                try {
                    computed.get(1, TimeUnit.SECONDS);
                    return;
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
    private static void settle(Future<?> computed) {
        boolean interrupted = false;
        while (!computed.isDone()) {
            try {
                computed.get();
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
