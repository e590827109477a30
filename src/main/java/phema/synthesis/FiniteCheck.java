package phema.synthesis;

import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
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
        String wider = dtype == DType.BF16 ? "f32" : "bf16 or f32";
        String advice = dtype == DType.F32 || dtype == DType.F64
                ? "weights are computed in F32, so no dtype holds it"
                : "ask for another dtype, such as " + wider;
        return Problem.unprocessable(String.format(
                Locale.ROOT, "tensor %s reaches %g, which is too large for %s; %s", tensor, value, dtype, advice));
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
            int index = i;
            List<Integer> having = IntStream.range(0, inputs.size())
                    .filter(j -> !Float.isFinite(in[j][index]))
                    .boxed()
                    .toList();
            if (!having.isEmpty()) return notFinite(tensor, having, in[having.getFirst()][i], inputs);
            return tooLarge(tensor, results[i], dtype);
        }
        throw new AssertionError("a value that is not finite was seen and is not there");
    }

    /** @param having the inputs in which an element is not finite, {@code value} in the first of them */
    private static Problem notFinite(String tensor, List<Integer> having, float value, List<WeightFile> inputs) {
        WeightFile file = inputs.get(having.getFirst());
        boolean nan = Float.isNaN(value);
        if (!nan && file.tensor(tensor).orElseThrow().dtype() == DType.F64)
            return Problem.unprocessable(
                    "%s: tensor %s holds infinity, or a number of F64 that is too large for F32, in which weights"
                                    .formatted(file.path(), tensor)
                            + " are computed. Leave this file out, or list the tensor under buffers in phema.yaml");
        if (nan || having.size() == 1 || having.size() == inputs.size())
            return Problem.unprocessable(
                    "%s: tensor %s holds %s; training diverged, or the file is damaged. Leave this file out"
                            .formatted(file.path(), tensor, nan ? "NaN" : "infinity"));
        WeightFile other = IntStream.range(0, inputs.size())
                .filter(j -> !having.contains(j))
                .mapToObj(inputs::get)
                .findFirst()
                .orElseThrow();
        return Problem.unprocessable(
                "tensor %s holds infinity in %d of the %d files that are combined, such as %s, and not in others, such"
                                .formatted(tensor, having.size(), inputs.size(), file.path())
                        + " as " + other.path() + ", at the same place. If it is a mask, those without it are damaged,"
                        + " else those with it: leave them out, or list the tensor under buffers in phema.yaml");
    }
}
