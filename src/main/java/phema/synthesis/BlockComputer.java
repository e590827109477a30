package phema.synthesis;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import phema.format.Layout;
import phema.format.Tensor;
import phema.format.WeightFile;
import phema.problem.Problem;
import phema.storage.ByteSize;
import phema.tensor.DType;
import phema.tensor.Elements;
import phema.tensor.StridedView;

/**
 * Computes blocks of outputs that have the same body, from open inputs. This is the only place where weights are computed. Safe for use by many
 * threads, each with a workspace of its own.
 */
final class BlockComputer implements AutoCloseable {
    /** Bytes between tensors that are read along rather than skipped: a system call costs about as much as copying them. */
    private static final int GAP = 8 << 10;

    /** Elements of a block where memory allows: reads of 128 KiB per input in half precision. */
    private static final int LARGEST_BLOCK = 1 << 16;

    private static final int SMALLEST_BLOCK = 1 << 10;
    private static final long MIB = 1 << 20;

    private final Kernel kernel;
    private final List<WeightFile> inputs;
    private final List<BlockTarget> targets;
    private final Body body;
    private final OpenFiles.Inputs files;

    /** {@code [targets, inputs]}, row by row, for each segment of the body; the same array for tensors of the same layers. */
    private final float[][] coefficients;

    /** Where every input has the tensor of a segment, found when first needed, by whichever thread comes first. */
    private final AtomicReferenceArray<List<Tensor>> sources;

    /**
     * Where to look for the next tensor first: files of a run hold the same tensors in the same order. A wrong guess
     * costs a search.
     */
    private volatile int near;

    private final int regionBytes;
    private final int elementsPerBlock;
    private final int bytesPerBlock;

    /** One output file to compute. */
    record BlockTarget(Recipe.RecipeOutput output, Body body) {}

    /**
     * @param targets files whose bodies align
     * @param memory of all workspaces together, in bytes
     * @param workers number of workspaces
     * @throws Problem when an input changed since it was indexed, or the memory cannot hold the smallest block
     */
    BlockComputer(Recipe recipe, List<BlockTarget> targets, OpenFiles open, Kernel kernel, long memory, int workers)
            throws IOException {
        this.kernel = kernel;
        this.targets = targets;
        this.body = targets.getFirst().body();
        List<List<float[]>> rows =
                IntStream.range(0, body.segments()).mapToObj(this::rows).toList();
        Set<List<float[]>> distinct = new LinkedHashSet<>(rows);
        int[] used = IntStream.range(0, recipe.inputs().size())
                .filter(j -> distinct.stream().flatMap(List::stream).anyMatch(row -> row[j] != 0))
                .toArray();
        inputs = Arrays.stream(used).mapToObj(recipe.inputs()::get).toList();
        Map<List<float[]>, float[]> matrices = new HashMap<>();
        for (List<float[]> matrix : distinct) matrices.put(matrix, packed(matrix, used));
        coefficients = rows.stream().map(matrices::get).toArray(float[][]::new);
        sources = new AtomicReferenceArray<>(body.segments());

        int stored = inputs.stream()
                .flatMap(input -> input.tensors().stream())
                .map(Tensor::dtype)
                .filter(DType::isFloating) // what is a buffer here may be combined: not every format tells
                .mapToInt(DType::bytes)
                .max()
                .orElse(1);
        int written = body.widest();
        // Every input needs its region, with an eighth more for the gaps between tensors; every output its result.
        long perElement = Math.ceilDiv(inputs.size() * stored * 9L, 8L) + (long) targets.size() * written;
        if (memory / workers / perElement < SMALLEST_BLOCK)
            throw Problem.invalid(
                    "maxMemory",
                    "combining %d files into %d outputs at once needs buffers of %s at least; raise --max-memory, or make fewer at once with --batch"
                            .formatted(
                                    inputs.size(),
                                    targets.size(),
                                    new ByteSize(Math.ceilDiv(perElement * SMALLEST_BLOCK * workers, MIB) * MIB)));
        elementsPerBlock = (int) Math.min(memory / workers / perElement / 8 * 8, LARGEST_BLOCK);
        bytesPerBlock = elementsPerBlock * written;
        regionBytes = elementsPerBlock * stored * 9 / 8;
        files = open.open(Stream.concat(
                        inputs.stream(), targets.stream().map(t -> t.output().template()))
                .toList());
    }

