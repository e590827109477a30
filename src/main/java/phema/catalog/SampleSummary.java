package phema.catalog;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import phema.digest.Digest;

/**
 * Holds as much of a sample as comparing it with others takes: a scan needs no more, however many files there are.
 *
 * @param tensors {@value #BYTES} bytes of a digest of the values of each tensor, in the order of the plan
 * @param notFinite the first value of each tensor that is not finite
 * @param endsInZeros whether the last weights in the file, or in one of its parts, are zeros
 */
@SuppressWarnings("ArrayRecordComponent") // compared by what is asked of it
record SampleSummary(byte[] tensors, List<SamplePlan.NotFinite> notFinite, boolean endsInZeros) {
    private static final int BYTES = 8;

    SampleSummary {
        notFinite = List.copyOf(notFinite);
    }

    /** What a file of zeros would have. */
    static SampleSummary ofZeros(SamplePlan plan) {
        return of(plan, new SampledElements(new double[plan.size()], new double[plan.size()]), true);
    }

    /** @param sample that was read by this plan */
    static SampleSummary of(SamplePlan plan, SampledElements sample, boolean endsInZeros) {
        ByteBuffer digests = ByteBuffer.allocate(BYTES * plan.ranges().size());
        plan.ranges().forEach((tensor, range) -> {
            ByteBuffer own = ByteBuffer.allocate(Double.BYTES * (range.end() - range.begin()));
            own.asDoubleBuffer().put(sample.values(), range.begin(), range.end() - range.begin());
            digests.put(Digest.sha256().add(own.array()).bytes(), 0, BYTES);
        });
        return new SampleSummary(digests.array(), plan.notFinite(sample), endsInZeros);
    }

    /** Stands for the values of a tensor, by its place in the plan. */
    ByteBuffer values(int tensor) {
        return ByteBuffer.wrap(tensors, BYTES * tensor, BYTES).slice();
    }

    /** Whether the values of a tensor, by its place in the plan, are the same. */
    boolean isSame(int tensor, SampleSummary other) {
        int from = BYTES * tensor;
        return Arrays.equals(tensors, from, from + BYTES, other.tensors, from, from + BYTES);
    }
}
