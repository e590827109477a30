package phema.edm2;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.random.RandomGenerator;
import phema.tensor.DType;
import phema.tensor.Shape;
import phema.text.Labels;

/**
 * Writes what {@code src/interop/check_twin.py} compares with a PyTorch implementation of the same paper. Argument: a
 * folder.
 */
final class TwinExport {
    private static final int N = 4;
    private static final int STEPS = 10;
    private static final NetworkSpec SPEC = NetworkSpec.of(16, 3, 5, 64, List.of(1, 2), 2);

    private final Path folder;
    private final RandomGenerator random = Randoms.of(7, 7);

    private TwinExport(Path folder) {
        this.folder = folder;
    }

    public static void main(String[] args) throws IOException {
        Path folder = Files.createDirectories(Path.of(args[0]));
        new TwinExport(folder).export();
    }

    private void export() throws IOException {
        NetworkWeights weights = NetworkWeights.initial(SPEC, random);
        for (String name : weights.trained()) if (weights.get(name).length == 1) weights.get(name)[0] = 0.5f;
        write("weights", weights, weights.names());
        SequencedMap<String, WeightStore.Values> tensors = new LinkedHashMap<>();
        Batch batch = batch();
        float[] clean = normal(N * SPEC.pixels(), 0.5);
        put(tensors, batch, clean);
        float[] sampleLabels = batch().labels();
        float[] noise = normal(N * SPEC.pixels(), 1);
        tensors.put("noise", new WeightStore.Values(images(N), noise));
        tensors.put("labels", new WeightStore.Values(Shape.of(N, SPEC.classes()), sampleLabels));
        WeightStore.write(folder.resolve("noise.safetensors"), tensors, DType.F32, Map.of());

        put(tensors, batch, clean);
        tensors.put("sample_labels", new WeightStore.Values(Shape.of(N, SPEC.classes()), sampleLabels));
        try (Denoiser denoiser = new Denoiser(weights)) {
            tensors.put("denoised", new WeightStore.Values(images(N), denoiser.denoise(batch)));
            tensors.put("logvar", new WeightStore.Values(Shape.of(N), denoiser.logvar(batch)));
            Denoiser.Gradients gradients = denoiser.gradients(batch, clean);
            tensors.put("loss", new WeightStore.Values(Shape.of(1), new float[] {(float) gradients.loss()}));
            SequencedMap<String, WeightStore.Values> byName = new LinkedHashMap<>();
            gradients.byName().forEach((name, g) -> byName.put(name, new WeightStore.Values(weights.shape(name), g)));
            WeightStore.write(folder.resolve("gradients.safetensors"), byName, DType.F32, Map.of());
        }
        WeightStore.write(folder.resolve("case.safetensors"), tensors, DType.F32, Map.of());
        for (Computing.Library library : Computing.Library.values()) {
            sample(1, "images-" + Labels.of(library), library);
            sample(1.4, "guided-" + Labels.of(library), library);
        }
        train(weights.copy());
    }

    private void sample(double guidance, String name, Computing.Library library) throws IOException {
        SamplerOptions options = new SamplerOptions(18, 0.002, 80, 7, guidance, 0, 0, Double.POSITIVE_INFINITY, 1);
        Path weights = folder.resolve("weights.safetensors");
        try (Generator generator = Generator.of(
                Network.read(weights), Optional.empty(), options, new Computing(library, Computing.Precision.F32))) {
            generator.fromFile(folder.resolve("noise.safetensors"), folder.resolve(name + ".safetensors"), N);
        }
    }

    private void train(NetworkWeights weights) throws IOException {
        TrainingOptions options = new TrainingOptions(
                SPEC,
                1024,
                N,
                N,
                new LearningRate(0.01, 0, 0),
                0,
                1,
                0,
                0,
                false,
                List.of(WeightTracker.PowerTracker.of(0.1)),
                1024,
                1024,
                0,
                1,
                DType.F32);
        TrainingState state = new TrainingState(
                weights, NetworkWeights.zero(SPEC), NetworkWeights.zero(SPEC), List.of(weights.copy()), 0, 0);
        float[] losses = new float[STEPS];
        float[] clean = new float[STEPS * N * SPEC.pixels()];
        float[] noisy = new float[clean.length];
        double[] sigma = new double[STEPS * N];
        float[] labels = new float[STEPS * N * SPEC.classes()];
        try (Trainer trainer = new Trainer(options, new ProceduralDataset(100, SPEC.resolution(), 1), state)) {
            for (int i = 0; i < STEPS; i++) {
                Trainer.TrainingTask task = trainer.task((long) i * N);
                System.arraycopy(task.clean(), 0, clean, i * N * SPEC.pixels(), N * SPEC.pixels());
                System.arraycopy(task.batch().x(), 0, noisy, i * N * SPEC.pixels(), N * SPEC.pixels());
                System.arraycopy(task.batch().sigma(), 0, sigma, i * N, N);
                System.arraycopy(task.batch().labels(), 0, labels, i * N * SPEC.classes(), N * SPEC.classes());
                losses[i] = (float) trainer.step();
            }
            write("after", trainer.state().weights(), weights.trained());
        }
        SequencedMap<String, WeightStore.Values> tensors = new LinkedHashMap<>();
        put(tensors, new Batch(noisy, sigma, labels), clean);
        tensors.put("losses", new WeightStore.Values(Shape.of(STEPS), losses));
        WeightStore.write(folder.resolve("steps.safetensors"), tensors, DType.F32, Map.of());
    }

    private static void put(SequencedMap<String, WeightStore.Values> to, Batch batch, float[] clean) {
        int n = batch.size();
        float[] sigma = new float[n];
        for (int i = 0; i < n; i++) sigma[i] = (float) batch.sigma()[i];
        to.put("clean", new WeightStore.Values(images(n), clean));
        to.put("noisy", new WeightStore.Values(images(n), batch.x()));
        to.put("sigma", new WeightStore.Values(Shape.of(n), sigma));
        to.put("labels", new WeightStore.Values(Shape.of(n, SPEC.classes()), batch.labels()));
    }

    private void write(String file, NetworkWeights weights, Iterable<String> names) throws IOException {
        SequencedMap<String, WeightStore.Values> tensors = new LinkedHashMap<>();
        for (String name : names) tensors.put(name, new WeightStore.Values(weights.shape(name), weights.get(name)));
        WeightStore.write(folder.resolve(file + ".safetensors"), tensors, DType.F32, Map.of());
    }

    private static Shape images(int n) {
        return Shape.of(n, SPEC.channels(), SPEC.resolution(), SPEC.resolution());
    }

    private Batch batch() {
        double[] sigma = new double[N];
        float[] labels = new float[N * SPEC.classes()];
        for (int i = 0; i < N; i++) {
            sigma[i] = (float) Math.exp(random.nextGaussian() - 0.4);
            labels[i * SPEC.classes() + random.nextInt(SPEC.classes())] = 1;
        }
        return new Batch(normal(N * SPEC.pixels(), 1), sigma, labels);
    }

    private float[] normal(int n, double scale) {
        float[] values = new float[n];
        for (int i = 0; i < n; i++) values[i] = (float) (scale * random.nextGaussian());
        return values;
    }
}
