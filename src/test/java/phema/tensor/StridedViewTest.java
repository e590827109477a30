package phema.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StridedViewTest {
    /** Elements of two bytes, each of which holds its own index. */
    private static final byte[] FILE = new byte[1 << 12];

    static {
        for (int i = 0; i < FILE.length / 2; i++) {
            FILE[2 * i] = (byte) i;
            FILE[2 * i + 1] = (byte) (i >> 8);
        }
    }

    private static void read(long position, ByteBuffer buffer) {
        buffer.put(FILE, (int) position, buffer.remaining());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            4,5     | 5,1   | true
            4,5     | 1,4   | false
            4,5     | 0,1   | false
            4,5     | 7,1   | false
            1,5     | 99,1  | true
            4,1     | 1,99  | true
            4,0     | 9,9   | true
            ''      | ''    | true
            """)
    void knowsWhetherElementsLieSideBySide(String dims, String strides, boolean contiguous) {
        assertThat(view(numbers(dims), numbers(strides), 0).isContiguous()).isEqualTo(contiguous);
    }

    /**
     * Of any shape, with gaps, repetitions and dimensions in any order; each range against positions computed one by
     * one.
     */
    @ParameterizedTest
    @CsvSource({"1", "16", "300", "4096"})
    void readsEveryElementFromWhereItLies(int window) throws IOException {
        Random random = new Random(window);
        for (int round = 0; round < 200; round++) {
            List<Long> dims = new ArrayList<>();
            List<Long> strides = new ArrayList<>();
            for (int d = random.nextInt(4); d >= 0; d--) {
                dims.add(1L + random.nextInt(5));
                strides.add((long) random.nextInt(40));
            }
            List<Integer> axes = new ArrayList<>(new Shape(dims).axes());
            Collections.shuffle(axes, random);
            int position = 2 * random.nextInt(100);
            StridedView view = new StridedView(DType.I16, new Shape(dims), strides, axes, position);
            int elements = (int) new Shape(dims).elements();
            int first = random.nextInt(elements);
            int count = random.nextInt(elements - first + 1);
            byte[] packed = new byte[2 * count];
            view.read(first, count, MemorySegment.ofArray(packed), window, StridedViewTest::read);
            for (int i = 0; i < count; i++) {
                int rest = first + i;
                int index = position / 2;
                for (int axis : axes.reversed()) {
                    index += rest % dims.get(axis) * strides.get(axis);
                    rest /= dims.get(axis);
                }
                assertThat((packed[2 * i] & 0xff) | packed[2 * i + 1] << 8)
                        .describedAs("%s %s %s, element %d", dims, strides, axes, first + i)
                        .isEqualTo(index);
            }
        }
    }

    private static StridedView view(List<Long> dims, List<Long> strides, long position) {
        Shape shape = new Shape(dims);
        return new StridedView(DType.I16, shape, strides, shape.axes(), position);
    }

    private static List<Long> numbers(String list) {
        return list.isEmpty()
                ? List.of()
                : List.of(list.split(",")).stream().map(Long::valueOf).toList();
    }
}
