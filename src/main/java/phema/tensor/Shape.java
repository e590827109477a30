package phema.tensor;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/** Holds the dimensions of a tensor, outermost first; empty for a scalar. */
public record Shape(List<Long> dims) {
    public Shape {
        dims = List.copyOf(dims);
        long elements = 1;
        for (long d : dims) {
            if (d < 0) throw new IllegalArgumentException("negative dimension " + d);
            elements = Math.multiplyExact(elements, d);
        }
    }

    public static Shape of(long... dims) {
        return new Shape(java.util.Arrays.stream(dims).boxed().toList());
    }

    public int rank() {
        return dims.size();
    }

    public long elements() {
        long n = 1;
        for (long d : dims) n *= d;
        return n;
    }

    /** Strides, in elements, of a row-major tensor of this shape. */
    public List<Long> contiguousStrides() {
        List<Long> strides = new ArrayList<>(Collections.nCopies(rank(), 1L));
        for (int i = rank() - 2; i >= 0; i--) strides.set(i, strides.get(i + 1) * Math.max(dims.get(i + 1), 1));
        return List.copyOf(strides);
    }

    /** The dimensions in row-major order, outermost first: 0, 1, ... */
    public List<Integer> axes() {
        return IntStream.range(0, rank()).boxed().toList();
    }

    /** {@code [64, 32, 3, 3]}. */
    @Override
    public String toString() {
        return dims.toString();
    }
}
