package phema.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import phema.TestWeights;
import phema.TestWeights.Entry;
import phema.tensor.DType;
import phema.tensor.Shape;

/** Two networks in a file, of which nothing says what the second is. */
class TwinsTest {
    private static final int SIZE = 64;

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({
        "model., slow.",
        "q., q_target.",
        "state_dict.encoder_q., state_dict.encoder_k.",
        "module.g., module.g_running.",
        "model., best_model."
    })
    void anAverageUnderAnyNameIsNotTakenForRawWeights(String raw, String other) throws IOException {
        for (int time = 1; time <= 3; time++) write(time, network(raw, 1, time, 1), network(other, 1, time, 0.5));
        Run run = RunScanner.scan(folder, Selection.DEFAULT);
        String begin = raw.startsWith("module.") ? "module." : "";
        String one = raw.substring(begin.length());
        String two = other.substring(begin.length());
        assertThat(run.snapshots()).isEmpty();
        assertThat(run.excluded())
                .hasSize(3)
                .allSatisfy(e -> assertThat(e.message())
                        .contains("`" + one + "*` and `" + two + "*`", "`exclude: ['" + two + "*']`")
                        .contains("{prefix: '" + raw + "', profile: impulse}, {prefix: '" + other + "', profile: '")
                        .contains("`prefix: '" + begin + "'`"));
        assertThat(run.manifest())
                .containsExactly("files: 'step-{time}.safetensors'", "profile: impulse", "exclude: ['" + two + "*']");
        Files.write(folder.resolve("phema.yaml"), run.manifest());
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).snapshots())
                .hasSize(3)
                .allSatisfy(s -> assertThat(s.file().tensors()).hasSize(4));
        Files.writeString(
                folder.resolve("phema.yaml"),
                "files: 'step-{time}.safetensors'\nprofile: impulse\nprefix: '" + begin + "'\n");
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).snapshots())
                .hasSize(3)
                .allSatisfy(s -> assertThat(s.file().tensors()).hasSize(8));
    }

    /** Of the parameters alone, or but for those before or behind it that are frozen. */
    @ParameterizedTest
    @CsvSource({"model., slow_params.", "net., averaged_parameters.", "model., z.p."})
    void aListOfTheSameTensorsIsNotTakenForRawWeights(String raw, String other) throws IOException {
        for (int left : List.of(0, 1, 4)) {
            for (int time = 1; time <= 3; time++) {
                List<Entry> all = new ArrayList<>(network(raw, 1, time, 1));
                all.addAll(network(raw + "head.", 2, time, 1));
                List<Entry> list = new ArrayList<>();
                List<Entry> same = new ArrayList<>(network("", 1, time, 0.5));
                same.addAll(network("", 2, time, 0.5));
                for (Entry one : same.subList(left == 4 ? 4 : 0, left == 1 ? 7 : 8))
                    list.add(new Entry(other + list.size(), one.dtype(), one.shape(), one.bytes()));
                write(time, all, list);
            }
            Run run = RunScanner.scan(folder, Selection.DEFAULT);
            assertThat(run.snapshots()).isEmpty();
            assertThat(run.excluded())
                    .hasSize(3)
                    .allSatisfy(e -> assertThat(e.message())
                            .contains("`" + raw + "*` and `" + other + "*`, of which the second may be an average")
                            .contains("`prefix: '" + other + "'` and `profile: 'exponential:decay=0.9999'`"));
            assertThat(run.manifest())
                    .containsExactly(
                            "files: 'step-{time}.safetensors'", "profile: impulse", "exclude: ['" + other + "*']");
        }
    }

    /** What an optimizer keeps of each tensor has the shapes of a network, and its values by chance only. */
    @Test
    void aListOfOtherValuesIsNoNetwork() throws IOException {
        for (int time = 1; time <= 3; time++) {
            List<Entry> list = new ArrayList<>();
            for (Entry one : network("", 2, time, 1))
                list.add(new Entry("list." + list.size(), one.dtype(), one.shape(), one.bytes()));
            write(time, network("model.", 1, time, 1), list);
        }
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).snapshots()).hasSize(3);
    }

    /** Two critics, say: what is trained from values of its own is like another by chance only. */
    @Test
    void networksThatAreTrainedSideBySideAreBothRaw() throws IOException {
        for (int time = 1; time <= 3; time++) write(time, network("a.", 1, time, 1), network("b.", 2, time, 1));
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).snapshots()).hasSize(3);
    }

    /** One network under two names, as a part of two modules, or a copy of what training began with. */
    @ParameterizedTest
    @CsvSource({"1, true", "0, false"})
    void equalNetworksAndThoseThatStandStillAreNoQuestion(double pace, boolean same) throws IOException {
        for (int time = 1; time <= 3; time++)
            write(time, network("model.", 1, time, 1), network("other.", 1, same ? time : 1, same ? 1 : pace));
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).snapshots()).hasSize(3);
    }

    @ParameterizedTest
    @CsvSource({
        "blocks.0., blocks.1.", // blocks of one network
        "unet1., unet2."
    })
    void networksThatDifferInANumberAreBothRaw(String one, String other) throws IOException {
        for (int time = 1; time <= 3; time++) write(time, network(one, 1, time, 1), network(other, 1, time, 0.5));
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).snapshots()).hasSize(3);
    }

    /** Small modules of the same form, such as embeddings of a time and of a strength of guidance. */
    @Test
    void modulesOfAModelAreNoNetworks() throws IOException {
        for (int time = 1; time <= 3; time++) {
            List<Entry> all = new ArrayList<>(network("time_in.", 1, time, 1));
            all.addAll(network("guidance_in.", 1, time, 0.5));
            all.add(Entry.of("blocks.weight", DType.F32, Shape.of(100, SIZE), new float[100 * SIZE]));
            write(time, all, List.of());
        }
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).snapshots()).hasSize(3);
    }

    /** Of few tensors, or one layer, they are told from layers by being all that the file holds. */
    @ParameterizedTest
    @ValueSource(
            strings = {"w", "in.weight in.bias", "weight_ih weight_hh bias_ih bias_hh", "a.weight b.weight b.bias"})
    void smallNetworksAreNetworksWhereNothingElseIsThere(String names) throws IOException {
        for (int time = 1; time <= 3; time++)
            write(time, network("model.", 1, time, 1, names), network("slow.", 1, time, 0.5, names));
        Run run = RunScanner.scan(folder, Selection.DEFAULT);
        assertThat(run.snapshots()).isEmpty();
        assertThat(run.manifest()).contains("exclude: ['slow.*']");
    }

    @ParameterizedTest
    @CsvSource({
        "1, 2, 0", // two matrices of a factorisation
        "1, 1, 1" // embedding and head that began as equals, beside the rest of a network
    })
    void layersOfASmallNetworkAreNoNetworks(int one, int other, int rest) throws IOException {
        for (int time = 1; time <= 3; time++) {
            List<Entry> all = new ArrayList<>(network("user.", one, time, 1, "weight"));
            if (rest > 0) all.addAll(network("rest.", 3, time, 1, "a.weight b.weight"));
            write(time, all, network("item.", other, time, 0.5, "weight"));
        }
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).snapshots()).hasSize(3);
    }

    /** Most files are from before the average, which says nothing of what the others hold besides. */
    @Test
    void anAverageThatBeganLateIsAskedForAndOlderFilesAreUsed() throws IOException {
        for (int time = 1; time <= 5; time++)
            write(time, network("model.", 1, time, 1), time < 4 ? List.of() : network("slow.", 1, time, 0.5));
        Run run = RunScanner.scan(folder, Selection.DEFAULT);
        assertThat(run.snapshots()).hasSize(3);
        assertThat(run.excluded())
                .hasSize(2)
                .allSatisfy(
                        e -> assertThat(e.message()).contains("`model.*` and `slow.*`, of which the second may be"));
        Files.write(folder.resolve("phema.yaml"), run.manifest());
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).snapshots()).hasSize(5);
    }

    /** As Self-Forcing trains them, of which the critic moves farther; the average may hold a part of its network. */
    @ParameterizedTest
    @CsvSource({"'in.weight in.bias out.weight out.bias', true", "in.bias, false"})
    void theNetworkThatAnAverageIsCalledAfterIsNeverTheOneToLeaveOut(String names, boolean whole) throws IOException {
        for (int time = 1; time <= 5; time++) {
            List<Entry> all = new ArrayList<>(network("critic.", 1, time, 2));
            if (time > 3) all.addAll(network("generator_ema.", 1, time, 0.5, names));
            write(time, network("generator.", 1, time, 1), all);
        }
        Run run = RunScanner.scan(folder, Selection.DEFAULT);
        assertThat(run.snapshots())
                .hasSize(whole ? 5 : 0)
                .allMatch(s -> s.name().endsWith("#generator"));
        assertThat(String.join("\n", run.manifest()) + run.excluded() + run.notices())
                .contains(
                        whole
                                ? "{prefix: 'generator.', profile: impulse}, {prefix: 'generator_ema.', profile: "
                                : "exclude: ['critic.*']")
                .doesNotContain("exclude: ['generator.*']", "prefix: 'generator.', profile: 'exp");
    }

    private void write(int time, List<Entry> one, List<Entry> other) throws IOException {
        List<Entry> all = new ArrayList<>(one);
        all.addAll(other);
        TestWeights.safetensors(folder.resolve("step-00%d000.safetensors".formatted(time)), Map.of(), all);
    }

    /** A network that moves in a direction of its own. */
    private static List<Entry> network(String prefix, int seed, int time, double pace) {
        return network(prefix, seed, time, pace, "in.weight in.bias out.weight out.bias");
    }

    private static List<Entry> network(String prefix, int seed, int time, double pace, String names) {
        Random random = new Random(seed);
        List<Entry> network = new ArrayList<>();
        for (String name : names.split(" ")) {
            boolean bias = name.contains("bias");
            float[] values = new float[bias ? 8 : SIZE];
            for (int i = 0; i < values.length; i++)
                values[i] = (float) (random.nextGaussian() + 0.1 * pace * time * random.nextGaussian());
            network.add(Entry.of(prefix + name, DType.F32, bias ? Shape.of(8) : Shape.of(8, 8), values));
        }
        return network;
    }
}
