package phema.synthesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import phema.Fixtures;
import phema.TestWeights;
import phema.TestWeights.Entry;
import phema.catalog.Run;
import phema.catalog.RunScanner;
import phema.catalog.Selection;
import phema.format.Format;
import phema.format.Tensor;
import phema.format.WeightFile;
import phema.format.WeightFiles;
import phema.problem.Problem;
import phema.profile.Power;
import phema.solver.FilesToRead;
import phema.solver.FitOptions;
import phema.solver.SolverKind;
import phema.tensor.DType;
import phema.tensor.Shape;

class LikeInputsTest {
    private static final Path GROUPS = Path.of("src/test/resources/groups");
    private static final Engine ENGINE = new Engine(64 << 20, 2);
    private static final Syntheses SYNTHESES = new Syntheses(ENGINE);

    @TempDir
    private Path folder;

    @AfterAll
    static void close() {
        ENGINE.close();
    }

    /** Of runs that trainers wrote: weights under all their names, the rest as in the newest file. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            dit       | out.pt   | model.module._orig_mod. ema.             | opt
            cosmos    | out.pt   | net. net_ema.                            |
            ldm       | out.ckpt | state_dict.model. state_dict.model_ema.  | optimizer_states
            lightning | out.ckpt | state_dict. current_model_state.         | optimizer_states
            """)
    void outputsHoldTheWeightsUnderAllNamesThatTheFilesHaveForThem(
            String name, String fileName, String prefixes, String leftOut) throws IOException {
        Run run = scan(GROUPS.resolve(name));
        WeightFile flat = write(run, OutputOptions.of(Format.SAFETENSORS).withDType(DType.F32));
        PreparedWeights same = prepared(run, OutputOptions.AS_STORED);
        WeightFile like = write(same);
        WeightFile newest = WeightFiles.read(run.newest().file().path());

        assertThat(like.path()).hasFileName(fileName);
        assertThat(SYNTHESES.leftOut(same)).isEqualTo(leftOut == null ? List.of() : List.of(leftOut.split(" ")));
        assertThat(SYNTHESES.isLikeInputs(same)).isTrue();
        Map<String, Integer> weights = new TreeMap<>();
        for (Tensor tensor : newest.tensors()) {
            if (leftOut != null && tensor.name().startsWith(leftOut)) continue;
            Tensor found = TestWeights.tensor(like, tensor.name());
            assertThat(found.dtype()).isEqualTo(tensor.dtype());
            assertThat(found.shape()).isEqualTo(tensor.shape());
            for (String prefix : prefixes.split(" +")) {
                if (!tensor.name().startsWith(prefix)) continue;
                String rest = tensor.name().substring(prefix.length()).replace(".", "");
                for (Tensor weight : flat.tensors()) {
                    if (!tensor.dtype().isFloating()
                            || !rest.endsWith(weight.name().replace(".", ""))) continue;
                    weights.merge(weight.name(), 1, Integer::sum);
                    assertThat(TestWeights.values(like, tensor.name()))
                            .usingComparatorWithPrecision(tensor.dtype() == DType.BF16 ? 0.01 : 0)
                            .containsExactly(TestWeights.values(flat, weight.name()));
                }
            }
        }
        assertThat(weights.values()).hasSizeGreaterThanOrEqualTo(4).containsOnly(2);
        assertThat(like.metadata()).containsAllEntriesOf(plain(newest.metadata(), leftOut));
        assertThat(like.size()).isLessThan(newest.size());
    }

    private static Map<String, String> plain(Map<String, String> metadata, String leftOut) {
        Map<String, String> plain = new TreeMap<>(metadata);
        if (leftOut != null) plain.keySet().removeIf(key -> key.startsWith(leftOut));
        return plain;
    }

    /** An average that nobody named is none of the run's weights, and would be an old one beside new weights. */
    @Test
    void weightsOfWhichTheRunHasNoSnapshotsAreWrittenAsWell() throws IOException {
        Path own = folder.resolve("run");
        Files.createDirectory(own);
        for (Path file : files(GROUPS.resolve("dit"))) Files.copy(file, own.resolve(file.getFileName()));
        Files.writeString(
                own.resolve("phema.yaml"), "files: '{time}.pt'\nprofile: impulse\nprefix: 'model.module._orig_mod.'\n");
        WeightFile like = write(scan(own), OutputOptions.AS_STORED);
        assertThat(TestWeights.values(like, "ema.out.weight"))
                .isEqualTo(TestWeights.values(like, "model.module._orig_mod.out.weight"));
    }

