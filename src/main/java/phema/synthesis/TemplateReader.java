package phema.synthesis;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.List;
import phema.format.Layout;
import phema.format.Tensor;
import phema.tensor.Elements;

/** Copies what is not combined from each target's template. Safe for use by many threads. */
final class TemplateReader {
    private final List<BlockComputer.BlockTarget> targets;
    private final OpenFiles.Inputs files;
    private final int first;

    /**
     * @param targets whose bodies align
     * @param first index of the first target's template among the files; the others follow
     */
    TemplateReader(List<BlockComputer.BlockTarget> targets, OpenFiles.Inputs files, int first) {
        this.targets = targets;
        this.files = files;
        this.first = first;
    }

    /**
     * Fills a slice of every result, reading once for all targets that take it from the same template.
     *
     * @throws phema.problem.Problem when a value is too large for the type that it is written in
     */
    void copy(Block.TensorSlice slice, List<MemorySegment> results) throws IOException {
        copy(slice, 0, results.getFirst());
        for (int t = 1; t < results.size(); t++) {
            if (takesWhatTheFirstTakes(t, slice.segment()))
                MemorySegment.copy(
                        results.getFirst(), slice.destination(), results.get(t), slice.destination(), bytes(slice));
            else copy(slice, t, results.get(t));
        }
    }

    private boolean takesWhatTheFirstTakes(int target, int segment) {
        BlockComputer.BlockTarget first = targets.getFirst();
        BlockComputer.BlockTarget other = targets.get(target);
        return other.output().template().equals(first.output().template())
                && other.body().segment(segment).equals(first.body().segment(segment));
    }

    private long bytes(Block.TensorSlice slice) {
        return targets.getFirst().body().segment(slice.segment()) instanceof Layout.TensorElements elements
                ? (long) slice.count() * elements.dtype().bytes()
                : slice.count();
    }

    /** Fills a slice of one target's result from its template. */
    void copy(Block.TensorSlice slice, int target, MemorySegment result) throws IOException {
        int file = first + target;
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
            case Layout.TensorElements elements -> copy(slice, elements, file, result);
        }
    }

    private void copy(Block.TensorSlice slice, Layout.TensorElements elements, int file, MemorySegment result)
            throws IOException {
        Tensor tensor = elements.tensor();
        int bytes = slice.count() * tensor.dtype().bytes();
        boolean converted = tensor.dtype() != elements.dtype();
        MemorySegment stored = converted
                ? MemorySegment.ofBuffer(ByteBuffer.allocate(bytes))
                : result.asSlice(slice.destination(), bytes);
        files.read(file, tensor, elements.axes(), slice.first(), slice.count(), stored);
        if (!converted) return;
        double[] exact = new double[slice.count()];
        Elements.toDoubles(tensor.dtype(), stored, 0, exact, 0, slice.count());
        float[] values = new float[slice.count()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) exact[i];
            if (Double.isFinite(exact[i]) && !FiniteCheck.fits(values[i], elements.dtype()))
                throw FiniteCheck.tooLarge(tensor.name(), exact[i], elements.dtype());
        }
        Elements.fromFloats(elements.dtype(), values, 0, slice.count(), result, slice.destination());
    }
}
