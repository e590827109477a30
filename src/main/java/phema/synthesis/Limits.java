package phema.synthesis;

import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/**
 * Measures what the machine can do at best, on all processors at once: the best of several measurements in this
 * process.
 */
public final class Limits {
    private static final int ROUNDS = 25;

    private Limits() {}

    /** Bytes that can be read from memory per second, by sums over arrays that no cache holds. */
    public static double memoryBandwidth() {
        int threads = Runtime.getRuntime().availableProcessors();
        long[][] arrays = new long[threads][16 << 20];
        long bytes = (long) threads * arrays[0].length * Long.BYTES;
        return bytes / leastSeconds(threads, thread -> sum(arrays[thread]));
    }

    private static long sum(long[] values) {
        long sum = 0;
        for (long value : values) sum += value;
        return sum;
    }

    /** Multiply-adds per second of the kernel for several targets, on data that fits the first-level cache. */
    public static double multiplyAdds() {
        int threads = Runtime.getRuntime().availableProcessors();
        int inputs = 16;
        int targets = 4;
        int count = 512;
        int repetitions = 10_000;
        Kernel kernel = KernelChoice.PLAIN.create();
        float[][][] in = new float[threads][inputs][count];
        float[][][] out = new float[threads][targets][count];
        float[][] coefficients = new float[targets][inputs];
        double work = (double) threads * repetitions * inputs * targets * count;
        return work
                / leastSeconds(threads, thread -> {
                    for (int r = 0; r < repetitions; r++)
                        kernel.combine(in[thread], inputs, coefficients, 0, targets, out[thread], count);
                    return (long) out[thread][0][0];
                });
    }

    private interface Work {
        long run(int thread);
    }

    private static volatile long sink;

    private static double leastSeconds(int threads, Work work) {
        double least = Double.POSITIVE_INFINITY;
        for (int round = 0; round < ROUNDS; round++) {
            long begin = System.nanoTime();
            sink = IntStream.range(0, threads).parallel().mapToLong(work::run).sum();
            least = Math.min(least, (double) (System.nanoTime() - begin) / TimeUnit.SECONDS.toNanos(1));
        }
        return least;
    }
}
