package phema.synthesis;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import phema.format.Tensor;
import phema.format.WeightFile;
import phema.tensor.Elements;

/**
 * Finds out whether a tensor is the same in all files, such as a mask: it is then copied, since infinite values have no
 * averages and very large ones overflow. Asked only where a combination is not finite, as it reads the whole tensor.
 * Safe for use by many threads.
 */
final class ConstantTensors {
    private static final int CHUNK = 1 << 13;

    private final Recipe recipe;
    private final List<BlockComputer.BlockTarget> targets;
    private final List<WeightFile> inputs;
    private final OpenFiles open;
    private final Map<Integer, Boolean> known = new HashMap<>();

    /** @param inputs those that are read for the targets */
    ConstantTensors(Recipe recipe, List<BlockComputer.BlockTarget> targets, List<WeightFile> inputs, OpenFiles open) {
        this.recipe = recipe;
        this.targets = targets;
        this.inputs = inputs;
        this.open = open;
    }

    /**
     * Whether a segment's tensor is the same in all files that are combined, in the templates, and in the first and
     * the last file of the run, which may not be among them: of one file alone everything is the same.
     */
    synchronized boolean contains(int segment) throws IOException {
        Boolean constant = known.get(segment);
        if (constant == null) {
            constant = isConstant(
                    targets.getFirst().body().elements(segment).tensor().name());
            known.put(segment, constant);
        }
        return constant;
    }

    private boolean isConstant(String name) throws IOException {
        WeightFile first = targets.getFirst().output().template();
        for (BlockComputer.BlockTarget target : targets)
            if (!same(name, first, target.output().template())) return false;
        for (WeightFile input : inputs) if (!same(name, first, input)) return false;
        return same(name, first, recipe.inputs().getFirst())
                && same(name, first, recipe.inputs().getLast());
    }

    private boolean same(String name, WeightFile a, WeightFile b) throws IOException {
        if (a.equals(b)) return true;
        Tensor inA = a.tensor(name).orElseThrow();
        Tensor inB = b.tensor(name).orElseThrow();
        double[] valuesA = new double[CHUNK];
        double[] valuesB = new double[CHUNK];
        try (OpenFiles.Inputs files = open.open(List.of(a, b))) {
            for (long done = 0; done < inA.elements(); done += CHUNK) {
                int count = (int) Math.min(CHUNK, inA.elements() - done);
                read(files, 0, inA, done, count, valuesA);
                read(files, 1, inB, done, count, valuesB);
                if (!Arrays.equals(valuesA, 0, count, valuesB, 0, count)) return false;
            }
            files.verify();
            return true;
        }
    }

    private static void read(OpenFiles.Inputs files, int file, Tensor tensor, long first, int count, double[] to)
            throws IOException {
        MemorySegment stored =
                MemorySegment.ofArray(new byte[count * tensor.dtype().bytes()]);
        files.read(file, tensor, tensor.shape().axes(), first, count, stored);
        Elements.toDoubles(tensor.dtype(), stored, 0, to, 0, count);
    }
}
