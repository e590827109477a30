package phema.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import phema.RandomCase;
import phema.RandomCases;
import phema.tensor.DType;
import phema.tensor.Shape;

class PiecesTest {
    private static final DType TYPE = DType.I16;

    /** A file of two-byte elements, each of which is its own index in the whole. */
    private static final class Cut {
        final Shape whole;
        final Pieces.PieceList pieces;
        final List<ByteBuffer> files = new ArrayList<>();

        Cut(Shape whole) {
            this.whole = whole;
            pieces = new Pieces.PieceList(whole);
        }

        /** Lays a piece out with its dimensions in any order and with gaps. */
        void add(List<Long> origin, Shape box, List<Integer> layout, int gap) {
            long[] strides = new long[box.rank()];
            long step = 1 + gap;
            for (int i = box.rank() - 1; i >= 0; i--) {
                strides[layout.get(i)] = step;
                step = step * box.dims().get(layout.get(i)) + gap;
            }
            int lead = 2 * gap;
            ByteBuffer file = ByteBuffer.allocate((int) (2 * step + lead + 2));
            for (long i = 0; i < box.elements(); i++) {
                long rest = i;
                long at = 0;
                long index = 0;
                long unit = 1;
                for (int axis = box.rank() - 1; axis >= 0; axis--) {
                    long x = rest % box.dims().get(axis);
                    rest /= box.dims().get(axis);
                    at += x * strides[axis];
                    index += (origin.get(axis) + x) * unit;
                    unit *= whole.dims().get(axis);
                }
                file.putShort((int) (lead + 2 * at), (short) index);
            }
            pieces.add(
                    files.size(),
                    lead,
                    origin,
                    box,
                    LongStream.of(strides).boxed().toList());
            files.add(file);
        }

        void cut(RandomCase random, List<Long> origin, List<Long> dims, int depth) {
            int axis = dims.isEmpty() ? -1 : random.nextInt(dims.size());
            if (depth == 0 || axis < 0) {
                List<Integer> layout =
                        new ArrayList<>(IntStream.range(0, dims.size()).boxed().toList());
                if (random.nextInt(3) == 0) Collections.shuffle(layout, new Random(random.nextLong()));
                add(origin, new Shape(dims), layout, random.nextInt(4) == 0 ? 1 : 0);
                return;
            }
            long at = random.between(0, dims.get(axis));
            List<Long> left = new ArrayList<>(dims);
            List<Long> right = new ArrayList<>(dims);
            List<Long> middle = new ArrayList<>(origin);
            left.set(axis, at);
            right.set(axis, dims.get(axis) - at);
            middle.set(axis, origin.get(axis) + at);
            // Cuts that only go through some pieces make a grid with larger and smaller cells.
            cut(random, origin, left, depth - 1);
            cut(random, middle, right, random.nextInt(depth));
        }

        Tensor tensor() {
            return Tensor.of("t", TYPE, whole, pieces.all(), Tensor.TensorRole.PARAMETER);
        }

        short[] read(List<Integer> axes, long first, int count, int window) throws IOException {
            byte[] read = new byte[2 * count];
            tensor().read(
                            axes,
                            first,
                            count,
                            MemorySegment.ofArray(read),
                            window,
                            (part, position, buffer) ->
                                    buffer.put(files.get(part).slice((int) position, buffer.remaining())));
            short[] values = new short[count];
            ByteBuffer.wrap(read).asShortBuffer().get(values);
            return values;
        }
    }

    @RandomCases
    void anyRangeIsReadInAnyOrderWhateverTheCuts(RandomCase random) throws IOException {
        List<Long> dims = random.list(1, 4, () -> random.between(1L, 9L));
        Shape whole = new Shape(dims);
        Cut cut = new Cut(whole);
        cut.cut(random, Collections.nCopies(dims.size(), 0L), dims, random.between(0, 5));

        List<Integer> axes = new ArrayList<>(whole.axes());
        if (random.nextBoolean()) Collections.shuffle(axes, new Random(random.nextLong()));
        int first = random.between(0, (int) whole.elements());
        int count = random.between(0, (int) whole.elements() - first);
        short[] expected = new short[count];
        for (int i = 0; i < count; i++) {
            long rest = first + i;
            long index = 0;
            for (int k = dims.size() - 1; k >= 0; k--) {
                int axis = axes.get(k);
                index += rest % dims.get(axis) * whole.contiguousStrides().get(axis);
                rest /= dims.get(axis);
            }
            expected[i] = (short) index;
        }
        assertThat(cut.read(axes, first, count, random.between(1, 64))).isEqualTo(expected);
    }

