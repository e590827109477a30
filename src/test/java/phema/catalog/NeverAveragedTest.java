package phema.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import phema.TestWeights;
import phema.TestWeights.Entry;
import phema.format.Tensor;
import phema.profile.SigmaRel;
import phema.tensor.DType;
import phema.tensor.Shape;

/** Trainers that store some tensors with their averages as they are. */
class NeverAveragedTest {
    private static final int EVERY = 25;
    private static final Map<String, Double> EXPONENTS =
            Map.of("0.050", SigmaRel.toGamma(0.05) + 1, "0.100", SigmaRel.toGamma(0.1) + 1);

    @TempDir
    Path folder;

    private int files = 8;
    private int every = EVERY;

    private final Map<String, Integer> sizes = new TreeMap<>(Map.of("body.w", 4096, "head.w", 512, "norm.w", 64));

    @ParameterizedTest
    @ValueSource(strings = {"head.w", "norm.w", "head.w norm.w"})
    void comeOutAsInTheNewestFileAndCountForNothing(String raw) throws IOException {
        List<String> names = List.of(raw.split(" "));
        edm2(names, EVERY);

        Run run = RunScanner.scan(folder, Selection.DEFAULT);

        assertThat(buffers(run)).containsExactlyElementsOf(names);
        assertThat(run.notices())
                .anyMatch(notice ->
                        notice.startsWith(names.size() == 1 ? "1 tensor, " + raw : "2 tensors, such as head.w")
                                && notice.contains("the trainer does not average them"));
        assertThat(run.newest().sample().values())
                .hasSize(sizes.entrySet().stream()
                        .filter(size -> !names.contains(size.getKey()))
                        .mapToInt(Map.Entry::getValue)
                        .sum());
    }

    /** Of a large model, no value of a small tensor is sampled. */
    @Test
    void areFoundAmongTensorsOfWhichNothingIsSampled() throws IOException {
        files = 3;
        every = 4;
        sizes.put("body.w", 1 << 18);
        for (int layer = 0; layer < 40; layer++) sizes.put("body." + layer + ".norm", 32);
        List<String> norms =
                sizes.keySet().stream().filter(name -> name.endsWith("norm")).toList();
        edm2(norms, every);

        assertThat(buffers(RunScanner.scan(folder, Selection.DEFAULT))).containsExactlyElementsOf(norms);
    }

    @ParameterizedTest
    @CsvSource({"25, ''", "0, head.w"})
    void areNoneWhereAllIsAveragedOrWhatIsNotDoesNotMove(int every, String raw) throws IOException {
        edm2(raw.isEmpty() ? List.of() : List.of(raw), every);

        assertThat(buffers(RunScanner.scan(folder, Selection.DEFAULT))).isEmpty();
    }

    @Test
    void areAveragedWhereTheManifestSaysSo() throws IOException {
        edm2(List.of("head.w", "norm.w"), EVERY);
        Files.writeString(
                folder.resolve("phema.yaml"), "files: 'net-{time}-{sigmaRel}.safetensors'\nparameters: ['head.*']\n");

        assertThat(buffers(RunScanner.scan(folder, Selection.DEFAULT))).containsExactly("norm.w");
    }

    /** Nothing is wrong with raw weights of which an average that is not used leaves some as they are. */
    @ParameterizedTest
    @CsvSource({"4, true, head.w", "4, false, ''", "8, false, head.w"})
    void ofRawWeightsCountOnlyBesideAnAverageThatIsUsed(int number, boolean stated, String raw) throws IOException {
        files = number;
        walk(List.of("head.w"), EVERY, (time, weights, averages) -> {
            List<Entry> entries = new ArrayList<>();
            weights.forEach((name, values) -> entries.add(entry("model." + name, values)));
            Objects.requireNonNull(averages.get("0.100"))
                    .forEach((name, values) -> entries.add(entry("ema." + name, values)));
            TestFiles.age(TestWeights.safetensors(
                    folder.resolve("step_%06d.safetensors".formatted(time)), Map.of(), entries));
        });
        if (stated)
            Files.writeString(
                    folder.resolve("phema.yaml"),
                    "files: 'step_{time}.safetensors'\n"
                            + "averages: [{prefix: 'model.', profile: impulse},"
                            + " {prefix: 'ema.', profile: 'power:0.1'}]\n");

        Run run = RunScanner.scan(folder, Selection.DEFAULT);

        assertThat(run.snapshots().size()).isEqualTo(raw.isEmpty() ? files : 2 * files);
        assertThat(buffers(run)).isEqualTo(raw.isEmpty() ? List.of() : List.of(raw));
    }

    private static List<String> buffers(Run run) {
        return run.newest().file().tensors().stream()
                .filter(tensor -> tensor.role() == Tensor.TensorRole.BUFFER)
                .map(Tensor::name)
                .sorted()
                .toList();
    }

    private void edm2(List<String> raw, int rawEvery) throws IOException {
        walk(raw, rawEvery, (time, weights, averages) -> {
            for (Map.Entry<String, Map<String, double[]>> average : averages.entrySet()) {
                List<Entry> entries = new ArrayList<>();
                average.getValue().forEach((name, values) -> entries.add(entry(name, values)));
                Path file = folder.resolve("net-%07d-%s.safetensors".formatted(time, average.getKey()));
                TestFiles.age(TestWeights.safetensors(file, Map.of(), entries));
            }
        });
    }

    private static Entry entry(String name, double[] values) {
        float[] singles = new float[values.length];
        for (int i = 0; i < singles.length; i++) singles[i] = (float) values[i];
        return Entry.of(name, DType.F32, Shape.of(values.length), singles);
    }

    private interface Writer {
        void write(int time, Map<String, double[]> weights, Map<String, Map<String, double[]>> averages)
                throws IOException;
    }

    /**
     * @param raw names of what averages hold as it is
     * @param rawEvery steps after which that moves; 0 for never
     */
    private void walk(List<String> raw, int rawEvery, Writer writer) throws IOException {
        Random random = new Random(1);
        Map<String, double[]> weights = new TreeMap<>();
        sizes.forEach((name, size) -> weights.put(name, random.doubles(size).toArray()));
        Map<String, Map<String, double[]>> averages = new TreeMap<>();
        EXPONENTS.keySet().forEach(width -> {
            Map<String, double[]> copy = new TreeMap<>();
            weights.forEach((name, values) -> copy.put(name, values.clone()));
            averages.put(width, copy);
        });
        for (int step = 1; step <= files * every; step++) {
            int now = step;
            weights.forEach((name, values) -> {
                boolean moves = !raw.contains(name) || rawEvery > 0 && now % rawEvery == 0;
                if (moves) for (int i = 0; i < values.length; i++) values[i] += 0.01 * random.nextGaussian();
            });
            averages.forEach((width, average) -> average.forEach((name, values) -> {
                double kept = Math.pow(1 - 1.0 / now, Objects.requireNonNull(EXPONENTS.get(width)));
                double[] own = Objects.requireNonNull(weights.get(name));
                for (int i = 0; i < values.length; i++)
                    values[i] = raw.contains(name) ? own[i] : kept * values[i] + (1 - kept) * own[i];
            }));
            if (step % every == 0) writer.write(step, weights, averages);
        }
    }
}
