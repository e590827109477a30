package phema.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Converts stored elements to numbers and back. Narrowing rounds to the nearest, ties to even, and overflows as
 * PyTorch's conversions do: to infinity, or to NaN in {@link DType#F8_E4M3}, which has no infinity. Offsets are in
 * bytes and need no alignment.
 *
 * <p>Only floating types: anything else is an {@link IllegalArgumentException}, since nothing ever computes with it.
 */
public final class Elements {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfDouble DOUBLE =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** The answer whether floats lie in memory as in files, so that two of them can be handled as one number. */
    private static final boolean PAIRS = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;

    private static final int PAIRED_AT_ONCE = 512;

    private static final int NAN = 0x7f;

    /** The length below which runs gain little from vectors; samples of weights are shorter. */
    private static final int FEW = 256;

    private static final Float8 E4M3 = new Float8(3, 7, 0x7e, NAN);
    private static final Float8 E5M2 = new Float8(2, 15, 0x7b, 0x7c);

    private Elements() {}

    /** Reads {@code count} elements that begin at byte {@code offset} of {@code from} into {@code to[start]} and on. */
    public static void toFloats(DType dtype, MemorySegment from, long offset, float[] to, int start, int count) {
        switch (dtype) {
            case F64 -> {
                for (int i = 0; i < count; i++) to[start + i] = (float) from.get(DOUBLE, offset + 8L * i);
            }
            case F32 -> MemorySegment.copy(from, FLOAT, offset, to, start, count);
            case F16 -> {
                if (count < FEW || !from.isNative()) widenSome(from, offset, to, start, count);
                else widen(from, offset, to, start, count);
            }
            case BF16 -> {
                int paired = PAIRS && from.isNative() && count >= FEW ? count & ~1 : 0;
                widenPairs(from, offset, to, start, paired);
                for (int i = paired; i < count; i++)
                    to[start + i] = Float.intBitsToFloat(from.get(SHORT, offset + 2L * i) << 16);
            }
            case F8_E4M3 -> E4M3.decode(from, offset, to, start, count);
            case F8_E5M2 -> E5M2.decode(from, offset, to, start, count);
            case F8_E8M0, F8_E4M3FNUZ, F8_E5M2FNUZ, F4, F6_E2M3, F6_E3M2, C64 -> throw notFloating(dtype);
            case I64, I32, I16, I8, U64, U32, U16, U8, BOOL -> throw notFloating(dtype);
        }
    }

    /** Converts as {@link #toFloats} does, without loss for every type. */
    public static void toDoubles(DType dtype, MemorySegment from, long offset, double[] to, int start, int count) {
        if (dtype == DType.F64) {
            MemorySegment.copy(from, DOUBLE, offset, to, start, count);
            return;
        }
        float[] floats = new float[count];
        toFloats(dtype, from, offset, floats, 0, count);
        for (int i = 0; i < count; i++) to[start + i] = floats[i];
    }

    /**
     * Writes {@code count} numbers, {@code from[start]} and on, as elements that begin at byte {@code offset} of
     * {@code to}.
     */
    public static void fromFloats(DType dtype, float[] from, int start, int count, MemorySegment to, long offset) {
        switch (dtype) {
            case F64 -> {
                for (int i = 0; i < count; i++) to.set(DOUBLE, offset + 8L * i, from[start + i]);
            }
            case F32 -> MemorySegment.copy(from, start, to, FLOAT, offset, count);
            case F16 -> {
                if (count < FEW || !to.isNative()) narrowSome(from, start, count, to, offset);
                else narrow(from, start, count, to, offset);
            }
            case BF16 -> {
                int paired = PAIRS && to.isNative() && count >= FEW ? count & ~1 : 0;
                narrowPairs(from, start, paired, to, offset);
                for (int i = paired; i < count; i++)
                    to.set(SHORT, offset + 2L * i, (short)
                            (toBFloat16(Float.floatToRawIntBits(from[start + i])) >>> 16));
            }
            case F8_E4M3 -> E4M3.encode(from, start, count, to, offset);
            case F8_E5M2 -> E5M2.encode(from, start, count, to, offset);
            case F8_E8M0, F8_E4M3FNUZ, F8_E5M2FNUZ, F4, F6_E2M3, F6_E3M2, C64 -> throw notFloating(dtype);
            case I64, I32, I16, I8, U64, U32, U16, U8, BOOL -> throw notFloating(dtype);
        }
    }

    // The JIT compiler vectorizes a loop only when all it has seen there are long runs in one kind of memory. Hence
    // each loop of half precision twice, to keep
    // single elements and arrays from spoiling it for those that count, by a factor of fifteen.

    private static void widen(MemorySegment from, long offset, float[] to, int start, int count) {
        for (int i = 0; i < count; i++) to[start + i] = Float.float16ToFloat(from.get(SHORT, offset + 2L * i));
    }

    private static void widenSome(MemorySegment from, long offset, float[] to, int start, int count) {
        for (int i = 0; i < count; i++) to[start + i] = Float.float16ToFloat(from.get(SHORT, offset + 2L * i));
    }

