package phema.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import phema.RandomCase;
import phema.RandomCases;

class ElementsTest {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /**
     * Codes and values of IEEE 754 (table 3.5), of bfloat16 (upper half of binary32) and of OCP OFP8 (table 1), with
     * what lies on ties.
     */
    @ParameterizedTest(name = "{0} {1} is {2}")
    @CsvSource({
        "F64, 3ff0000000000000, 1.0",
        "F64, c008000000000000, -3.0",
        "F32, 3f800000, 1.0",
        "F32, 00000001, 1.4e-45",
        "F32, ff7fffff, -3.4028235e38",
        "F16, 3c00, 1.0",
        "F16, 7bff, 65504",
        "F16, 0001, 5.9604645e-8",
        "F16, 8400, -6.1035156e-5",
        "F16, 7c00, Infinity",
        "BF16, 3f80, 1.0",
        "BF16, 7f7f, 3.3895314e38",
        "BF16, 0001, 9.1835e-41",
        "BF16, ff80, -Infinity",
        "F8_E4M3, 38, 1.0",
        "F8_E4M3, 7e, 448",
        "F8_E4M3, 08, 0.015625",
        "F8_E4M3, 07, 0.013671875",
        "F8_E4M3, 01, 0.001953125",
        "F8_E4M3, fe, -448",
        "F8_E5M2, 3c, 1.0",
        "F8_E5M2, 7b, 57344",
        "F8_E5M2, 04, 6.1035156e-5",
        "F8_E5M2, 03, 4.5776367e-5",
        "F8_E5M2, 01, 1.5258789e-5",
        "F8_E5M2, fc, -Infinity",
    })
    void readsAndWritesThePublishedCodes(DType dtype, String code, float value) {
        long bits = Long.parseUnsignedLong(code, 16);
        assertThat(decode(dtype, bits)).isEqualTo(value);
        assertThat(encode(dtype, value)).isEqualTo(bits);
    }

    @ParameterizedTest(name = "{1} as {0} is {2}")
    @CsvSource({
        // Half way between two neighbours: to the even one.
        "F16, 1.00048828125, 3c00",
        "F16, 1.00146484375, 3c02",
        "F16, 2.9802322e-8, 0000",
        "F16, 2.98023260e-8, 0001",
        "F16, 65519.99, 7bff",
        "F16, 65520, 7c00",
        "BF16, 1.00390625, 3f80",
        "BF16, 1.01171875, 3f82",
        "BF16, 1.00390637, 3f81",
        "BF16, 3.4028235e38, 7f80",
        "F8_E4M3, 1.0625, 38",
        "F8_E4M3, 1.1875, 3a",
        "F8_E4M3, 0.0009765625, 00",
        "F8_E4M3, 0.0009766, 01",
        "F8_E4M3, 0.0146484375, 08",
        "F8_E4M3, 464, 7e",
        "F8_E4M3, 464.1, 7f",
        "F8_E4M3, -Infinity, ff",
        "F8_E5M2, 1.125, 3c",
        "F8_E5M2, 1.375, 3e",
        "F8_E5M2, 61439, 7b",
        "F8_E5M2, 61440, 7c",
        "F8_E5M2, -0.0, 80",
    })
    void roundsToTheNearestAndTiesToEven(DType dtype, float value, String code) {
        assertThat(encode(dtype, value)).isEqualTo(Long.parseUnsignedLong(code, 16));
    }

    @ParameterizedTest
    @EnumSource(names = {"F16", "BF16", "F8_E4M3", "F8_E5M2"})
    void everyCodeSurvivesTheWayThereAndBack(DType dtype) {
        for (int code = 0; code < 1 << (8 * dtype.bytes()); code++) {
            float value = decode(dtype, code);
            if (Float.isNaN(value))
                assertThat(decode(dtype, encode(dtype, value))).isNaN();
            else assertThat(encode(dtype, value)).isEqualTo(code);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"F64", "F32", "F16", "BF16", "F8_E4M3", "F8_E5M2"})
    void notANumberStaysOne(DType dtype) {
        // The payload lies in bits that the narrow types drop.
        assertThat(decode(dtype, encode(dtype, Float.intBitsToFloat(0x7f800001))))
                .isNaN();
    }