    /** The coefficients of each target for a segment; none where nothing is combined. */
    private List<float[]> rows(int segment) {
        if (!(body.segment(segment) instanceof Layout.TensorElements elements && Recipe.combines(elements.tensor())))
            return List.of();
        String name = elements.tensor().name();
        return targets.stream().map(t -> t.output().coefficients().of(name)).toList();
    }

    private static float[] packed(List<float[]> rows, int[] columns) {
        float[] matrix = new float[rows.size() * columns.length];
        for (int t = 0; t < rows.size(); t++)
            for (int j = 0; j < columns.length; j++) matrix[t * columns.length + j] = rows.get(t)[columns[j]];
        return matrix;
    }

    /** The block of the body at a byte; see {@link Body#block}. */
    Block block(long from, long limit) {
        return body.block(from, limit, bytesPerBlock, elementsPerBlock);
    }

    /** What {@link #compute} needs of a workspace: a region for every input and, for {@link #result}, a place for every target. */
    long workspaceBytes() {
        return (long) inputs.size() * regionBytes + (long) targets.size() * bytesPerBlock;
    }

    /** @throws Problem when an input changed: nothing computed since the last call can be trusted */
    void verify() throws IOException {
        files.verify();
    }

    /** A place in the workspace for the result of a target. */
    MemorySegment result(Workspace workspace, int target) {
        return workspace.segment((long) inputs.size() * regionBytes + (long) target * bytesPerBlock, bytesPerBlock);
    }

    /**
     * Computes a block of every target.
     *
     * @param results one segment per target, of at least the block's bytes
     * @throws Problem when a result is not finite, naming the file that has NaN or infinity, or the type that is too narrow
     */
    void compute(Workspace workspace, Block block, List<MemorySegment> results) throws IOException {
        workspace.start();
        for (Block.TensorSlice slice : block.slices()) if (!slice.combined()) copy(slice, results);
        workspace.finished(Stage.READ);
        if (block.elements() > 0) combine(workspace, block, results);
    }

    private void combine(Workspace workspace, Block block, List<MemorySegment> results) throws IOException {
        List<Block.TensorSlice> slices =
                block.slices().stream().filter(Block.TensorSlice::combined).toList();
        int[] at = new int[inputs.size() * slices.size()];
        for (int j = 0; j < inputs.size(); j++) read(workspace, j, slices, at);
        workspace.finished(Stage.READ);

        int chunk = Workspace.chunk(inputs.size());
        MemorySegment bytes = workspace.segment(0, workspaceBytes());
        float[] in = workspace.in(inputs.size());
        float[] out = workspace.out();
        int passed = 0; // slices that end before the chunk
        for (int begin = 0, end; begin < block.elements(); begin = end) {
            while (end(slices.get(passed)) <= begin) passed++;
            float[] matrix = coefficients[slices.get(passed).segment()];
            end = alike(slices, passed, matrix, begin + chunk);
            for (int j = 0; j < inputs.size(); j++) {
                long region = (long) j * regionBytes;
                for (int k = passed; k < slices.size() && slices.get(k).start() < end; k++) {
                    Block.TensorSlice slice = slices.get(k);
                    int from = Math.max(begin, slice.start());
                    int to = Math.min(end, end(slice));
                    DType dtype = source(slice.segment(), j).dtype();
                    long offset = region + at[j * slices.size() + k] + (long) (from - slice.start()) * dtype.bytes();
                    Elements.toFloats(dtype, bytes, offset, in, j * chunk + from - begin, to - from);
                }
            }
            workspace.finished(Stage.CONVERT);
            for (int group = 0; group < targets.size(); group += Workspace.TARGETS) {
                int width = Math.min(Workspace.TARGETS, targets.size() - group);
                kernel.combine(in, inputs.size(), matrix, group, width, out, chunk, end - begin);
                workspace.finished(Stage.COMBINE);
                for (int k = passed; k < slices.size() && slices.get(k).start() < end; k++) {
                    Block.TensorSlice slice = slices.get(k);
                    int from = Math.max(begin, slice.start());
                    int to = Math.min(end, end(slice));
                    DType dtype = elements(slice).dtype();
                    long offset = slice.destination() + (long) (from - slice.start()) * dtype.bytes();
                    for (int t = 0; t < width; t++) {
                        int first = t * chunk + from - begin;
                        if (!finite(out, first, to - from, dtype))
                            throw notFinite(slice, from - begin, in, chunk, out, first, to - from);
                        Elements.fromFloats(dtype, out, first, to - from, results.get(group + t), offset);
                    }
                }
                workspace.finished(Stage.NARROW);
            }
        }
    }

