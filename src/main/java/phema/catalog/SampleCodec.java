package phema.catalog;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Packs the numbers of a file's samples: values as singles where none has more digits, and of their rounding the
 * exponent of the unit in the last place, which is all there is to it.
 */
final class SampleCodec {
    private SampleCodec() {}

    /** @param samples by the prefix of their tensors; those whose numbers are elsewhere are read from there */
    static byte[] pack(Map<String, RememberedFile.Sampled> samples) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            for (Map.Entry<String, RememberedFile.Sampled> sample : new TreeMap<>(samples).entrySet()) {
                Optional<SampledElements> numbers = sample.getValue().numbers().read();
                if (numbers.isEmpty()) continue;
                out.writeBoolean(true);
                out.writeUTF(sample.getKey());
                out.writeUTF(sample.getValue().plan());
                write(numbers.get(), out);
            }
            out.writeBoolean(false);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** The numbers of one sample; empty where another plan made it, or there is none. */
    static Optional<SampledElements> find(byte[] packed, String prefix, String plan) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(packed))) {
            while (in.readBoolean()) {
                boolean wanted = in.readUTF().equals(prefix) & in.readUTF().equals(plan);
                SampledElements numbers = read(in);
                if (wanted) return Optional.of(numbers);
            }
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void write(SampledElements numbers, DataOutputStream out) throws IOException {
        double[] values = numbers.values();
        boolean singles = true;
        for (double value : values) singles &= Double.compare((float) value, value) == 0;
        out.writeInt(values.length);
        out.writeBoolean(singles);
        int bytes = (singles ? Float.BYTES : Double.BYTES) + Short.BYTES;
        ByteBuffer packed = ByteBuffer.allocate(values.length * bytes);
        for (double value : values) {
            if (singles) packed.putFloat((float) value);
            else packed.putDouble(value);
        }
        for (double variance : numbers.roundingVariances())
            packed.putShort((short) (variance > 0 ? exponentOfUlp(variance) : Short.MIN_VALUE));
        out.write(packed.array());
    }

    /** The square root is a power of two but for its own rounding, which must not make it the one below. */
    private static int exponentOfUlp(double variance) {
        return Math.getExponent(1.25 * Math.sqrt(12 * variance));
    }

    private static SampledElements read(DataInputStream in) throws IOException {
        double[] values = new double[in.readInt()];
        boolean singles = in.readBoolean();
        int bytes = (singles ? Float.BYTES : Double.BYTES) + Short.BYTES;
        ByteBuffer packed = ByteBuffer.wrap(in.readNBytes(values.length * bytes));
        for (int i = 0; i < values.length; i++) values[i] = singles ? packed.getFloat() : packed.getDouble();
        double[] variances = new double[values.length];
        for (int i = 0; i < variances.length; i++) {
            short exponent = packed.getShort();
            double ulp = exponent == Short.MIN_VALUE ? 0 : Math.scalb(1.0, exponent);
            variances[i] = ulp * ulp / 12;
        }
        return new SampledElements(values, variances);
    }
}
