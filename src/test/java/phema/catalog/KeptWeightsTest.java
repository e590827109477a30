package phema.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import phema.TestWeights;
import phema.TestWeights.Entry;
import phema.tensor.DType;

/** Outputs hold what is not averaged as the newest file does, an old average as well. */
class KeptWeightsTest {
    @TempDir
    Path folder;

    /** What the names of the model's tensors begin with. */
    private String begin = "model.";

    @BeforeEach
    void writeManifest() throws IOException {
        manifest("step-{time}.safetensors", "prefix: 'model.'");
    }

    private void manifest(String files, String line) throws IOException {
        Files.writeString(folder.resolve("phema.yaml"), "files: '" + files + "'\nprofile: impulse\n" + line + "\n");
    }

    @ParameterizedTest
    @CsvSource({
        "model., ema.shadow_params.0, ema.shadow_params.1, ema.shadow_params.",
        "state_dict., callbacks.A.ema_weights.0, callbacks.A.ema_weights.1, callbacks.A.ema_weights.",
        "model., slow.in.w, slow.out.w, slow.",
        "model., ema_w, ema_w, ema_w"
    })
    void whatMayBeAnAverageIsNamed(String prefix, String one, String other, String named) throws IOException {
        manifest("step-{time}.safetensors", "prefix: '" + prefix + "'");
        begin = prefix;
        write(true, one, other);
        assertThat(notices(scan()))
                .singleElement()
                .asString()
                .startsWith("Outputs hold these tensors as the newest file has them, not averaged,")
                .contains(": `" + named + "*`. Load");
    }

    @ParameterizedTest
    @CsvSource({
        "true, optimizer.in.w, optimizer.out.w",
        "true, sgd.momentum_buffer.in.w, sgd.momentum_buffer.out.w",
        "true, bn.running_mean, bn.running_var",
        "false, teacher.in.w, teacher.out.w",
        "false, vae.in.w, vae.out.w"
    })
    void noiseIsNotMadeOfStateAndOfWhatStandsStill(boolean moving, String one, String other) throws IOException {
        write(moving, one, other);
        Run run = scan();
        assertThat(run.snapshots()).hasSize(3);
        assertThat(notices(run)).isEmpty();
    }

    @Test
    void anotherNetworkIsNoAverage() throws IOException {
        for (int time = 1; time <= 3; time++)
            write("step-%d00.safetensors".formatted(time), model(time), entry("discriminator.w", time, 99, 3));
        assertThat(notices(scan())).isEmpty();
    }

    /** Safetensors of weights under their own names are written without what is excluded; folders are copied. */
    @ParameterizedTest
    @CsvSource({"step-%d00.safetensors, 0", "step-%d00/model.safetensors, 1"})
    void whatOutputsDoNotHoldIsNotNamed(String name, int named) throws IOException {
        manifest(name.replace("%d00", "{time}"), "exclude: ['slow.*']");
        for (int time = 1; time <= 3; time++)
            write(name.formatted(time), model(time), entry("slow.in.w", time, 8, 8), entry("slow.out.w", time, 8, 8));
        Run run = scan();
        assertThat(run.snapshots()).hasSize(3);
        assertThat(notices(run)).hasSize(named);
    }

    /** Optimizers are left out of files of torch, whatever their state is called; averages are written. */
    @Test
    void whatIsLeftOutOrWrittenIsNotNamed() throws IOException {
        for (Path file : list(Path.of("src/test/resources/groups/dit")))
            Files.copy(file, folder.resolve(file.getFileName()));
        manifest("{time}.pt", "prefix: 'model.module._orig_mod.'");
        Run run = scan();
        assertThat(run.snapshots()).isNotEmpty();
        assertThat(notices(run)).isEmpty();
    }

    private static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        }
    }

    private Run scan() throws IOException {
        return RunScanner.scan(folder, Selection.DEFAULT);
    }

    private static List<String> notices(Run run) {
        return run.notices().stream()
                .filter(notice -> notice.startsWith("Outputs hold"))
                .toList();
    }

    private void write(boolean moving, String one, String other) throws IOException {
        for (int time = 1; time <= 3; time++) {
            int seed = moving ? time : 0;
            List<Entry> more = Stream.of(one, other)
                    .distinct()
                    .map(name -> entry(name, seed, 8, 8))
                    .toList();
            write("step-%d00.safetensors".formatted(time), model(time), more.toArray(Entry[]::new));
        }
    }

    private List<Entry> model(int time) {
        return List.of(entry(begin + "in.w", time, 8, 8), entry(begin + "out.w", time, 8, 8));
    }

    private static Entry entry(String name, int seed, long... dims) {
        return Entry.random(name, DType.F32, new Random(seed + name.length()), dims);
    }

    private void write(String name, List<Entry> model, Entry... more) throws IOException {
        List<Entry> all = new ArrayList<>(model);
        all.addAll(List.of(more));
        Files.createDirectories(folder.resolve(name).getParent());
        TestWeights.safetensors(folder.resolve(name), Map.of(), all);
    }
}