    private static List<Path> files(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            return files.toList();
        }
    }

    @Test
    void prefixesOfSafetensorsArePutBackAndWhatIsOutsideOfThemIsAsInTheNewest() throws IOException {
        Path own = Files.createDirectory(folder.resolve("run"));
        for (int step = 1; step <= 4; step++)
            TestWeights.safetensors(
                    own.resolve("me-step%08d.safetensors".formatted(step * 100)),
                    Map.of("ss_output_name", "me", "sshs_model_hash", "f".repeat(64)),
                    List.of(
                            Entry.of("diffusion_model.a", DType.F32, Shape.of(2), step, step * step),
                            Entry.of("vae.b", DType.F32, Shape.of(1), step)));
        Files.writeString(
                own.resolve("phema.yaml"),
                "files: 'me-step{time}.safetensors'\nprofile: impulse\nprefix: 'diffusion_model.'\n");
        Run run = scan(own);
        WeightFile like = write(run, OutputOptions.AS_STORED);
        WeightFile flat = write(run, OutputOptions.of(Format.SAFETENSORS));

        assertThat(like.tensors()).extracting(Tensor::name).containsExactly("diffusion_model.a", "vae.b");
        assertThat(flat.tensors()).extracting(Tensor::name).containsExactly("a");
        assertThat(TestWeights.values(like, "diffusion_model.a")).isEqualTo(TestWeights.values(flat, "a"));
        assertThat(TestWeights.values(like, "vae.b")).containsExactly(4);
        assertThat(like.metadata())
                .containsEntry("ss_output_name", "me")
                .containsKey("phema.profile")
                .doesNotContainKey("sshs_model_hash");
        assertThat(SYNTHESES.files(prepared(run, OutputOptions.AS_STORED.withShardSize(8))))
                .extracting(Content::fileName)
                .containsExactly(
                        "out-00001-of-00002.safetensors",
                        "out-00002-of-00002.safetensors",
                        "out.safetensors.index.json");
    }

    /** Nothing has changed for them: neither bytes nor names. */
    @ParameterizedTest
    @CsvSource({"torch/tied, TORCH_ZIP", "checkpoints, SAFETENSORS", "edm2, EDM2_PICKLE", "lora, SAFETENSORS"})
    void ofFlatFilesOutputsAreThoseOfTheFormat(String name, Format format) throws IOException {
        Run run = scan(Fixtures.fixture(name));
        PreparedWeights same = prepared(run, OutputOptions.AS_STORED);
        assertThat(SYNTHESES.isLikeInputs(same)).isFalse();
        Content like = SYNTHESES.files(same).getFirst();
        Content flat = SYNTHESES.files(prepared(run, OutputOptions.of(format))).getFirst();
        assertThat(like.fileName()).isEqualTo(flat.fileName());
        assertThat(like.identity()).isEqualTo(flat.identity());
        assertThat(TestRuns.bytes(like)).isEqualTo(TestRuns.bytes(flat));
    }

    /** ema-pytorch's own counters stay beside its averages. */
    @Test
    void trackersAreWrittenAsTheyAre() throws IOException {
        Path own = Fixtures.copy("ema-pytorch", folder.resolve("run"));
        Files.writeString(own.resolve("phema.yaml"), "sigmaRels: [0.05, 0.15]\nupdateEvery: 1\n");
        Run run = scan(own);
        WeightFile like = write(run, OutputOptions.AS_STORED);
        WeightFile newest = WeightFiles.read(run.newest().file().path());
        assertThat(TestRuns.structure(like)).isEqualTo(TestRuns.structure(newest));
        assertThat(TestWeights.values(like, "step")).isEqualTo(TestWeights.values(newest, "step"));
    }

    /** One rank's folder, with the average under all decays that the job keeps, and without what only it can use. */
    @Test
    void distributedCheckpointsAreFoldersOfTheirKind() throws IOException {
        Path own = Files.createDirectory(folder.resolve("run"));
        for (int step = 50; step <= 200; step += 50)
            Fixtures.copy("clusters/torchtitan-2-ranks", own.resolve("step-" + step), step);
        Run run = scan(own);
        PreparedWeights same = prepared(run, OutputOptions.AS_STORED);
        assertThat(SYNTHESES.isFolder(same)).isTrue();
        assertThat(SYNTHESES.leftOut(same)).containsExactly("optimizer", "lr_scheduler", "dataloader");
        assertThat(SYNTHESES.files(same))
                .extracting(Content::fileName)
                .containsExactly("out/__0_0.distcp", "out/.metadata");
        WeightFile like = last(same);
        WeightFile flat = write(run, OutputOptions.of(Format.SAFETENSORS));
        WeightFile newest = WeightFiles.read(run.newest().file().path());
        assertThat(like.tensors())
                .extracting(Tensor::name)
                .isEqualTo(newest.tensors().stream().map(Tensor::name).toList());
        for (Tensor tensor : like.tensors())
            assertThat(TestWeights.values(like, tensor.name()))
                    .containsExactly(TestWeights.values(
                            flat, tensor.name().replaceFirst("ema\\.state\\.(.+)\\.ema_params.*", "$1")));
        assertThat(like.metadata())
                .containsEntry("train_state.step", "200")
                .doesNotContainKeys("lr_scheduler.last_epoch", "dataloader.world_size");
        assertThat(SYNTHESES.whole(same).fileName()).isEqualTo("out.zip");
    }

    @Test
    void whatMegatronWantsIsBesideItsWeights() throws IOException {
        Path own = Files.createDirectory(folder.resolve("run"));
        for (int step = 1; step <= 3; step++)
            Fixtures.copy("clusters/megatron", own.resolve("iter_000%d000".formatted(step)), 1000 * step);
        PreparedWeights same = prepared(scan(own), OutputOptions.AS_STORED);
        assertThat(SYNTHESES.files(same))
                .extracting(Content::fileName)
                .containsExactly("out/metadata.json", "out/common.pt", "out/__0_0.distcp", "out/.metadata");
        assertThat(TestRuns.bytes(SYNTHESES.files(same).get(1)))
                .isEqualTo(Files.readAllBytes(own.resolve("iter_0003000/common.pt")));
        assertThat(SYNTHESES.leftOut(same)).containsExactly("optimizer");
        WeightFile like = last(same);
        WeightFile flat = last(same.in(Format.DCP));
        assertThat(like.tensors())
                .extracting(Tensor::name)
                .isEqualTo(flat.tensors().stream().map(Tensor::name).toList());
        for (Tensor tensor : like.tensors())
            assertThat(TestWeights.values(like, tensor.name())).isEqualTo(TestWeights.values(flat, tensor.name()));
    }

    private WeightFile last(PreparedWeights weights) throws IOException {
        Path out = Files.createTempDirectory(folder, "out");
        return WeightFiles.read(
                SYNTHESES.write(weights, out, false, bytes -> {}).getLast());
    }

    @Test
    void aFileThatHasChangedIsNotFollowed() throws IOException {
        Path own = Files.createDirectory(folder.resolve("run"));
        for (Path file : files(GROUPS.resolve("dit"))) Files.copy(file, own.resolve(file.getFileName()));
        PreparedWeights same = prepared(scan(own), OutputOptions.AS_STORED);
        Files.delete(same.run().newest().file().path());
        assertThatThrownBy(() -> SYNTHESES.files(same))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("has changed or is gone since it was indexed; rescan the run and ask again");
    }

    private static Run scan(Path path) throws IOException {
        return RunScanner.scan(path, Selection.DEFAULT);
    }

    private static PreparedWeights prepared(Run run, OutputOptions options) {
        WeightsRequest request = WeightsRequest.of(
                Power.ofSigmaRel(0.15, run.newestTime()), FitOptions.of(SolverKind.BLUP, FilesToRead.ALL), options);
        return PreparedWeights.of(
                run, "out", new Fits().prepare(run, request).target().fit(), options);
    }

    private WeightFile write(Run run, OutputOptions options) throws IOException {
        return write(prepared(run, options));
    }

    private WeightFile write(PreparedWeights weights) throws IOException {
        Path out = Files.createTempDirectory(folder, "out");
        return WeightFiles.read(
                SYNTHESES.write(weights, out, false, bytes -> {}).getFirst());
    }
}