    /** Where slices with the same coefficients end, or the limit if that comes first. */
    private int alike(List<Block.TensorSlice> slices, int first, float[] matrix, int limit) {
        int k = first;
        while (k + 1 < slices.size()
                && end(slices.get(k)) < limit
                && coefficients[slices.get(k + 1).segment()] == matrix) k++;
        return Math.min(end(slices.get(k)), limit);
    }

    private static int end(Block.TensorSlice slice) {
        return slice.start() + slice.count();
    }

    private Layout.TensorElements elements(Block.TensorSlice slice) {
        return (Layout.TensorElements) body.segment(slice.segment());
    }

    /** Reads the slices of one input into its region, neighbours together, and notes where each begins. */
    private void read(Workspace workspace, int input, List<Block.TensorSlice> slices, int[] at) throws IOException {
        long region = (long) input * regionBytes;
        int spare = regionBytes / 9; // what the region has beyond packed elements
        int filled = 0; // of the region
        int part = 0; // the pending read: [begin, end) of this part goes to begun in the region
        long begin = 0;
        long end = 0;
        int begun = 0;
        for (int k = 0; k < slices.size(); k++) {
            Block.TensorSlice slice = slices.get(k);
            Tensor tensor = source(slice.segment(), input);
            int bytes = slice.count() * tensor.dtype().bytes();
            StridedView view = tensor.view(elements(slice).axes());
            long offset = view.isContiguous()
                    ? tensor.offset() + slice.first() * tensor.dtype().bytes()
                    : -1;
            long gap = offset - end;
            if (end > begin && tensor.part() == part && offset >= end && gap <= Math.min(GAP, spare)) {
                spare -= (int) gap;
                filled += (int) gap;
                end = offset + bytes;
            } else {
                read(workspace, input, part, begin, end, region + begun);
                begin = end = 0;
                if (view.isContiguous()) {
                    part = tensor.part();
                    begin = offset;
                    end = offset + bytes;
                    begun = filled;
                } else {
                    files.read(
                            input,
                            tensor.part(),
                            view,
                            slice.first(),
                            slice.count(),
                            workspace.segment(region + filled, bytes));
                }
            }
            at[input * slices.size() + k] = filled;
            filled += bytes;
        }
        read(workspace, input, part, begin, end, region + begun);
    }

    private void read(Workspace workspace, int input, int part, long begin, long end, long to) throws IOException {
        if (end == begin) return;
        files.read(input, part, begin, workspace.buffer(to, (int) (end - begin)));
    }

    /** Reads what is not combined once for all targets that take it from the same template. */
    private void copy(Block.TensorSlice slice, List<MemorySegment> results) throws IOException {
        copy(slice, 0, results.getFirst());
        for (int t = 1; t < results.size(); t++) {
            if (takesWhatTheFirstTakes(t, slice.segment()))
                MemorySegment.copy(
                        results.getFirst(), slice.destination(), results.get(t), slice.destination(), bytes(slice));
            else copy(slice, t, results.get(t));
        }
    }

    private boolean takesWhatTheFirstTakes(int target, int segment) {
        BlockTarget first = targets.getFirst();
        BlockTarget other = targets.get(target);
        return other.output().template().equals(first.output().template())
                && other.body().segment(segment).equals(first.body().segment(segment));
    }

    private long bytes(Block.TensorSlice slice) {
        return body.segment(slice.segment()) instanceof Layout.TensorElements elements
                ? (long) slice.count() * elements.dtype().bytes()
                : slice.count();
    }

