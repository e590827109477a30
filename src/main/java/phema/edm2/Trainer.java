package phema.edm2;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.random.RandomGenerator;

/** Takes steps of training (arXiv 2312.02696, appendix B). */
final class Trainer implements AutoCloseable {
    private static final double BETA1 = 0.9;
    private static final double BETA2 = 0.99;
    private static final double EPSILON = 1e-8;

    private final TrainingOptions options;
    private final Dataset dataset;
    private final Denoiser denoiser;
    private TrainingState state;
    private int[] order = {};
    private long orderedEpoch = -1;

    Trainer(TrainingOptions options, Dataset dataset, TrainingState state) {
        this.options = options;
        this.dataset = dataset;
        this.state = state;
        this.denoiser = new Denoiser(state.weights(), options.dropout() > 0);
    }

    TrainingState state() {
        return state;
    }

    /** Learns from one batch. @return its loss, the mean over images and values */
    double step() throws IOException {
        state.weights().normalize();
        denoiser.load(state.weights());
        NetworkWeights gradients = NetworkWeights.zero(options.network());
        int rounds = options.batch() / options.microBatch();
        double loss = 0;
        for (int round = 0; round < rounds; round++) {
            TrainingTask task = task(state.nimg() + (long) round * options.microBatch());
            Denoiser.Gradients part = denoiser.gradients(task.batch(), task.clean());
            loss += part.loss() / rounds;
            add(part.byName(), 1f / rounds, gradients);
        }
        long bad = state.badGradients() + zeroWhatIsNotFinite(gradients);
        adam(gradients);
        long nimg = state.nimg() + options.batch();
        for (int i = 0; i < state.averages().size(); i++)
            average(state.averages().get(i), (float)
                    (1 - options.averages().get(i).beta(nimg, options.batch())));
        state = new TrainingState(state.weights(), state.momentum(), state.variance(), state.averages(), nimg, bad);
        return loss;
    }

    /** Measures the network as it is, for the first images of the training with their noise. */
    Magnitudes magnitudes() throws IOException {
        denoiser.load(state.weights());
        return new Magnitudes(state.nimg(), denoiser.magnitudes(task(0).batch()), Magnitudes.of(state.weights()));
    }

    /** Images with noise, and without. */
    @SuppressWarnings("ArrayRecordComponent")
    record TrainingTask(Batch batch, float[] clean) {}

    TrainingTask task(long first) throws IOException {
        NetworkSpec spec = options.network();
        int pixels = spec.pixels();
        int n = options.microBatch();
        float[] clean = new float[n * pixels];
        float[] noisy = new float[n * pixels];
        double[] sigma = new double[n];
        float[] labels = new float[n * spec.classes()];
        Map<String, float[]> masks = new LinkedHashMap<>();
        List<UNet.BlockSpec> dropping =
                options.dropout() == 0 ? List.of() : state.weights().net().blocks();
        for (UNet.BlockSpec block : dropping) masks.put(block.name(), new float[n * block.activations()]);
        for (int i = 0; i < n; i++) {
            RandomGenerator random = Randoms.of(options.seed(), first + i);
            Dataset.Example example = dataset.read(index(first + i), random);
            boolean mirrored = options.flip() && random.nextBoolean();
            boolean labelled = random.nextDouble() >= options.labelDropout();
            sigma[i] = Math.exp(options.pMean() + options.pStd() * random.nextGaussian());
            for (int p = 0; p < pixels; p++) {
                int x = p % spec.resolution();
                int from = mirrored ? p - x + spec.resolution() - 1 - x : p;
                clean[i * pixels + p] = example.pixels()[from];
                noisy[i * pixels + p] = (float) (example.pixels()[from] + sigma[i] * random.nextGaussian());
            }
            if (spec.classes() > 0 && labelled) labels[i * spec.classes() + example.label()] = 1;
            for (float[] mask : masks.values()) drop(random, mask, i * (mask.length / n), mask.length / n);
        }
        return new TrainingTask(new Batch(noisy, sigma, labels, masks), clean);
    }

    /** What is not dropped grows, so that the mean stays (arXiv 1207.0580). */
    private void drop(RandomGenerator random, float[] mask, int first, int count) {
        float kept = (float) (1 / (1 - options.dropout()));
        for (int i = first; i < first + count; i++) mask[i] = random.nextDouble() < options.dropout() ? 0 : kept;
    }

    /** Every image once per epoch, in an order of the epoch's own. */
    private int index(long image) {
        long epoch = image / dataset.size();
        if (epoch != orderedEpoch) {
            order = shuffled(dataset.size(), Randoms.of(~options.seed(), epoch));
            orderedEpoch = epoch;
        }
        return order[(int) (image % dataset.size())];
    }

    private static int[] shuffled(int n, RandomGenerator random) {
        int[] order = new int[n];
        for (int i = 0; i < n; i++) {
            int j = random.nextInt(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        return order;
    }

    private static void add(Map<String, float[]> from, float share, NetworkWeights to) {
        for (String name : to.trained()) {
            float[] sum = to.get(name);
            float[] part = Objects.requireNonNull(from.get(name));
            for (int i = 0; i < sum.length; i++) sum[i] += share * part[i];
        }
    }

    private static long zeroWhatIsNotFinite(NetworkWeights gradients) {
        long count = 0;
        for (String name : gradients.trained()) {
            float[] g = gradients.get(name);
            for (int i = 0; i < g.length; i++) {
                if (Float.isFinite(g[i])) continue;
                g[i] = 0;
                count++;
            }
        }
        return count;
    }

    /** Adam without weight decay (arXiv 1412.6980, algorithm 1). */
    private void adam(NetworkWeights gradients) {
        long t = state.nimg() / options.batch() + 1;
        double rate = options.learningRate().at(state.nimg(), options.batch());
        float step = (float) (rate / (1 - Math.pow(BETA1, t)));
        float correction = (float) (1 / Math.sqrt(1 - Math.pow(BETA2, t)));
        for (String name : gradients.trained()) {
            float[] w = state.weights().get(name);
            float[] g = gradients.get(name);
            float[] m = state.momentum().get(name);
            float[] v = state.variance().get(name);
            for (int i = 0; i < w.length; i++) {
                m[i] = (float) BETA1 * m[i] + (float) (1 - BETA1) * g[i];
                v[i] = (float) BETA2 * v[i] + (float) (1 - BETA2) * g[i] * g[i];
                w[i] -= step * m[i] / ((float) Math.sqrt(v[i]) * correction + (float) EPSILON);
            }
        }
    }

    private void average(NetworkWeights average, float share) {
        for (String name : average.trained()) {
            float[] to = average.get(name);
            float[] w = state.weights().get(name);
            for (int i = 0; i < to.length; i++) to[i] += share * (w[i] - to[i]);
        }
    }

    @Override
    public void close() {
        denoiser.close();
    }
}