    private static void narrow(float[] from, int start, int count, MemorySegment to, long offset) {
        for (int i = 0; i < count; i++) to.set(SHORT, offset + 2L * i, Float.floatToFloat16(from[start + i]));
    }

    private static void narrowSome(float[] from, int start, int count, MemorySegment to, long offset) {
        for (int i = 0; i < count; i++) to.set(SHORT, offset + 2L * i, Float.floatToFloat16(from[start + i]));
    }

    // For bfloat16 there is no instruction that the compiler would use, and it vectorizes neither loops that widen 16
    // bits
    // to 32 by themselves nor the step from bits to float. It does vectorize 32 to 64 bits and back: hence two elements
    // at
    // a time, and floats taken as the integers that they are in memory.

    private static void widenPairs(MemorySegment from, long offset, float[] to, int start, int count) {
        MemorySegment floats = MemorySegment.ofArray(to);
        for (int i = 0; i < count / 2; i++) {
            int two = from.get(INT, offset + 4L * i);
            long second = (long) (two & 0xffff0000) << 32;
            floats.set(LONG, 4L * start + 8L * i, second | ((two << 16) & 0xffffffffL));
        }
    }

    private static void narrowPairs(float[] from, int start, int count, MemorySegment to, long offset) {
        MemorySegment floats = MemorySegment.ofArray(from);
        long[] rounded = new long[Math.min(count, PAIRED_AT_ONCE) / 2];
        MemorySegment roundedInts = MemorySegment.ofArray(rounded);
        for (int done = 0; done < count; done += PAIRED_AT_ONCE) {
            int n = Math.min(PAIRED_AT_ONCE, count - done);
            roundAll(floats, 4L * (start + done), roundedInts, n);
            packPairs(rounded, n / 2, to, offset + 2L * done);
        }
    }

    private static void roundAll(MemorySegment floats, long offset, MemorySegment to, int count) {
        for (int i = 0; i < count; i++) to.set(INT, 4L * i, toBFloat16(floats.get(INT, offset + 4L * i)));
    }

    private static void packPairs(long[] pairs, int count, MemorySegment to, long offset) {
        for (int i = 0; i < count; i++) {
            long two = pairs[i];
            to.set(INT, offset + 4L * i, (int) (((two >>> 16) & 0xffff) | ((two >>> 32) & 0xffff0000L)));
        }
    }

    /** The upper half of the result, of a float's bits, is the bfloat16. Without a branch, for the sake of vectors. */
    private static int toBFloat16(int bits) {
        // Half of the last kept bit, less one unless that bit is odd: a tie then carries into odd ones only.
        int rounded = bits + 0x7fff + ((bits >>> 16) & 1);
        int ifNaN = (0x7f800000 - (bits & 0x7fffffff)) >> 31;
        return (rounded & ~ifNaN) | ((bits | 0x400000) & ifNaN);
    }

    private static IllegalArgumentException notFloating(DType dtype) {
        return new IllegalArgumentException(dtype + " is not a floating type");
    }

    /** The eight-bit formats of OCP OFP8, section 5. */
    private static final class Float8 {
        private final int mantissaBits;
        private final int bias;
        private final int largest;
        private final int overflow;
        private final float[] values = new float[256];

        /**
         * @param largest code of the largest finite number
         * @param overflow code of what lies beyond it
         */
        Float8(int mantissaBits, int bias, int largest, int overflow) {
            this.mantissaBits = mantissaBits;
            this.bias = bias;
            this.largest = largest;
            this.overflow = overflow;
            for (int code = 0; code < 128; code++) {
                values[code] = value(code);
                values[code | 0x80] = -values[code];
            }
        }

        private float value(int code) {
            if (code > largest) return code == overflow && code != NAN ? Float.POSITIVE_INFINITY : Float.NaN;
            int exponent = Math.max(code >> mantissaBits, 1);
            int mantissa = code - ((exponent - 1) << mantissaBits);
            return Math.scalb((float) mantissa, exponent - bias - mantissaBits);
        }

        void decode(MemorySegment from, long offset, float[] to, int start, int count) {
            for (int i = 0; i < count; i++) to[start + i] = values[from.get(ValueLayout.JAVA_BYTE, offset + i) & 0xff];
        }

        void encode(float[] from, int start, int count, MemorySegment to, long offset) {
            for (int i = 0; i < count; i++) to.set(ValueLayout.JAVA_BYTE, offset + i, code(from[start + i]));
        }

        private byte code(float value) {
            int sign = Float.floatToRawIntBits(value) >>> 24 & 0x80;
            double magnitude = Math.abs(value);
            if (Float.isNaN(value)) return (byte) (sign | NAN);
            if (magnitude > 1e9) return (byte) (sign | overflow);
            int exponent = Math.max(Math.getExponent(magnitude), 1 - bias);
            // Exact up to rint, which rounds ties to even; a carry runs into the exponent by itself.
            int code = (int) Math.rint(Math.scalb(magnitude, mantissaBits - exponent))
                    + ((exponent + bias - 1) << mantissaBits);
            return (byte) (sign | (code > largest ? overflow : code));
        }
    }
}
