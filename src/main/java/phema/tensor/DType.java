package phema.tensor;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Lists the element types of stored tensors, little-endian. Names are those of the safetensors format. */
public enum DType {
    F64(8, 53, -1022),
    F32(4, 24, -126),
    F16(2, 11, -14),
    BF16(2, 8, -126),
    F8_E4M3(1, 4, -6),
    F8_E5M2(1, 3, -14),
    /** Powers of two, as scales of blocks. */
    F8_E8M0(1),
    /** Eight bits with zero and NaN as some accelerators have them. */
    F8_E4M3FNUZ(1),
    F8_E5M2FNUZ(1),
    /** Four bits, two in a byte. */
    F4(4, true),
    /** Six bits, four in three bytes. */
    F6_E2M3(6, true),
    F6_E3M2(6, true),
    /** Complex numbers of two F32. */
    C64(8),
    I64(8),
    I32(4),
    I16(2),
    I8(1),
    U64(8),
    U32(4),
    U16(2),
    U8(1),
    BOOL(1);

    private static final Map<String, DType> BY_NAME =
            Arrays.stream(values()).collect(Collectors.toMap(DType::name, dtype -> dtype));

    private final int bits;
    private final int precision;
    private final int minExponent;

    DType(int bytes) {
        this(bytes, 0, 0);
    }

    DType(int bytes, int precision, int minExponent) {
        this.bits = 8 * bytes;
        this.precision = precision;
        this.minExponent = minExponent;
    }

    @SuppressWarnings("unused") // the flag tells this constructor from the one for bytes
    DType(int bits, boolean packed) {
        this.bits = bits;
        precision = 0;
        minExponent = 0;
    }

    public static Optional<DType> named(String safetensorsName) {
        return Optional.ofNullable(BY_NAME.get(safetensorsName));
    }

    /** Size of an element in bytes; 1 for elements that share bytes, which are read and written byte by byte. */
    public int bytes() {
        return isPacked() ? 1 : bits / 8;
    }

    /**
     * Size of so many elements in bytes.
     *
     * @throws ArithmeticException when it is no number, or one beyond {@code long}
     */
    public long bytes(long elements) {
        if (!isPacked()) return Math.multiplyExact(elements, bytes());
        long all = Math.multiplyExact(elements, bits);
        if (all % 8 != 0) throw new ArithmeticException(elements + " elements of " + this + " fill no whole bytes");
        return all / 8;
    }

    /** Whether several elements share a byte. */
    public boolean isPacked() {
        return bits < 8;
    }

    public boolean isFloating() {
        return precision > 0;
    }

    /** The least magnitude that this floating type rounds to something not finite. */
    public float overflow() {
        return switch (this) {
            case F16 -> 65520f;
            case BF16 -> 0x1.ffp127f;
            case F8_E4M3 -> Math.nextUp(464f);
            case F8_E5M2 -> 61440f;
            case F64, F32 -> Float.POSITIVE_INFINITY;
            case F8_E8M0, F8_E4M3FNUZ, F8_E5M2FNUZ, F4, F6_E2M3, F6_E3M2, C64 -> Float.POSITIVE_INFINITY;
            case I64, I32, I16, I8, U64, U32, U16, U8, BOOL -> Float.POSITIVE_INFINITY;
        };
    }

    /**
     * The distance between {@code value} and the next number of this floating type, constant
     * ({@code 2^(minExponent-precision+1)}) among its denormals. A value rounded to this type carries an error of
     * variance {@code ulp^2 / 12}.
     */
    public double ulp(double value) {
        int exponent = Math.max(Math.getExponent(value), minExponent);
        return Math.scalb(1.0, exponent - precision + 1);
    }
}
