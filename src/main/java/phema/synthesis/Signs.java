package phema.synthesis;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.Collectors;

/**
 * Finds tensors that are nowhere negative in what they are combined from, and negative in what comes out: variances
 * and the like, of which negative coefficients may make what they never can be. A tensor is looked at until its first
 * negative number, so most cost nothing. Safe for use by many threads.
 */
final class Signs {
    /** By segment; 1 once an input is negative there. */
    private final AtomicIntegerArray signed;

    private final Map<Integer, Float> least = new ConcurrentHashMap<>();

    /** @param segments how many there are */
    Signs(int segments) {
        signed = new AtomicIntegerArray(segments);
    }

    /** Whether nothing negative was seen in the inputs of a segment so far. */
    boolean isUnsigned(int segment) {
        return signed.get(segment) == 0;
    }

    /**
     * @param in {@code [inputs, from + count]}
     * @param from first of {@code count} in each
     */
    void lookAtInputs(int segment, float[][] in, int inputs, int from, int count) {
        for (int j = 0; j < inputs; j++)
            if (least(in[j], from, count) < 0) {
                signed.set(segment, 1);
                return;
            }
    }

    void lookAtResults(int segment, float[] out, int from, int count) {
        float value = least(out, from, count);
        if (value < 0) least.merge(segment, value, Math::min);
    }

    private static float least(float[] values, int from, int count) {
        float least = 0;
        for (int i = from; i < from + count; i++) least = Math.min(least, values[i]);
        return least;
    }

    /** The least result of each such segment. Only after all blocks is it known which they are. */
    Map<Integer, Float> surprises() {
        return least.entrySet().stream()
                .filter(entry -> isUnsigned(entry.getKey()))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    /** What a tensor's surprise is called. */
    static String notice(String tensor, float value, List<?> files) {
        return String.format(
                        Locale.ROOT,
                        "tensor %s is nowhere negative in the %d files that were read, and comes out as low as %.2g: if"
                                + " it is a",
                        tensor,
                        files.size(),
                        value)
                + " variance, a count or the like, list it under buffers in phema.yaml, so that it comes from the"
                + " newest file";
    }
}
