package phema.synthesis;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Computes combinations as a matrix product on whatever backend ND4J finds. Every chunk is copied to it and back, which
 * costs more than the product.
 */
final class Nd4jKernel implements Kernel {
    @Override
    public void combine(
            float[][] in, int inputs, float[][] coefficients, int firstTarget, int targets, float[][] out, int count) {
        float[] rows = packed(coefficients, firstTarget, targets, inputs);
        float[] columns = packed(in, 0, inputs, count);
        try (INDArray weights = Nd4j.create(rows, new long[] {targets, inputs}, 'c');
                INDArray values = Nd4j.create(columns, new long[] {inputs, count}, 'c');
                INDArray sums = Nd4j.create(weights.dataType(), new long[] {targets, count}, 'c')) {
            weights.mmuli(values, sums);
            float[] result = sums.data().asFloat();
            for (int t = 0; t < targets; t++) for (int i = 0; i < count; i++) out[t][i] = result[t * count + i] + 0f;
        }
    }

    private static float[] packed(float[][] rows, int first, int count, int width) {
        float[] packed = new float[count * width];
        for (int r = 0; r < count; r++) System.arraycopy(rows[first + r], 0, packed, r * width, width);
        return packed;
    }
}