    /** What is not combined comes from the target's template. */
    private void copy(Block.TensorSlice slice, int target, MemorySegment result) throws IOException {
        int file = inputs.size() + target;
        switch (targets.get(target).body().segment(slice.segment())) {
            case Layout.Literal literal ->
                MemorySegment.copy(
                        MemorySegment.ofArray(literal.content()),
                        slice.first(),
                        result,
                        slice.destination(),
                        slice.count());
            case Layout.Verbatim verbatim ->
                files.read(
                        file,
                        verbatim.part(),
                        verbatim.offset() + slice.first(),
                        result.asSlice(slice.destination(), slice.count()).asByteBuffer());
            case Layout.TensorElements elements -> {
                Tensor tensor = elements.tensor();
                int bytes = slice.count() * tensor.dtype().bytes();
                StridedView view = tensor.view(elements.axes());
                if (tensor.dtype() == elements.dtype()) {
                    files.read(
                            file,
                            tensor.part(),
                            view,
                            slice.first(),
                            slice.count(),
                            result.asSlice(slice.destination(), bytes));
                } else {
                    MemorySegment stored = MemorySegment.ofBuffer(ByteBuffer.allocate(bytes));
                    float[] values = new float[slice.count()];
                    files.read(file, tensor.part(), view, slice.first(), slice.count(), stored);
                    Elements.toFloats(tensor.dtype(), stored, 0, values, 0, slice.count());
                    for (float value : values)
                        if (Float.isFinite(value) && !fits(value, elements.dtype()))
                            throw tooLarge(tensor.name(), value, elements.dtype());
                    Elements.fromFloats(elements.dtype(), values, 0, slice.count(), result, slice.destination());
                }
            }
        }
    }

    private Tensor source(int segment, int input) {
        @Nullable List<Tensor> found = sources.get(segment);
        if (found == null) {
            found = sources(((Layout.TensorElements) body.segment(segment)).tensor().name());
            sources.set(segment, found); // threads that race here find the same
        }
        return found.get(input);
    }

    private List<Tensor> sources(String name) {
        List<Tensor> found = new ArrayList<>();
        int index = near;
        for (WeightFile input : inputs) {
            index = input.indexOf(name, index);
            found.add(input.tensors().get(index));
        }
        near = index;
        return List.copyOf(found);
    }

    /** Whether all values are finite and stay so in the given type. */
    private static boolean finite(float[] values, int start, int count, DType dtype) {
        // A sign that survives only if all are negative: unlike a maximum or an early exit, the JIT compiler makes
        // vectors of it.
        int limit = Float.floatToRawIntBits(dtype.overflow());
        int below = -1;
        for (int i = start; i < start + count; i++) below &= (Float.floatToRawIntBits(values[i]) & 0x7fffffff) - limit;
        return below < 0;
    }

    private static boolean fits(float value, DType dtype) {
        return Math.abs(value) < dtype.overflow();
    }

    private static Problem tooLarge(String tensor, float value, DType dtype) {
        return Problem.unprocessable(String.format(
                Locale.ROOT,
                "tensor %s reaches %g, which is too large for %s; ask for another dtype, such as bf16 or f32",
                tensor,
                value,
                dtype));
    }

    private Problem notFinite(
            Block.TensorSlice slice, int from, float[] in, int chunk, float[] out, int start, int count) {
        DType dtype = elements(slice).dtype();
        String tensor = elements(slice).tensor().name();
        for (int i = 0; i < count; i++) {
            if (fits(out[start + i], dtype)) continue;
            for (int j = 0; j < inputs.size(); j++) {
                float value = in[j * chunk + from + i];
                if (!Float.isFinite(value))
                    return Problem.unprocessable(
                            "%s: tensor %s holds %s; training diverged, or the file is damaged. Leave this file out"
                                    .formatted(inputs.get(j).path(), tensor, Float.isNaN(value) ? "NaN" : "infinity"));
            }
            return tooLarge(tensor, out[start + i], dtype);
        }
        throw new AssertionError("a value that is not finite was seen and is not there");
    }

    @Override
    public void close() throws IOException {
        files.close();
    }
}
