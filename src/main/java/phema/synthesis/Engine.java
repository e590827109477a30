package phema.synthesis;

import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import phema.format.Layout;
import phema.problem.Problem;

/**
 * Turns recipes into bytes: a range of one file, or many files in one pass over the inputs. All work is cut into blocks
 * that a fixed set of workers computes in the order of asking, so that requests share the workers fairly and buffers
 * are as many as workers, however many requests there are.
 */
public final class Engine implements AutoCloseable {
    private final long maxMemory;
    private final Predicate<Path> mayRead;
    private final Kernel kernel;
    private final OpenFiles openFiles;
    private final ComputePool pool;
    private final SharedBlocks shared;
    private final LongAdder opening = new LongAdder();
    private final LongAdder bytesWritten = new LongAdder();

    /**
     * @param maxMemory for buffers of all workers together, in bytes
     * @param workers threads that read, compute and, for files, write
     */
    public Engine(long maxMemory, int workers) {
        this(maxMemory, workers, KernelChoice.PLAIN);
    }

    /** The same with another kernel. */
    public Engine(long maxMemory, int workers, KernelChoice kernel) {
        this(maxMemory, workers, kernel, 0, anywhere -> true);
    }

    /**
     * @param shared bytes computed last that are kept for others who ask for the same
     * @param mayRead asked with the real path of each input before it is opened
     */
    Engine(long maxMemory, int workers, KernelChoice kernel, long shared, Predicate<Path> mayRead) {
        this.shared = new SharedBlocks(shared);
        this.mayRead = mayRead;
        openFiles = new OpenFiles(mayRead);
        this.kernel = kernel.create();
        this.maxMemory = maxMemory;
        pool = new ComputePool(workers);
    }

    /** What inputs may be read, by their real paths. */
    Predicate<Path> mayRead() {
        return mayRead;
    }

    /** Bytes read from inputs so far. */
    public long bytesRead() {
        return openFiles.bytesRead();
    }

    /** Bytes that requests took from others for the same, which had computed them. */
    public long bytesShared() {
        return shared.shared();
    }

    /** Input files that are open now. */
    int openFiles() {
        return openFiles.count();
    }

    /** Time that workers spent in a stage so far, all together. */
    public long nanos(Stage stage) {
        return pool.nanos(stage) + (stage == Stage.OPEN ? opening.sum() : 0);
    }

    /**
     * Bytes of all workers' buffers, which never shrink: at most what the engine was given, and as much for every
     * worker that waits for stalled storage.
     */
    public long bufferBytes() {
        return pool.bufferBytes();
    }

    /** Bytes of outputs made so far. */
    public long bytesWritten() {
        return bytesWritten.sum();
    }

    /** Computes a range of one file of one output, which nobody else wants. */
    void transfer(
            Recipe recipe, Recipe.RecipeOutput output, Layout file, WritableByteChannel to, long offset, long length)
            throws IOException {
        transfer(recipe, output, file, new SharedBlocks(0), "", to, offset, length);
    }

    /** The same of one that others may ask for meanwhile. @param identity of the file, as the recipe says it */
    void transferShared(
            Recipe recipe,
            Recipe.RecipeOutput output,
            Layout file,
            String identity,
            WritableByteChannel to,
            long offset,
            long length)
            throws IOException {
        transfer(recipe, output, file, shared, recipe.placed(identity), to, offset, length);
    }

    private void transfer(
            Recipe recipe,
            Recipe.RecipeOutput output,
            Layout file,
            SharedBlocks blocks,
            String key,
            WritableByteChannel to,
            long offset,
            long length)
            throws IOException {
        if (offset < 0 || length < 0 || length > file.size() - offset)
            throw new IndexOutOfBoundsException("%d bytes from %d on of %d".formatted(length, offset, file.size()));
        if (length == 0) return;
        try (BlockComputer computer = open(recipe, List.of(new BlockComputer.BlockTarget(output, new Body(file))))) {
            new RangeTransfer(pool, computer, blocks, key + computer.inputState(), to, bytesWritten::add)
                    .send(Body.header(file), offset, length);
        }
    }

    /**
     * Writes all files of all outputs, reading every input once for outputs that share a layout.
     *
     * @param folder created where it does not exist
     * @param overwrite whether existing files may be replaced; else a {@link Problem}
     * @param progress told how many bytes are written, as they are
     * @return what is odd about the weights, one sentence each
     */
    List<String> write(Recipe recipe, Path folder, boolean overwrite, LongConsumer progress) throws IOException {
        try (FilePublisher publisher = new FilePublisher(folder, overwrite)) {
            try {
                publisher.prepare(recipe.outputs().stream()
                        .flatMap(output -> output.files().stream())
                        .toList());
                LongConsumer written = bytes -> {
                    bytesWritten.add(bytes);
                    progress.accept(bytes);
                };
                List<String> notices = new OutputWriter(pool, this::open, publisher, written).write(recipe);
                publisher.publish();
                return notices;
            } catch (IOException e) {
                if (FilePublisher.isFull(e)) throw publisher.full(e);
                throw e;
            }
        }
    }

    private BlockComputer open(Recipe recipe, List<BlockComputer.BlockTarget> targets) throws IOException {
        long begin = System.nanoTime();
        try {
            return new BlockComputer(recipe, targets, openFiles, kernel, maxMemory, pool.workers());
        } finally {
            opening.add(System.nanoTime() - begin);
        }
    }

    @Override
    public void close() {
        pool.close();
    }
}
