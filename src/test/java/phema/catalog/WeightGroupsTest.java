package phema.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import phema.format.Format;
import phema.format.Tensor;
import phema.format.WeightFile;
import phema.format.WeightFiles;
import phema.tensor.DType;
import phema.tensor.Shape;
import phema.time.SettableClock;

class WeightGroupsTest {
    @TempDir
    Path temporary;

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            model.a model.b ema.a ema.b opt.m                                     | model. ema.
            model.module._orig_mod.a ema.module.a opt.state.a                     | model. ema.
            g.model.a.b g.model.c g_ema.model._fsdp_wrapped_module.a._checkpoint_wrapped_module.b g_ema.model._fsdp_wrapped_module.c | g. g_ema.
            net._orig_mod.a net._orig_mod.b net.a.c ema.a ema.b ema.a.c             | net. ema.
            state_dict.a state_dict_ema.a                                         | state_dict. state_dict_ema.
            model.a model_ema.a                                                   | model. model_ema.
            net.a net_ema.a                                                       | net. net_ema.
            module.a ema.a                                                        | module. ema.
            state_dict.model.x.a state_dict.model_ema.xa                    | state_dict.model. state_dict.model_ema.
            online_model.a ema_model.a initted step                               | online_model. ema_model.
            model.a ema.ema_model.a ema.online_model.a ema.initted                | model. ema.ema_model.
            ema.ema_model.a ema.online_model.a                                    | ema.online_model. ema.ema_model.
            current_model_state.a state_dict.a averaging_state.n_averaged         | current_model_state. state_dict.
            model.a ema.shadow.a                                                  | model. ema.shadow.
            model.a ema.a net_ema.a                                               | model. ema. net_ema.
            ema_state_dict.module.a ema_state_dict.steps state_dict.a             | ema_state_dict. state_dict.
            state_dict.a.b_c state_dict.d.e state_dict.ema_a_b_c state_dict.ema_d_e | state_dict. state_dict.ema_
            state_dict.conv.w state_dict.bn.running_mean state_dict.bn.running_var state_dict.ema_conv_w | state_dict. state_dict.ema_
            t.a optimizer.state.t.a.exp_avg ema.state.t.a.ema_params              | * ema.state.*.ema_params
            t.a ema.state.t.a.ema_params.half_life_0p05 ema.state.t.a.ema_params.decay_0p999 | * ema.state.*.ema_params.decay_0p999 ema.state.*.ema_params.half_life_0p05
            """)
    void findsRawWeightsAndAverages(String names, String prefixes) {
        WeightGroups groups = WeightGroups.of(file(names));
        assertThat(groups.groups()).extracting(WeightGroups.WeightGroup::prefix).containsExactly(prefixes.split(" "));
        assertThat(groups.groups())
                .allSatisfy(group -> assertThat(group.tensors())
                        .extracting(Tensor::name)
                        .isEqualTo(groups.groups().getFirst().tensors().stream()
                                .map(Tensor::name)
                                .toList()));
    }

    /** What is called an average but is none of anything beside it, or not of all, is left to who knows. */
    @ParameterizedTest
    @CsvSource({
        "a b",
        "model.a ema.b",
        "model.a model.b model.c ema.a",
        "ema.a",
        "state.model.a state.algorithms.0.1.ema_model.a",
        "state_dict.model.x.a state_dict.model.xa state_dict.model_ema.xa.b"
    })
    void takesNothingApartThatDoesNotFit(String names) {
        assertThat(WeightGroups.of(file(names))).isEqualTo(WeightGroups.NONE);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ema.state.*.ema_params.half_life_0p05  | ''                                        | halflife-fraction:0.05
            ema.state.*.ema_params.half_life_1em05 | ''                                        | halflife-fraction:1e-05
            ema.state.*.ema_params.decay_0p999     | ''                                        | ema:0.999,warmup=none
            ema.state.*.ema_params                 | ''                                        | ''
            s.model_ema.        | s.model_ema.decay=0.9999 s.model_ema.num_updates=1000        | ema:0.9999,warmup=10
            s.model_ema.        | s.model_ema.decay=0.9999 s.model_ema.num_updates=-1          | ema:0.9999,warmup=none
            s.model_ema.        | s.model_ema.decay=0.9999 s.model_ema.num_updates=250         | ema:0.9999,warmup=10,batch=4
            s.model_ema.        | s.model_ema.decay=0.9999 s.model_ema.num_updates=4000        | ema:0.9999,warmup=10,batch=0.25
            s.model_ema.        | s.model_ema.decay=0.9999 s.model_ema.num_updates=300         | ''
            s.model_ema.        | s.model_ema.decay=0.9999 s.model_ema.num_updates=0           | ''
            s.model_ema.        | s.model_ema.decay=2 s.model_ema.num_updates=1000             | ''
            model_avg.          | average_period=50 batch_idx_train=1000                       | swa:every=50
            model_avg.          | average_period=200 batch_idx_train=4000                      | swa:every=200,batch=0.25
            model_avg.          | average_period=200                                           | ''
            model_ema.          | ema_sched.last_epoch=1000 ema_sched.power=0.75 ema_sched.max_value=0.999 | ema:0.999,warmup=0.75,inv_gamma=1
            """)
    void readsWhatTrainersRecordOfTheirAverages(String prefix, String metadata, String profile) {
        Map<String, String> recorded = new HashMap<>();
        for (String entry : metadata.split(" "))
            if (!entry.isEmpty()) recorded.put(entry.split("=")[0], entry.split("=")[1]);
        SequencedMap<Double, RecordedDecay.Recorded> files = new LinkedHashMap<>();
        RecordedDecay.of(prefix, recorded).ifPresent(one -> files.put(1000.0, one));
        assertThat(RecordedDecay.profiles(files, time -> time, "there").byFile().getOrDefault(1000.0, ""))
                .isEqualTo(profile);
    }

    /** What latent-diffusion's averages have counted at times 100, 200, ... */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            100 200 300 400                 | 10; 10; 10; 10
            99 200 301 400                  | 10; 10; 10; 10
            50 100 150 200                  | 10,batch=2; 10,batch=2; 10,batch=2; 10,batch=2
            100 200 100 200                 | 10; 10; 10,after=200; 10,after=200
            100 200 300 50                  | 10; 10; 10; 10,after=350
            50 150 250 350                  | 10,after=50; 10,after=50; 10,after=50; 10,after=50
            400 800 400 800                 | 10,batch=0.25; 10,batch=0.25; 10,after=800,batch=0.25; 10,after=800,batch=0.25
            875100 875200 875300 875400     | none; none; none; none
            600 700 800 900                 | ''
            100 190 260 340                 | ''
            100 200 0 100                   | 10; 10; ''; 10,after=300
            """)
    void allFilesOfAnAverageCountInOneUnit(String counts, String warmups) {
        SequencedMap<Double, RecordedDecay.Recorded> files = new LinkedHashMap<>();
        for (String count : counts.split(" "))
            RecordedDecay.of("e_ema.", Map.of("e_ema.decay", "0.9999", "e_ema.num_updates", count))
                    .ifPresent(one -> files.put(100.0 * (files.size() + 1), one));

        RecordedDecay.Profiles<Double> found = RecordedDecay.profiles(files, time -> time, "there");

        assertThat(files.keySet().stream()
                        .map(time -> found.byFile().getOrDefault(time, "").replace("ema:0.9999,warmup=", "")))
                .isEqualTo(
                        warmups.isEmpty()
                                ? Collections.nCopies(files.size(), "")
                                : List.of(warmups.replace("''", "").split("; ", -1)));
        assertThat(found.notice().isPresent())
                .isEqualTo(found.byFile().size() < files.size() || warmups.startsWith("none"));
    }

    @Test
    void whatHasNoAverageIsOfTheRawWeightsAndNoParameter() {
        List<WeightGroups.WeightGroup> groups =
                WeightGroups.of(file("model.a model.b model.c ema.a ema.c")).groups();
        assertThat(groups.getLast().tensors().get(1))
                .isEqualTo(groups.getFirst().tensors().get(1));
        assertThat(groups.getFirst().tensors())
                .extracting(Tensor::role)
                .containsExactly(Tensor.TensorRole.PARAMETER, Tensor.TensorRole.BUFFER, Tensor.TensorRole.PARAMETER);
    }

    @Test
    void aRescanWithoutChangesOpensNothingAndRecognisesNothing() throws IOException {
        Path run = copy("dit");
        List<Path> read = new ArrayList<>();
        SettableClock clock = new SettableClock();
        RunScanner scanner = RunScanner.repeated(
                (file, similar, mayRead) -> {
                    read.add(file);
                    return WeightFiles.read(file, similar, mayRead);
                },
                path -> true,
                new Settling(Duration.ZERO, clock, clock));
        Scan first = scanner.scan("run", run, Selection.DEFAULT, Scan.NONE);
        assertThat(first.run().snapshots()).hasSize(24);
        assertThat(read).hasSize(12);
        assertThat(scanner.scan("run", run, Selection.DEFAULT, first)).isSameAs(first);
        // As after a restart: structure and samples of both are remembered with the file.
        for (Path file : List.copyOf(read))
            assertThat(Objects.requireNonNull(first.known().get(String.valueOf(file.getFileName())))
                            .content())
                    .isInstanceOfSatisfying(
                            RememberedFile.Indexed.class,
                            indexed -> assertThat(indexed.samples()).containsOnlyKeys("model.", "ema."));
        Scan again = scanner.scan("run", run, Selection.DEFAULT, Scan.remembered(first.known()));
        assertThat(again.run().snapshots())
                .extracting(Snapshot::name)
                .isEqualTo(first.run().snapshots().stream().map(Snapshot::name).toList());
        assertThat(read).hasSize(12);
    }

    /** The samples of another prefix are others, though tensors have the same names. */
    @Test
    void anotherPrefixInTheManifestReadsOtherSamples() throws IOException {
        Path run = copy("dit");
        SettableClock clock = new SettableClock();
        RunScanner scanner =
                RunScanner.repeated(WeightFiles::read, path -> true, new Settling(Duration.ZERO, clock, clock));
        Path manifest = run.resolve("phema.yaml");
        Files.writeString(manifest, "files: '{time}.pt'\nprofile: impulse\nprefix: 'ema.'\n");
        Scan ema = scanner.scan("run", run, Selection.DEFAULT, Scan.NONE);
        Files.writeString(manifest, "files: '{time}.pt'\nprofile: impulse\nprefix: 'model.module._orig_mod.'\n");
        Scan raw = scanner.scan("run", run, Selection.DEFAULT, ema);
        assertThat(raw.run().newest().sample().values())
                .isNotEqualTo(ema.run().newest().sample().values());
    }

    private Path copy(String name) throws IOException {
        Path from = Path.of("src/test/resources/groups", name);
        Path run = Files.createDirectory(temporary.resolve(name));
        try (var files = Files.list(from)) {
            for (Path file : files.toList()) Files.copy(file, run.resolve(file.getFileName()));
        }
        return run;
    }

    private static WeightFile file(String names) {
        List<Tensor> tensors = Arrays.stream(names.split(" "))
                .map(name -> new Tensor(
                        name,
                        DType.F32,
                        Shape.of(4L),
                        List.of(1L),
                        0,
                        names.indexOf(" " + name) * 16L + 16,
                        Tensor.TensorRole.PARAMETER))
                .toList();
        return new WeightFile(Path.of("model-0001.pt"), Format.TORCH_ZIP, List.of(), Map.of(), tensors);
    }
}