    @RandomCases
    void noOtherCodeIsNearer(RandomCase random) {
        float value = switch (random.nextInt(3)) {
            case 0 -> Float.intBitsToFloat(random.between(Integer.MIN_VALUE, Integer.MAX_VALUE)); // of every exponent
            case 1 -> (float) random.between(-500.0, 500);
            default -> (float) (random.nextGaussian() * Math.exp(4 * random.nextGaussian()));
        };
        for (DType dtype : new DType[] {DType.F16, DType.BF16, DType.F8_E4M3, DType.F8_E5M2}) {
            float written = decode(dtype, encode(dtype, value));
            if (Float.isNaN(written) || Float.isInfinite(written)) continue;
            assertThat(Math.abs((double) written - value)).isLessThanOrEqualTo(dtype.ulp(value) / 2);
        }
    }

    @Test
    void doublesLoseNothing() {
        MemorySegment segment = MemorySegment.ofArray(new byte[17]);
        segment.set(ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 9, 0.1);
        double[] values = new double[3];
        Elements.toDoubles(DType.F64, segment, 9, values, 2, 1);
        assertThat(values).containsExactly(0, 0, 0.1);
        Elements.fromFloats(DType.BF16, new float[] {7, 8}, 1, 1, segment, 3);
        Elements.toDoubles(DType.BF16, segment, 3, values, 1, 1);
        assertThat(values).containsExactly(0, 8, 0.1);
    }

    @Test
    void offsetsNeedNoAlignmentAndNeighboursAreLeftAlone() {
        for (DType dtype : DType.values()) {
            if (!dtype.isFloating()) continue;
            MemorySegment segment = MemorySegment.ofArray(new byte[40]).fill((byte) 0x55);
            Elements.fromFloats(dtype, new float[] {9, 1, -2, 9}, 1, 2, segment, 3);
            float[] values = {5, 5, 5, 5};
            Elements.toFloats(dtype, segment, 3, values, 1, 2);
            assertThat(values).containsExactly(5, 1, -2, 5);
            assertThat(segment.get(ValueLayout.JAVA_BYTE, 2)).isEqualTo((byte) 0x55);
            assertThat(segment.get(ValueLayout.JAVA_BYTE, 3 + 2 * dtype.bytes()))
                    .isEqualTo((byte) 0x55);
        }
    }

    /** Long runs outside of the heap take other paths than single elements. */
    @ParameterizedTest
    @EnumSource(names = {"F16", "BF16"})
    void longRunsAreWhatSingleElementsAre(DType dtype) {
        Random random = new Random(3);
        try (Arena arena = Arena.ofConfined()) {
            for (int count : new int[] {15, 16, 17, 511, 512, 513, 1700}) {
                float[] values = new float[count + 3];
                for (int i = 0; i < values.length; i++) values[i] = Float.intBitsToFloat(random.nextInt());
                values[3] = Float.intBitsToFloat(0x7f800001); // NaN, infinity and what rounds to it, a tie
                values[4] = Float.NEGATIVE_INFINITY;
                values[5] = Float.MAX_VALUE;
                values[6] = 1.00390625f;
                MemorySegment stored = arena.allocate(2L * count + 7).fill((byte) 0x55);
                Elements.fromFloats(dtype, values, 3, count, stored, 5);
                float[] read = new float[count + 2];
                Elements.toFloats(dtype, stored, 5, read, 1, count);
                for (int i = 0; i < count; i++) {
                    long code = encode(dtype, values[3 + i]);
                    assertThat((long) Short.toUnsignedInt(stored.get(SHORT, 5 + 2L * i)))
                            .as("%s", values[3 + i])
                            .isEqualTo(code);
                    assertThat(read[1 + i]).isEqualTo(Float.valueOf(decode(dtype, code)));
                }
                assertThat(read[0]).isZero();
                assertThat(read[count + 1]).isZero();
                assertThat(stored.get(ValueLayout.JAVA_BYTE, 4)).isEqualTo((byte) 0x55);
                assertThat(stored.get(ValueLayout.JAVA_BYTE, 5 + 2L * count)).isEqualTo((byte) 0x55);
            }
        }
    }

    @Test
    void integersAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> Elements.toFloats(DType.I64, MemorySegment.ofArray(new byte[8]), 0, new float[1], 0, 1))
                .withMessage("I64 is not a floating type");
    }

    private static float decode(DType dtype, long code) {
        MemorySegment segment = MemorySegment.ofArray(new byte[8]);
        segment.set(ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 0, code);
        float[] value = new float[1];
        Elements.toFloats(dtype, segment, 0, value, 0, 1);
        return value[0];
    }

    private static long encode(DType dtype, float value) {
        MemorySegment segment = MemorySegment.ofArray(new byte[8]);
        Elements.fromFloats(dtype, new float[] {value}, 0, 1, segment, 0);
        return segment.get(ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 0);
    }
}
