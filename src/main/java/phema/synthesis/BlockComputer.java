package phema.synthesis;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import phema.format.Layout;
import phema.format.WeightFile;
import phema.problem.Problem;
import phema.tensor.DType;
import phema.tensor.Elements;

/**
 * Computes blocks of outputs that have the same body, from open inputs. This is the only place where weights are
 * computed. Safe for use by many threads, each with a workspace of its own.
 */
final class BlockComputer implements AutoCloseable {
    private final Kernel kernel;
    private final List<WeightFile> inputs;
    private final List<BlockTarget> targets;
    private final Body body;
    private final BlockPlan plan;
    private final OpenFiles.Inputs files;
    private final InputReader reader;
    private final TemplateReader templates;
    private final ConstantTensors constants;

    /** Empty where no coefficient is negative. */
    private final Optional<Signs> signs;

    /** {@code [targets, inputs]} for each segment of the body; the same array for tensors of the same layers. */
    private final float[][][] coefficients;

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
        Map<List<float[]>, float[][]> matrices = new HashMap<>();
        for (List<float[]> matrix : distinct) matrices.put(matrix, chosen(matrix, used));
        coefficients = rows.stream().map(matrices::get).toArray(float[][][]::new);
        signs = distinct.stream().flatMap(List::stream).anyMatch(BlockComputer::hasNegative)
                ? Optional.of(new Signs(body.segments()))
                : Optional.empty();
        plan = BlockPlan.of(inputs.size(), targets.size(), widest(inputs), body.widest(), memory, workers);
        files = open.open(Stream.concat(
                        inputs.stream(), targets.stream().map(t -> t.output().template()))
                .toList());
        reader = new InputReader(inputs, body, plan, files);
        templates = new TemplateReader(targets, files, inputs.size());
        constants = new ConstantTensors(recipe, targets, inputs, open);
    }

    /** Bytes of the widest element that may be combined. */
    private static int widest(List<WeightFile> inputs) {
        return inputs.stream()
                .flatMap(input -> input.tensors().stream())
                .map(tensor -> tensor.dtype())
                .filter(DType::isFloating) // what is a buffer here may be combined: not every format tells
                .mapToInt(DType::bytes)
                .max()
                .orElse(1);
    }

    /** The coefficients of each target for a segment; none where nothing is combined. */
    private List<float[]> rows(int segment) {
        if (!(body.segment(segment) instanceof Layout.TensorElements elements && Recipe.combines(elements.tensor())))
            return List.of();
        String name = elements.tensor().name();
        return targets.stream().map(t -> t.output().coefficients().of(name)).toList();
    }

    private static boolean hasNegative(float[] row) {
        for (float coefficient : row) if (coefficient < 0) return true;
        return false;
    }

    private static float[][] chosen(List<float[]> rows, int[] columns) {
        float[][] matrix = new float[rows.size()][columns.length];
        for (int t = 0; t < rows.size(); t++)
            for (int j = 0; j < columns.length; j++) matrix[t][j] = rows.get(t)[columns[j]];
        return matrix;
    }

    /** The block of the body at a byte; see {@link Body#block}. */
    Block block(long from, long limit) {
        return body.block(from, limit, plan.bytes(), plan.elements());
    }

    /** What {@link #compute} and {@link #result} need of a workspace. */
    long workspaceBytes() {
        return plan.workspaceBytes();
    }

    /** @throws Problem when an input changed: nothing computed since the last call can be trusted */
    void verify() throws IOException {
        files.verify();
    }

    /** What tells the inputs from the same ones after anything happened to them. */
    String inputState() {
        return files.state();
    }

    /** What is odd about the results, one sentence each, when all blocks were computed. */
    List<String> notices() {
        return signs.map(Signs::surprises).orElse(Map.of()).entrySet().stream()
                .map(entry ->
                        Signs.notice(body.elements(entry.getKey()).tensor().name(), entry.getValue(), inputs))
                .sorted()
                .toList();
    }

    /** A place in the workspace for the result of a target. */
    MemorySegment result(Workspace workspace, int target) {
        return workspace.segment(plan.result(target), plan.bytes());
    }

    /**
     * Computes a block of every target.
     *
     * @param results one segment per target, of at least the block's bytes
     * @throws Problem when a result is not finite, naming the file that has NaN or infinity, or the type that is too
     *     narrow; tensors that are the same in all files are copied then
     */
    void compute(Workspace workspace, Block block, List<MemorySegment> results) throws IOException {
        workspace.start();
        for (Block.TensorSlice slice : block.slices()) if (!slice.combined()) templates.copy(slice, results);
        workspace.finished(Stage.READ);
        if (block.elements() > 0) combine(workspace, block, results);
    }

    private void combine(Workspace workspace, Block block, List<MemorySegment> results) throws IOException {
        List<Block.TensorSlice> slices =
                block.slices().stream().filter(Block.TensorSlice::combined).toList();
        int[] at = reader.read(workspace, slices);
        workspace.finished(Stage.READ);
        int longest = Workspace.chunk(inputs.size());
        int passed = 0; // slices that end before the chunk
        for (int begin = 0, end; begin < block.elements(); begin = end) {
            while (end(slices.get(passed)) <= begin) passed++;
            end = alike(slices, passed, begin + longest);
            List<Part> parts = parts(slices, passed, begin, end);
            widen(workspace, parts, at, slices.size());
            combine(workspace, parts, end - begin, results);
        }
    }

    /**
     * What a chunk has of a slice.
     *
     * @param index of the slice among those of the block that are combined
     * @param skipped elements of the slice that come before
     * @param slice the part, which starts where it does in the chunk
     */
    private record Part(int index, int skipped, Block.TensorSlice slice) {}

    /** Cuts slices, from the first that is left on, to a chunk of the block's combined elements. */
    private List<Part> parts(List<Block.TensorSlice> slices, int first, int begin, int end) {
        List<Part> parts = new ArrayList<>();
        for (int k = first; k < slices.size() && slices.get(k).start() < end; k++) {
            Block.TensorSlice slice = slices.get(k);
            int from = Math.max(begin, slice.start());
            int skipped = from - slice.start();
            int destination = slice.destination()
                    + skipped * body.elements(slice.segment()).dtype().bytes();
            parts.add(new Part(
                    k,
                    skipped,
                    new Block.TensorSlice(
                            slice.segment(),
                            slice.first() + skipped,
                            Math.min(end, end(slice)) - from,
                            destination,
                            from - begin)));
        }
        return parts;
    }

    // Each loop that takes time has a method of its own, which is small and compiled once, and soon.

    /** @param at {@code [inputs, slices]}, from {@link InputReader#read} */
    private void widen(Workspace workspace, List<Part> parts, int[] at, int slices) {
        MemorySegment bytes = workspace.segment(0, workspaceBytes());
        float[][] in = workspace.in(inputs.size());
        for (int j = 0; j < inputs.size(); j++) {
            for (Part part : parts) {
                Block.TensorSlice slice = part.slice;
                DType dtype = reader.source(slice.segment(), j).dtype();
                long offset = plan.region(j) + at[j * slices + part.index] + (long) part.skipped * dtype.bytes();
                Elements.toFloats(dtype, bytes, offset, in[j], slice.start(), slice.count());
            }
        }
        if (signs.isPresent()) {
            for (Part part : parts) {
                Block.TensorSlice slice = part.slice;
                if (signs.get().isUnsigned(slice.segment()))
                    signs.get().lookAtInputs(slice.segment(), in, inputs.size(), slice.start(), slice.count());
            }
        }
        workspace.finished(Stage.CONVERT);
    }

    /** @param parts that have the same coefficients, {@code count} elements together */
    private void combine(Workspace workspace, List<Part> parts, int count, List<MemorySegment> results)
            throws IOException {
        float[][] matrix = coefficients[parts.getFirst().slice.segment()];
        float[][] in = workspace.in(inputs.size());
        float[][] out = workspace.out(Math.min(Workspace.TARGETS, targets.size()));
        for (int group = 0; group < targets.size(); group += Workspace.TARGETS) {
            int width = Math.min(Workspace.TARGETS, targets.size() - group);
            kernel.combine(in, inputs.size(), matrix, group, width, out, count);
            workspace.finished(Stage.COMBINE);
            for (Part part : parts)
                for (int t = 0; t < width; t++) narrow(part.slice, in, out[t], group + t, results.get(group + t));
            workspace.finished(Stage.NARROW);
        }
    }

    private void narrow(Block.TensorSlice slice, float[][] in, float[] values, int target, MemorySegment result)
            throws IOException {
        int segment = slice.segment();
        DType dtype = body.elements(segment).dtype();
        // Weights are computed in single precision, which changes what is stored in double.
        if (dtype == DType.F64 && isAverage(coefficients[segment][target]) && constants.contains(segment)) {
            templates.copy(slice, target, result);
            return;
        }
        if (!FiniteCheck.finite(values, slice.start(), slice.count(), dtype)) {
            if (!constants.contains(segment))
                throw FiniteCheck.problem(
                        body.elements(segment).tensor().name(),
                        dtype,
                        values,
                        slice.start(),
                        slice.count(),
                        inputs,
                        in);
            templates.copy(slice, target, result);
            return;
        }
        if (signs.isPresent() && signs.get().isUnsigned(segment))
            signs.get().lookAtResults(segment, values, slice.start(), slice.count());
        Elements.fromFloats(dtype, values, slice.start(), slice.count(), result, slice.destination());
    }

    private static boolean isAverage(float[] row) {
        double sum = 0;
        for (float coefficient : row) sum += coefficient;
        return Math.abs(sum - 1) < 1e-5;
    }

    /** Finds where slices with the same coefficients end, or the limit if that comes first. */
    private int alike(List<Block.TensorSlice> slices, int first, int limit) {
        float[][] matrix = coefficients[slices.get(first).segment()];
        int k = first;
        while (k + 1 < slices.size()
                && end(slices.get(k)) < limit
                && coefficients[slices.get(k + 1).segment()] == matrix) k++;
        return Math.min(end(slices.get(k)), limit);
    }

    private static int end(Block.TensorSlice slice) {
        return slice.start() + slice.count();
    }

    @Override
    public void close() throws IOException {
        files.close();
    }
}
