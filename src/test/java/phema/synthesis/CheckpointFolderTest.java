package phema.synthesis;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import phema.TestWeights;
import phema.TestWeights.Entry;
import phema.catalog.Run;
import phema.catalog.Sample;
import phema.catalog.Snapshot;
import phema.format.Format;
import phema.format.Tensor;
import phema.format.WeightFile;
import phema.format.WeightFiles;
import phema.profile.Exponential;
import phema.profile.Impulse;
import phema.profile.Profile;
import phema.solver.Fit;
import phema.tensor.DType;
import phema.tensor.Shape;

class CheckpointFolderTest {
    private static final Engine ENGINE = new Engine(64 << 20, 2);
    private static final Syntheses SYNTHESES = new Syntheses(ENGINE);

    @TempDir
    private Path folder;

    private final List<Snapshot> snapshots = new ArrayList<>();

    @AfterAll
    static void close() {
        ENGINE.close();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
            checkpoint-500/model.safetensors checkpoint-600/model.safetensors            | checkpoint-500
            checkpoint-500/unet/a.safetensors checkpoint-600/unet/a.safetensors          | checkpoint-500
            checkpoints/step-5/a.pth checkpoints/step-6/a.pth                            | checkpoints/step-5
            checkpoint-500/model.safetensors                                             | checkpoint-500
            step-5.pt step-6.pt                                                          | -
            model/step-5.pt model/step-6.pt                                              | -
            """)
    void aCheckpointIsAFolderWhereFoldersTellThemApart(String files, String expected) {
        Path run = Path.of("/run");
        List<Path> paths = Arrays.stream(files.split(" ")).map(run::resolve).toList();
        assertThat(CheckpointFolder.checkpoint(run, paths, paths.getFirst()))
                .isEqualTo(Optional.ofNullable(expected).map(run::resolve));
    }

    @Test
    void whatLoadersWantComesAlongAndNothingOfTheTrainingJob() {
        List<String> names = List.of(
                "README.md",
                "adapter_config.json",
                "added_tokens.json",
                "chat_template.jinja",
                "config.json",
                "generation_config.json",
                "merges.txt",
                "model.safetensors",
                "model.safetensors.index.json",
                "optimizer.pt",
                "preprocessor_config.json",
                "random_states_0.pkl",
                "rng_state.pth",
                "scheduler.pt",
                "special_tokens_map.json",
                "spiece.model",
                "tokenizer.json",
                "tokenizer.model",
                "tokenizer_config.json",
                "trainer_state.json",
                "training_args.bin",
                "unet/config.json",
                "unet_ema/config.json",
                "vae/config.json",
                "vocab.json",
                "wandb.json");
        List<String> root = List.of(
                "adapter_config.json",
                "added_tokens.json",
                "chat_template.jinja",
                "config.json",
                "generation_config.json",
                "merges.txt",
                "preprocessor_config.json",
                "special_tokens_map.json",
                "spiece.model",
                "tokenizer.json",
                "tokenizer.model",
                "tokenizer_config.json",
                "vocab.json");
        assertThat(CheckpointFolder.wanted(names, "", false)).isEqualTo(root);
        assertThat(CheckpointFolder.wanted(names, "unet/", false))
                .containsAll(root)
                .contains("unet/config.json")
                .doesNotContain("unet_ema/config.json", "vae/config.json");
        assertThat(CheckpointFolder.wanted(names, "unet/", true))
                .contains("unet/config.json", "vae/config.json")
                .doesNotContain("unet_ema/config.json");
    }

    /** Shards are cut and named as the input's; state of the training job stays behind. */
    @Test
    void outputsAreFoldersWithTheFilesOwnNames() throws IOException {
        for (int step = 1; step <= 2; step++) {
            Path checkpoint = Files.createDirectories(folder.resolve("run/checkpoint-" + step));
            shard(checkpoint, 1, Entry.of("a", DType.F32, Shape.of(2), step, 3));
            shard(checkpoint, 2, Entry.of("b", DType.F32, Shape.of(1), 10 * step));
            Files.writeString(
                    checkpoint.resolve("model.safetensors.index.json"),
                    "{\"metadata\": {\"total_size\": 12}, \"weight_map\": {\"a\": \"model-00001-of-00002.safetensors\","
                            + " \"b\": \"model-00002-of-00002.safetensors\"}}");
            for (String name : List.of("config.json", "trainer_state.json", "optimizer.pt", "tokenizer.json"))
                Files.writeString(checkpoint.resolve(name), name + step);
            add(checkpoint.resolve("model.safetensors.index.json"), new Impulse(step));
        }
        PreparedWeights weights = prepared(0.25, 0.75);
        assertThat(SYNTHESES.isFolder(weights)).isTrue();
        Path out = folder.resolve("out");
        SYNTHESES.write(weights, out, false, bytes -> {});

        assertThat(tree(out))
                .containsExactly(
                        "mine/config.json",
                        "mine/model-00001-of-00002.safetensors",
                        "mine/model-00002-of-00002.safetensors",
                        "mine/model.safetensors.index.json",
                        "mine/tokenizer.json");
        assertThat(out.resolve("mine/config.json")).hasContent("config.json2");
        WeightFile written = WeightFiles.read(out.resolve("mine/model.safetensors.index.json"));
        assertThat(written.tensors()).extracting(Tensor::part).containsExactly(0, 1);
        assertThat(TestWeights.values(written, "a")).containsExactly(1.75, 3);
        assertThat(TestWeights.values(written, "b")).containsExactly(17.5);

        PreparedWeights flat = weights.in(Format.SAFETENSORS);
        assertThat(SYNTHESES.files(flat)).extracting(Content::fileName).containsExactly("mine.safetensors");
        assertThat(SYNTHESES.whole(flat).fileName()).isEqualTo("mine.safetensors");
    }

    /** The average's own folder is not where a pipeline looks; its scheduler lies in the run's folder. */
    @Test
    void averagesComeOutWhereTheWeightsAreThatTheyAreOf() throws IOException {
        for (int step = 1; step <= 2; step++)
            for (String part : List.of("unet", "unet_ema")) {
                Path component = Files.createDirectories(folder.resolve("run/checkpoint-" + step + "/" + part));
                Path file = component.resolve("diffusion_pytorch_model.safetensors");
                TestWeights.safetensors(
                        file, Map.of(), List.of(Entry.of("w", DType.F32, Shape.of(1), part.length() + step)));
                Files.writeString(component.resolve("config.json"), part);
                add(file, part.equals("unet") ? new Impulse(step) : Exponential.ofHalfLife(0.5, step));
            }
        Files.createDirectories(folder.resolve("run/scheduler"));
        Files.createDirectories(folder.resolve("run/vae"));
        for (String name : List.of("model_index.json", "scheduler/scheduler_config.json", "vae/config.json"))
            Files.writeString(folder.resolve("run").resolve(name), name);
        Path out = folder.resolve("out");
        SYNTHESES.write(prepared(0, 0.5, 0, 0.5), out, false, bytes -> {});
        assertThat(tree(out))
                .containsExactly(
                        "mine/model_index.json",
                        "mine/scheduler/scheduler_config.json",
                        "mine/unet/config.json",
                        "mine/unet/diffusion_pytorch_model.safetensors");
        assertThat(out.resolve("mine/unet/config.json")).hasContent("unet");
        assertThat(TestWeights.values(
                        WeightFiles.read(out.resolve("mine/unet/diffusion_pytorch_model.safetensors")), "w"))
                .containsExactly(9.5);
    }

    @Test
    void aFolderAsOneIsAZipArchiveOfWhichAnyRangeCanBeHad() throws IOException {
        for (int step = 1; step <= 2; step++) {
            Path checkpoint = Files.createDirectories(folder.resolve("run/checkpoint-" + step));
            Path file = checkpoint.resolve("adapter_model.safetensors");
            TestWeights.safetensors(file, Map.of(), List.of(Entry.of("w", DType.F32, Shape.of(3), step, 2, 3)));
            Files.writeString(checkpoint.resolve("adapter_config.json"), "{}");
            add(file, new Impulse(step));
        }
        PreparedWeights weights = prepared(0.5, 0.5);
        Content zip = SYNTHESES.whole(weights);
        byte[] end = TestRuns.range(zip, zip.size() - 30, 30); // before anything was summed up
        byte[] all = TestRuns.bytes(zip);
        assertThat(all).hasSize((int) zip.size()).endsWith(end);
        for (int from = 0; from < all.length; from += 37)
            assertThat(TestRuns.range(zip, from, Math.min(50, all.length - from)))
                    .isEqualTo(Arrays.copyOfRange(all, from, Math.min(from + 50, all.length)));

        assertThat(zip.fileName()).isEqualTo("mine.zip");
        try (ZipFile read =
                new ZipFile(Files.write(folder.resolve("mine.zip"), all).toFile())) {
            assertThat(read.stream().map(ZipEntry::getName))
                    .containsExactly("mine/adapter_config.json", "mine/adapter_model.safetensors");
            for (Content file : SYNTHESES.files(weights)) {
                ZipEntry entry = read.getEntry(file.fileName());
                CRC32 crc = new CRC32();
                crc.update(TestRuns.bytes(file));
                assertThat(entry.getCrc()).isEqualTo(crc.getValue());
                ByteArrayOutputStream content = new ByteArrayOutputStream();
                read.getInputStream(entry).transferTo(content);
                assertThat(content.toByteArray()).isEqualTo(TestRuns.bytes(file));
            }
        }
        assertThat(SYNTHESES.whole(weights).identity()).isEqualTo(zip.identity());
        assertThat(SYNTHESES.whole(prepared(0.4, 0.6)).identity()).isNotEqualTo(zip.identity());
    }

    private static void shard(Path checkpoint, int number, Entry tensor) throws IOException {
        TestWeights.safetensors(
                checkpoint.resolve("model-0000" + number + "-of-00002.safetensors"), Map.of(), List.of(tensor));
    }

    private void add(Path file, Profile profile) throws IOException {
        String name = folder.resolve("run").relativize(file).toString();
        snapshots.add(new Snapshot(name, WeightFiles.read(file), profile, new Sample(new double[0], 0)));
    }

    private PreparedWeights prepared(double... coefficients) {
        Run run = new Run("run", folder.resolve("run"), snapshots, List.of(), List.of());
        Fit fit = TestRuns.fit(run, coefficients);
        return PreparedWeights.of(run, "mine", fit, OutputOptions.AS_STORED);
    }

    private static List<String> tree(Path folder) throws IOException {
        try (var all = Files.walk(folder)) {
            return all.filter(Files::isRegularFile)
                    .map(file -> folder.relativize(file).toString())
                    .sorted()
                    .toList();
        }
    }
}
