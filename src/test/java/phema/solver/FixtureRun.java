package phema.solver;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import phema.profile.Impulse;
import phema.profile.Power;
import phema.profile.Profile;
import phema.tensor.DType;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The sample run of the fixtures: 16 times of two averages each (or 16 raw checkpoints), and averages that were tracked directly. All weights of it, as the sample. */
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
        try (InputStream in = FixtureRun.class.getResourceAsStream("/fixtures/" + name + ".safetensors")) {
            ByteBuffer bytes = ByteBuffer.wrap(in.readAllBytes()).order(ByteOrder.LITTLE_ENDIAN);
            int header = (int) bytes.getLong();
            ByteBuffer data =
                    bytes.slice(8 + header, bytes.capacity() - 8 - header).order(ByteOrder.LITTLE_ENDIAN);
            Map<String, JsonNode> tensors = new TreeMap<>();
            new JsonMapper()
                    .readTree(new String(bytes.array(), 8, header, StandardCharsets.UTF_8))
                    .properties()
                    .forEach(e -> tensors.put(e.getKey(), e.getValue()));
            tensors.keySet().removeIf(tensor -> !tensor.endsWith("weight")); // gains and buffers are not trained
            return tensors.values().stream()
                    .flatMapToDouble(tensor -> elements(data, tensor))
                    .toArray();
        } catch (IOException e) {
            throw new UncheckedIOException("fixture " + name, e);
        }
    }

    private static DoubleStream elements(ByteBuffer data, JsonNode tensor) {
        int from = tensor.get("data_offsets").get(0).asInt();
        int to = tensor.get("data_offsets").get(1).asInt();
        return switch (tensor.get("dtype").asString()) {
            case "F32" -> IntStream.range(0, (to - from) / 4).mapToDouble(i -> data.getFloat(from + 4 * i));
            case "F16" ->
                IntStream.range(0, (to - from) / 2).mapToDouble(i -> Float.float16ToFloat(data.getShort(from + 2 * i)));
            default ->
                IntStream.range(0, (to - from) / 2)
                        .mapToDouble(i -> Float.intBitsToFloat(data.getShort(from + 2 * i) << 16));
        };
    }
}
