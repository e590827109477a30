package phema.edm2;

import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import phema.problem.Problem;
import phema.tensor.DType;
import phema.text.Labels;

/**
 * Says how a network is trained. Amounts are numbers of images.
 *
 * @param batch images per step
 * @param microBatch images that go through the network at once; gradients of a step are summed up
 * @param pMean mean of the logarithm of the noise level
 * @param pStd its standard deviation
 * @param labelDropout share of images shown without their label, for classifier-free guidance
 * @param dropout share of activations before the second convolution of every block that are taken for zero
 * @param flip whether every second image is mirrored
 * @param averages of the weights that are kept and written
 * @param snapshot images between snapshots
 * @param checkpoint images between checkpoints
 * @param magnitudes images between measurements of activations and weights, 0 for none
 * @param dtype of snapshots
 */
public record TrainingOptions(
        NetworkSpec network,
        long duration,
        int batch,
        int microBatch,
        LearningRate learningRate,
        double pMean,
        double pStd,
        double labelDropout,
        double dropout,
        boolean flip,
        List<WeightTracker> averages,
        long snapshot,
        long checkpoint,
        long magnitudes,
        long seed,
        DType dtype) {
    private static final int NAMED_IMAGES = 1024;
    private static final Set<DType> DTYPES = EnumSet.of(DType.F16, DType.BF16, DType.F32);

    public TrainingOptions {
        averages = List.copyOf(averages);
        if (batch < 1) throw Problem.invalid("batch", "batch must be at least 1, not " + batch);
        if (microBatch < 1) throw Problem.invalid("batchGpu", "batchGpu must be at least 1, not " + microBatch);
        if (batch % microBatch != 0)
            throw Problem.invalid("batchGpu", "batchGpu " + microBatch + " does not divide the batch, " + batch);
        multiple("duration", duration, batch);
        multiple("checkpoint", checkpoint, batch);
        multiple("snapshot", snapshot, batch);
        if (magnitudes != 0) multiple("magnitudes", magnitudes, batch);
        if (snapshot % NAMED_IMAGES != 0)
            throw Problem.invalid(
                    "snapshot",
                    "snapshot " + snapshot + " is not a multiple of " + NAMED_IMAGES
                            + " images, which the names of snapshots can tell apart");
        if (!(pStd > 0)) throw Problem.invalid("P_std", "P_std must be above 0, not " + pStd);
        if (!(labelDropout >= 0 && labelDropout <= 1))
            throw Problem.invalid("labelDropout", "labelDropout must lie between 0 and 1, not " + labelDropout);
        if (!(dropout >= 0 && dropout < 1))
            throw Problem.invalid("dropout", "dropout must be at least 0 and below 1, not " + dropout);
        if (averages.isEmpty()) throw Problem.invalid("ema", "name at least one EMA length");
        List<String> labels = averages.stream().map(WeightTracker::label).toList();
        if (Set.copyOf(labels).size() < labels.size())
            throw Problem.invalid("ema", "ema names an EMA length twice: " + String.join(", ", labels));
        for (WeightTracker average : averages)
            if (average instanceof WeightTracker.ExponentialTracker exponential && exponential.halfLife() < 1)
                throw Problem.invalid(
                        "emaHalflife", "emaHalflife must be at least 1 image, not " + exponential.halfLife());
        if (!DTYPES.contains(dtype)) throw Problem.invalid("dtype", "snapshots are f16, bf16 or f32, not " + dtype);
    }

    private static void multiple(String name, long amount, int batch) {
        if (amount < 1 || amount % batch != 0)
            throw Problem.invalid(name, name + " " + amount + " is not a multiple of the batch, " + batch);
    }

    /** Returns everything that two parts of one training run must share. */
    Map<String, String> identity() {
        Map<String, String> identity = new TreeMap<>();
        identity.put("arch", Labels.of(network.architecture()));
        identity.put("network", network.identity());
        identity.put("batch", String.valueOf(batch));
        identity.put("batch-gpu", String.valueOf(microBatch));
        identity.put("lr", learningRate.toString());
        identity.put("P_mean", String.valueOf(pMean));
        identity.put("P_std", String.valueOf(pStd));
        identity.put("label-dropout", String.valueOf(labelDropout));
        identity.put("dropout", String.valueOf(dropout));
        identity.put("flip", String.valueOf(flip));
        identity.put(
                "ema",
                String.join(", ", averages.stream().map(WeightTracker::label).toList()));
        identity.put("seed", String.valueOf(seed));
        identity.put("dtype", dtype.toString());
        return identity;
    }
}
