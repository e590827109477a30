package phema.synthesis;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;
import phema.format.Layout;
import phema.format.Tensor;
import phema.format.WeightFile;

/**
 * Reads what a block needs of every input into the input's region, neighbours in the file together. Safe for use by
 * many threads.
 */
final class InputReader {
    /**
     * The bytes between tensors that are read along rather than skipped: a system call costs about as much as copying
     * them.
     */
    private static final int GAP = 8 << 10;

    private final List<WeightFile> inputs;
    private final Body body;
    private final BlockPlan plan;
    private final OpenFiles.Inputs files;

    /** Where every input has the tensor of a segment, found when first needed, by whichever thread comes first. */
    private final AtomicReferenceArray<List<Source>> sources;

    /**
     * Where to look for the next tensor first: files of a run hold the same tensors in the same order. A wrong guess
     * costs a search.
     */
    private volatile int near;

    /**
     * Where an input has the elements of a segment.
     *
     * @param contiguous whether they lie there as they are wanted, one after the other
     */
    private record Source(Tensor tensor, boolean contiguous) {}

    /** @param files the inputs, by the same indices */
    InputReader(List<WeightFile> inputs, Body body, BlockPlan plan, OpenFiles.Inputs files) {
        this.inputs = inputs;
        this.body = body;
        this.plan = plan;
        this.files = files;
        sources = new AtomicReferenceArray<>(body.segments());
    }

    /** The tensor of an input that a segment of the body is combined from. */
    Tensor source(int segment, int input) {
        return sources(segment).get(input).tensor;
    }

    private List<Source> sources(int segment) {
        @Nullable List<Source> found = sources.get(segment);
        if (found == null) {
            found = sources(body.elements(segment));
            sources.set(segment, found); // threads that race here find the same
        }
        return found;
    }

    private List<Source> sources(Layout.TensorElements elements) {
        List<Source> found = new ArrayList<>();
        int index = near;
        for (WeightFile input : inputs) {
            index = input.indexOf(elements.tensor().name(), index);
            Tensor tensor = input.tensors().get(index);
            found.add(new Source(tensor, tensor.isContiguous(elements.axes())));
        }
        near = index;
        return List.copyOf(found);
    }

    /**
     * Reads slices of all inputs.
     *
     * @return {@code [inputs, slices]}: where in its input's region each slice begins
     */
    int[] read(Workspace workspace, List<Block.TensorSlice> slices) throws IOException {
        int[] at = new int[inputs.size() * slices.size()];
        for (int j = 0; j < inputs.size(); j++) read(workspace, j, slices, at);
        return at;
    }

    private void read(Workspace workspace, int input, List<Block.TensorSlice> slices, int[] at) throws IOException {
        long region = plan.region(input);
        int spare = plan.regionBytes() / 9; // what the region has beyond packed elements
        int filled = 0; // of the region
        int part = 0; // the pending read: [begin, end) of this part goes to begun in the region
        long begin = 0;
        long end = 0;
        int begun = 0;
        for (int k = 0; k < slices.size(); k++) {
            Block.TensorSlice slice = slices.get(k);
            Source source = sources(slice.segment()).get(input);
            Tensor tensor = source.tensor;
            int bytes = slice.count() * tensor.dtype().bytes();
            long offset = source.contiguous
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
                if (source.contiguous) {
                    part = tensor.part();
                    begin = offset;
                    end = offset + bytes;
                    begun = filled;
                } else {
                    files.read(
                            input,
                            tensor,
                            body.elements(slice.segment()).axes(),
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
}
