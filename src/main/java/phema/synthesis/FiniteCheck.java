package phema.synthesis;

import java.util.List;
import java.util.Locale;
import phema.format.WeightFile;
import phema.problem.Problem;
import phema.tensor.DType;

/** Sees whether results are finite, and finds out whose fault it is when they are not. */
final class FiniteCheck {
    private FiniteCheck() {}

    /** Whether all values are finite and stay so in the given type. */
    static boolean finite(float[] values, int start, int count, DType dtype) {
        // A sign that survives only if all are negative: unlike a maximum or an early exit, the JIT compiler makes
        // vectors of it.
        int limit = Float.floatToRawIntBits(dtype.overflow());
        int below = -1;
        for (int i = start; i < start + count; i++) below &= (Float.floatToRawIntBits(values[i]) & 0x7fffffff) - limit;
        return below < 0;
    }

    static boolean fits(float value, DType dtype) {
        return Math.abs(value) < dtype.overflow();
    }

    /** The error of a tensor with such a value. */
    static Problem tooLarge(String tensor, double value, DType dtype) {
        return Problem.unprocessable(String.format(
                Locale.ROOT,
                "tensor %s reaches %g, which is too large for %s; ask for another dtype, such as bf16 or f32",
                tensor,
                value,
                dtype));
    }

    /**
     * The error of results that are not {@link #finite}: names the input that has NaN or infinity, or the type that is
     * too narrow.
     *
     * @param results {@code count} of them from {@code start} on
     * @param in {@code [inputs, start + count]}, what they were combined from
     */
    static Problem problem(
            String tensor, DType dtype, float[] results, int start, int count, List<WeightFile> inputs, float[][] in) {
        for (int i = start; i < start + count; i++) {
            if (fits(results[i], dtype)) continue;
            for (int j = 0; j < inputs.size(); j++) {
                float value = in[j][i];
                if (!Float.isFinite(value))
                    return Problem.unprocessable(
                            "%s: tensor %s holds %s; training diverged, or the file is damaged. Leave this file out"
                                    .formatted(inputs.get(j).path(), tensor, Float.isNaN(value) ? "NaN" : "infinity"));
            }
            return tooLarge(tensor, results[i], dtype);
        }
        throw new AssertionError("a value that is not finite was seen and is not there");
    }
}
