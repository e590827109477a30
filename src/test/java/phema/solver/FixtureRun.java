package phema.solver;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;
import phema.Fixtures;
import phema.TestWeights;
import phema.format.Tensor;
import phema.format.WeightFile;
import phema.format.WeightFiles;
import phema.profile.Impulse;
import phema.profile.Power;
import phema.profile.Profile;
import phema.tensor.DType;

/**
 * The sample run of the fixtures: 16 times of two averages each (or 16 raw checkpoints), and averages that were tracked
 * directly. All weights of it, as the sample.
 */
record FixtureRun(List<StoredAverage> stored) {
    static final double END = 262_144;
    static final double MIDDLE = 131_072;

    /** fp16. */
    static FixtureRun averages() {
        List<StoredAverage> stored = new ArrayList<>();
        for (int k = 1; k <= 16; k++)
            for (double sigmaRel : new double[] {0.05, 0.1})
                stored.add(stored(
                        "safetensors/network-snapshot-%07d-%.3f".formatted(k * 16384 / 1000, sigmaRel),
                        Power.ofSigmaRel(sigmaRel, k * 16384)));
        return new FixtureRun(stored);
    }

    /** bf16. */
    static FixtureRun checkpoints() {
        List<StoredAverage> stored = new ArrayList<>();
        for (int k = 1; k <= 16; k++)
            stored.add(stored("checkpoints/step-%08d".formatted(k * 16384), new Impulse(k * 16384)));
        return new FixtureRun(stored);
    }

    static double[] truth(double sigmaRel, double time) {
        return weights("truth/ema-%07d-%.3f".formatted((int) time / 1000, sigmaRel));
    }

    /** Relative L2 distance of the fit's combination, in double precision, from {@code truth}. */
    double error(Fit fit, double[] truth) {
        double[] difference = truth.clone();
        for (int i = 0; i < stored.size(); i++)
            for (int k = 0; k < truth.length; k++)
                difference[k] -= fit.coefficients().get(i) * stored.get(i).sample()[k];
        return norm(difference) / norm(truth);
    }

    static double norm(double[] values) {
        return Math.sqrt(DoubleStream.of(values).map(v -> v * v).sum());
    }

    private static StoredAverage stored(String name, Profile profile) {
        double[] weights = weights(name);
        DType type = profile instanceof Impulse ? DType.BF16 : DType.F16;
        double variance = Arrays.stream(weights)
                .map(w -> type.ulp(w) * type.ulp(w) / 12)
                .average()
                .orElseThrow();
        return new StoredAverage(profile, weights, variance);
    }

    /** All trained weights of a safetensors file, by tensor name. */
    private static double[] weights(String name) {
        try {
            WeightFile file = WeightFiles.read(Fixtures.fixture(name + ".safetensors"));
            return file.tensors().stream()
                    .map(Tensor::name)
                    .filter(tensor -> tensor.endsWith("weight")) // gains and buffers are not trained
                    .sorted()
                    .flatMapToDouble(tensor -> DoubleStream.of(TestWeights.values(file, tensor)))
                    .toArray();
        } catch (IOException e) {
            throw new UncheckedIOException("fixture " + name, e);
        }
    }
}