    @Test
    void longRunsAndShortOnesAreReadAlike() throws IOException {
        Cut rows = new Cut(Shape.of(64, 500));
        Cut columns = new Cut(Shape.of(64, 500));
        for (long i = 0; i < 4; i++) {
            rows.add(List.of(16 * i, 0L), Shape.of(16, 500), List.of(0, 1), 0);
            columns.add(List.of(0L, 125 * i), Shape.of(64, 125), List.of(0, 1), 0);
        }
        short[] all = rows.read(List.of(0, 1), 0, 32_000, 1 << 10);
        for (int i = 0; i < all.length; i++) assertThat(all[i]).isEqualTo((short) i);
        assertThat(columns.read(List.of(0, 1), 0, 32_000, 1 << 10)).isEqualTo(all);
    }

    @Test
    void piecesOfElementsEndToEndAreReadInAnyOrder() throws IOException {
        Cut cut = new Cut(Shape.of(24));
        cut.add(List.of(0L), Shape.of(5), List.of(0), 0);
        cut.add(List.of(5L), Shape.of(19), List.of(0), 0);
        Tensor tensor = Tensor.of("t", TYPE, Shape.of(4, 6), cut.pieces.all(), Tensor.TensorRole.PARAMETER);
        ByteBuffer rows = ByteBuffer.allocate(48);
        ByteBuffer columns = ByteBuffer.allocate(48);
        PartSource source =
                (part, position, buffer) -> buffer.put(cut.files.get(part).slice((int) position, buffer.remaining()));
        tensor.read(List.of(0, 1), 0, 24, MemorySegment.ofBuffer(rows), 64, source);
        tensor.read(List.of(1, 0), 0, 24, MemorySegment.ofBuffer(columns), 64, source);
        for (int i = 0; i < 24; i++) {
            assertThat(rows.getShort(2 * i)).isEqualTo((short) i);
            assertThat(columns.getShort(2 * i)).isEqualTo((short) (i % 4 * 6 + i / 4));
        }
    }

    @Test
    void onePieceIsATensorInOnePlace() {
        Cut cut = new Cut(Shape.of(4, 6));
        cut.add(List.of(0L, 0L), Shape.of(4, 6), List.of(1, 0), 0);
        cut.add(List.of(4L, 0L), Shape.of(0, 6), List.of(0, 1), 0);
        assertThat(cut.tensor())
                .isEqualTo(new Tensor("t", TYPE, Shape.of(4, 6), List.of(1L, 4L), 0, 0, Tensor.TensorRole.PARAMETER));
    }

    @Test
    void elementsThatNoPieceHasAreMissed() {
        Cut cut = new Cut(Shape.of(4, 6));
        cut.add(List.of(0L, 0L), Shape.of(4, 3), List.of(0, 1), 0);
        cut.add(List.of(1L, 3L), Shape.of(3, 3), List.of(0, 1), 0);
        assertThatThrownBy(cut::tensor)
                .hasMessage("has 21 elements in 2 pieces where its shape [4, 6] has 24; a rank's file or its metadata"
                        + " is missing");
        assertThatThrownBy(new Cut(Shape.of())::tensor).hasMessageContaining("has 0 elements");
    }

    @Test
    void elementsThatSeveralPiecesHaveAreNamed() {
        Cut cut = new Cut(Shape.of(4, 6));
        cut.add(List.of(0L, 0L), Shape.of(3, 6), List.of(0, 1), 0);
        cut.add(List.of(2L, 4L), Shape.of(2, 2), List.of(0, 1), 0);
        assertThatThrownBy(cut::tensor).hasMessage("has pieces that overlap, such as the one at [2, 4]");
    }

    @Test
    void aPieceLiesWithinTheWhole() {
        Pieces.PieceList pieces = new Pieces.PieceList(Shape.of(4, 6));
        assertThatThrownBy(() -> pieces.add(0, 0, List.of(2L, 0L), Shape.of(3, 6), List.of(6L, 1L)))
                .hasMessage("has a piece [3, 6] at [2, 0], beyond its shape [4, 6]");
        assertThatThrownBy(() -> pieces.add(0, 0, List.of(-1L, 0L), Shape.of(1, 1), List.of(1L, 1L)))
                .hasMessageContaining("beyond");
        assertThatThrownBy(() -> pieces.add(0, 0, List.of(0L), Shape.of(1), List.of(1L)))
                .hasMessageContaining("1 dimensions");
    }

    @Test
    void cutsThatMakeTooFineAGridAreRefused() {
        Pieces.PieceList pieces = new Pieces.PieceList(Shape.of(10_000, 10_000));
        for (long i = 0; i < 10_000; i++) pieces.add(0, 0, List.of(i, i), Shape.of(1, 1), List.of(1L, 1L));
        assertThatThrownBy(pieces::all).hasMessage("is cut into 10000 pieces too irregularly");
    }
}
