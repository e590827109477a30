package phema.solver;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.DoubleStream;
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
            Map<String, JsonNode> tensors = new TreeMap<>();
            new JsonMapper()
                    .readTree(new String(bytes.array(), 8, header, java.nio.charset.StandardCharsets.UTF_8))
                    .properties()
                    .forEach(e -> tensors.put(e.getKey(), e.getValue()));
            return tensors.entrySet().stream()
                    .filter(e -> !e.getKey().matches(".*(fourier|resample|metadata|steps).*"))
                    .flatMapToDouble(e -> {
                        int from = 8
                                + header
                                + e.getValue().get("data_offsets").get(0).asInt();
                        int to = 8
                                + header
                                + e.getValue().get("data_offsets").get(1).asInt();
                        String type = e.getValue().get("dtype").asString();
                        int size = type.equals("F32") ? 4 : 2;
                        return to - from == size
                                ? DoubleStream.empty() // gains, never trained
                                : java.util.stream.IntStream.iterate(from, i -> i < to, i -> i + size)
                                        .mapToDouble(i -> switch (type) {
                                            case "F32" -> bytes.getFloat(i);
                                            case "F16" -> Float.float16ToFloat(bytes.getShort(i));
                                            default -> Float.intBitsToFloat(bytes.getShort(i) << 16);
                                        });
                    })
                    .toArray();
        } catch (IOException e) {
            throw new UncheckedIOException(String.format(Locale.ROOT, "fixture %s", name), e);
        }
    }
}
