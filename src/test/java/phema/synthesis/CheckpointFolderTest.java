package phema.synthesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import phema.TestWeights;
import phema.TestWeights.Entry;
import phema.catalog.Run;
import phema.catalog.Sample;
import phema.catalog.Snapshot;
import phema.format.Format;
import phema.format.Tensor;
import phema.format.WeightFile;
import phema.format.WeightFiles;
import phema.problem.Problem;
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

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
            config.json adapter_config.json generation_config.json model_config.yaml  | config.json
            config.yaml config.yml config.toml hparams.yaml args.json params.json     | config.yaml
            tokenizer.json tokenizer.model vocab.txt merges.txt chat_template.jinja   | tokenizer.json
            labels.json dictionary.txt .metadata.json torchtune_config.yaml config.py | labels.json
            trainer_state.json training_state-a.json model.safetensors.index.json     | -
            optimizer.pt rng_state.pth random_states_0.pkl training_args.bin          | -
            log.txt metrics.json all_results.json data_paths.txt wandb.json           | -
            README.md model.safetensors .hidden.json progress.json latest             | -
            """)
    void whatLoadersWantComesAlongAndNothingOfTheTrainingJob(String names, String wanted) {
        Map<String, Long> sizes = new TreeMap<>();
        for (String name : names.split(" ")) {
            sizes.put(name, 100L);
            sizes.put("unet/" + name, 100L);
            sizes.put("vae/" + name, 100L);
            sizes.put("vae/model.safetensors", 100L);
        }
        String[] all = wanted == null ? new String[0] : names.split(" ");
        assertThat(SideFileNames.wanted(sizes, List.of("")))
                .filteredOn(name -> !name.startsWith("unet/"))
                .containsExactlyInAnyOrder(all);
        assertThat(SideFileNames.wanted(sizes, List.of("unet/")))
                .filteredOn(name -> name.startsWith("unet/"))
                .containsExactlyInAnyOrder(
                        Arrays.stream(all).map(name -> "unet/" + name).toArray(String[]::new));
    }

    @Test
    void foldersOfNothingElseComeAlongAsWell() {
        Map<String, Long> sizes = Map.of(
                "context/model.yaml", 10L,
                "context/nemo_tokenizer/tokenizer.model", 30L << 20,
                "weights/.metadata", 100L,
                "weights/__0_0.distcp", 100L,
                "scheduler/a.json", 10L,
                "logs/version_0/hparams.yaml", 10L,
                "logs/version_0/a.json", 10L,
                "large/a.json", 30L << 20,
                "deep/a/b/c/", 0L);
        assertThat(SideFileNames.wanted(sizes, List.of("weights/")))
                .containsExactly("context/model.yaml", "context/nemo_tokenizer/tokenizer.model");
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

    /** With an index, without one, and under names of ColossalAI's, which do not say how many there are. */
    @ParameterizedTest
    @CsvSource({
        "model/pytorch_model.bin.index.json, pytorch_model-00001.bin, pytorch_model-00002.bin",
        "pytorch_model.bin.index.json, pytorch_model-00001-of-00002.bin, pytorch_model-00002-of-00002.bin",
        "pytorch_model-00001-of-00002.bin, pytorch_model-00001-of-00002.bin, pytorch_model-00002-of-00002.bin",
        "other.json, one.pt, two.pt"
    })
    void filesOfTorchAreCutAsTheyWereAndHaveAnIndex(String entry, String one, String two) throws IOException {
        for (int step = 1; step <= 2; step++) {
            Path path = folder.resolve("run/checkpoint-" + step).resolve(entry);
            Files.createDirectories(path.getParent());
            torch(path.resolveSibling(one), Entry.of("a", DType.F32, Shape.of(2), step, 3));
            torch(path.resolveSibling(two), Entry.of("b", DType.F32, Shape.of(1), 10 * step));
            if (entry.endsWith(".json"))
                Files.writeString(path, "{\"weight_map\": {\"a\": \"%s\", \"b\": \"%s\"}}".formatted(one, two));
            Files.writeString(path.resolveSibling("config.json"), "{}");
            add(path, new Impulse(step));
        }
        PreparedWeights weights = prepared(0.25, 0.75);
        Path out = folder.resolve("out");
        SYNTHESES.write(weights, out, false, bytes -> {});
        String place = "mine/" + entry.substring(0, entry.lastIndexOf('/') + 1);
        String index = entry.endsWith(".json") ? "mine/" + entry : "mine/pytorch_model.bin.index.json";
        assertThat(tree(out)).containsExactlyInAnyOrder(place + "config.json", index, place + one, place + two);
        assertThat(out.resolve(index))
                .hasContent("{\"metadata\":{\"total_size\":12},\"weight_map\":{\"a\":\"%s\",\"b\":\"%s\"}}"
                        .formatted(one, two));
        WeightFile written = WeightFiles.read(out.resolve(index));
        assertThat(TestWeights.values(written, "a")).containsExactly(1.75, 3);
        assertThat(TestWeights.values(written, "b")).containsExactly(17.5);
    }

    @Test
    void numberedFilesOfSafetensorsWithoutAnIndexAreCutAsTheyWere() throws IOException {
        for (int step = 1; step <= 2; step++) {
            Path checkpoint = Files.createDirectories(folder.resolve("run/checkpoint-" + step));
            shard(checkpoint, 1, Entry.of("a", DType.F32, Shape.of(1), step));
            shard(checkpoint, 2, Entry.of("b", DType.F32, Shape.of(1), step));
            add(checkpoint.resolve("model-00001-of-00002.safetensors"), new Impulse(step));
        }
        assertThat(SYNTHESES.files(prepared(0.5, 0.5)))
                .extracting(Content::fileName)
                .containsExactly(
                        "mine/model-00001-of-00002.safetensors",
                        "mine/model-00002-of-00002.safetensors",
                        "mine/model.safetensors.index.json");
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
        pipeline(folder.resolve("run"), "");
        Files.delete(folder.resolve("run/vae/model.bin"));
        Path out = folder.resolve("out");
        PreparedWeights weights = prepared(0, 0.5, 0, 0.5);
        SYNTHESES.write(weights, out, false, bytes -> {});
        assertThat(SYNTHESES.notices(weights))
                .containsExactly(
                        "Outputs are no pipeline, as vae of " + folder.resolve("run/model_index.json")
                                + " is not there, or without weights that may be read.",
                        "Outputs hold the averaged weights in unet/diffusion_pytorch_model.safetensors alone, and no"
                                + " unet_ema/diffusion_pytorch_model.safetensors.");
        assertThat(tree(out))
                .containsExactly(
                        "mine/scheduler/scheduler_config.json",
                        "mine/unet/config.json",
                        "mine/unet/diffusion_pytorch_model.safetensors");
        assertThat(out.resolve("mine/unet/config.json")).hasContent("unet");
        assertThat(TestWeights.values(
                        WeightFiles.read(out.resolve("mine/unet/diffusion_pytorch_model.safetensors")), "w"))
                .containsExactly(9.5);
    }

    /** diffusers takes a pipeline with all its components or not at all. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aPipelineHasItsOtherComponentsAsTheyAre(boolean inCheckpoint) throws IOException {
        Path run = Files.createDirectories(folder.resolve("run"));
        for (int step = 1; step <= 2; step++) {
            Path file = Files.createDirectories(run.resolve("checkpoint-" + step + "/unet"))
                    .resolve("model.safetensors");
            TestWeights.safetensors(file, Map.of(), List.of(Entry.of("w", DType.F32, Shape.of(1), step)));
            add(file, new Impulse(step));
        }
        pipeline(inCheckpoint ? run.resolve("checkpoint-2") : run, ", \"text_encoder\": [\"t\", \"T\"]");
        byte[] large = new byte[3 << 20];
        new Random(1).nextBytes(large);
        Files.write(run.resolve((inCheckpoint ? "checkpoint-2/" : "") + "vae/model.bin"), large);
        Path trained = Files.createDirectories(run.resolve("checkpoint-2/text_encoder"));
        for (String name : List.of("config.json", "model.safetensors"))
            Files.writeString(trained.resolve(name), "trained");
        PreparedWeights weights = prepared(0.5, 0.5);
        Path out = folder.resolve("out");
        SYNTHESES.write(weights, out, false, bytes -> {});
        assertThat(tree(out))
                .containsExactly(
                        "mine/model_index.json",
                        "mine/scheduler/scheduler_config.json",
                        "mine/text_encoder/config.json",
                        "mine/text_encoder/model.safetensors",
                        "mine/unet/model.safetensors",
                        "mine/vae/config.json",
                        "mine/vae/model.bin");
        assertThat(out.resolve("mine/vae/model.bin")).hasBinaryContent(large);
        assertThat(out.resolve("mine/text_encoder/model.safetensors")).hasContent("trained");
        assertThat(SYNTHESES.notices(weights))
                .singleElement()
                .asString()
                .startsWith("Outputs hold the other weights of the pipeline as they are in ")
                .contains(trained.toString());
        Content vae = SYNTHESES.files(weights).stream()
                .filter(file -> file.fileName().endsWith("vae/model.bin"))
                .findFirst()
                .orElseThrow();
        assertThat(TestRuns.range(vae, 1_500_000, 100)).isEqualTo(Arrays.copyOfRange(large, 1_500_000, 1_500_100));
        Path other = run.resolve((inCheckpoint ? "checkpoint-2/" : "") + "vae/model.bin");
        large[0]++;
        Files.write(other, large);
        assertThatThrownBy(() -> TestRuns.range(vae, 0, 100)).isInstanceOf(Problem.class);
    }

    /** Links may lead out of the roots, and what may not be read makes no pipeline. */
    @Test
    void aComponentOutsideOfTheRootsIsNotCopied() throws IOException {
        Path run = Files.createDirectories(folder.resolve("run"));
        pipeline(run, "");
        Path outside = Files.writeString(folder.resolve("secret.bin"), "secret");
        Files.delete(run.resolve("vae/model.bin"));
        Files.createSymbolicLink(run.resolve("vae/model.bin"), outside);
        Set<String> unet = Set.of("unet");
        assertThat(Pipeline.of(run.resolve("checkpoint-2"), run, unet, path -> true)
                        .files())
                .extracting(CheckpointFolder.SideFile::name)
                .contains("vae/model.bin", "model_index.json");
        assertThat(Pipeline.of(run.resolve("checkpoint-2"), run, unet, path -> path.startsWith(run))
                        .files())
                .extracting(CheckpointFolder.SideFile::name)
                .containsExactly("scheduler/scheduler_config.json");
        Files.delete(run.resolve("vae/model.bin"));
        Files.delete(run.resolve("vae/config.json"));
        Files.delete(run.resolve("vae"));
        Files.createSymbolicLink(run.resolve("vae"), Files.createDirectory(folder.resolve("elsewhere")));
        assertThat(Pipeline.of(run.resolve("checkpoint-2"), run, unet, path -> true)
                        .notices())
                .singleElement()
                .asString()
                .contains("no pipeline, as vae");
    }

    /** What loaders are known to want is not left out but refused, with its name, by whoever reads it. */
    @Test
    void textsOutsideOfTheRootsAreNotCopied() throws IOException {
        Path run = folder.resolve("run");
        List<Path> files = List.of(run.resolve("step-1/model.pt"), run.resolve("step-2/model.pt"));
        Files.createDirectories(run.resolve("step-2"));
        Path outside = Files.writeString(folder.resolve("secret.txt"), "secret");
        for (String name : List.of("labels.txt", "config.yaml"))
            Files.createSymbolicLink(run.resolve("step-2").resolve(name), outside);
        CheckpointFolder found = CheckpointFolder.of(
                        run, files, List.of(files.get(1)), files.get(1), files.get(1), path -> path.startsWith(run))
                .orElseThrow();
        assertThat(found.sideFiles())
                .extracting(CheckpointFolder.SideFile::name)
                .containsExactly("config.yaml");
        assertThat(found.notices())
                .containsExactly(
                        "Outputs do not hold " + run.resolve("step-2/labels.txt") + ", which may not be read.");
        assertThatThrownBy(() -> new SideFiles(path -> path.startsWith(run))
                        .read(found.sideFiles().getFirst().file()))
                .hasMessageContaining("lies outside of phema.roots");
    }

    /** As sentence-transformers saves a model with a dense layer behind it. */
    @Test
    void modulesOfSentenceTransformersComeAlongAsTheyAre() throws IOException {
        for (int step = 1; step <= 2; step++) {
            Path file = Files.createDirectories(folder.resolve("run/checkpoint-" + step))
                    .resolve("model.safetensors");
            TestWeights.safetensors(file, Map.of(), List.of(Entry.of("w", DType.F32, Shape.of(1), step)));
            add(file, new Impulse(step));
            for (String side : List.of("config.json", "1_Pooling/config.json", "2_Dense/config.json"))
                Files.writeString(
                        Files.createDirectories(file.resolveSibling(side).getParent())
                                .resolve("config.json"),
                        "{}");
            Files.writeString(file.resolveSibling("2_Dense/model.safetensors"), "dense " + step);
            Files.writeString(
                    file.resolveSibling("modules.json"),
                    "[{\"idx\": 0, \"path\": \"\"}, {\"idx\": 1, \"path\": \"1_Pooling\"},"
                            + " {\"idx\": 2, \"path\": \"2_Dense\"}, {\"idx\": 3, \"path\": \"3_Gone\"},"
                            + " {\"idx\": 4, \"path\": \"../../x\"}]");
        }
        PreparedWeights weights = prepared(0.5, 0.5);
        Path out = folder.resolve("out");
        SYNTHESES.write(weights, out, false, bytes -> {});
        assertThat(tree(out))
                .containsExactly(
                        "mine/1_Pooling/config.json",
                        "mine/2_Dense/config.json",
                        "mine/2_Dense/model.safetensors",
                        "mine/config.json",
                        "mine/model.safetensors",
                        "mine/modules.json");
        assertThat(out.resolve("mine/2_Dense/model.safetensors")).hasContent("dense 2");
        assertThat(SYNTHESES.notices(weights))
                .anyMatch(notice -> notice.startsWith("Outputs hold 2_Dense of the model as it is in "))
                .anyMatch(notice -> notice.startsWith("Outputs lack 3_Gone, which "));
    }

    private static void pipeline(Path home, String more) throws IOException {
        Map<String, String> contents = Map.of(
                "model_index.json",
                "{\"_class_name\": \"P\", \"unet\": [\"d\", \"U\"], \"vae\": [\"d\", \"V\"],"
                        + " \"scheduler\": [\"d\", \"S\"], \"safety_checker\": [null, null]" + more + "}",
                "scheduler/scheduler_config.json",
                "{}",
                "vae/config.json",
                "{}",
                "vae/model.bin",
                "v");
        for (Map.Entry<String, String> file : contents.entrySet()) {
            Path path = home.resolve(file.getKey());
            Files.createDirectories(path.getParent());
            Files.writeString(path, file.getValue());
        }
    }

    /** As averages are in one file: a loader that reads either file finds the new weights. */
    @ParameterizedTest
    @CsvSource({
        "0, 0.5, 0, 0.5, nnet.pth, nnet_ema.pth",
        "0.5, 0, 0.5, 0, nnet.pth, nnet_ema.pth",
        "0, 0.5, 0, 0.5, nnet.safetensors, ema/weights.safetensors"
    })
    void averagesInFilesOfTheirOwnComeOutInAllFiles(
            double a, double b, double c, double d, String rawName, String averageName) throws IOException {
        for (int step = 1; step <= 2; step++) {
            Path checkpoint = folder.resolve("run/" + step + ".ckpt");
            for (String name : List.of(rawName, averageName)) {
                Path file = checkpoint.resolve(name);
                Files.createDirectories(file.getParent());
                int value = name.equals(rawName) ? 1 : 2;
                Entry[] tensors = {
                    Entry.of("w", DType.F32, Shape.of(3), value * step, 7, 7),
                    Entry.of(name.equals(rawName) ? "of_raw" : "of_average", DType.F32, Shape.of(2), value, step)
                };
                if (name.endsWith(".pth")) torch(file, tensors);
                else TestWeights.safetensors(file, Map.of(), List.of(tensors));
                add(file, value == 1 ? new Impulse(step) : Exponential.ofHalfLife(0.5, step));
                Snapshot all = snapshots.removeLast();
                WeightFile common = all.file().with(List.of(TestWeights.tensor(all.file(), "w")));
                snapshots.add(new Snapshot(all.name(), common, all.profile(), all.sample()));
            }
        }
        PreparedWeights weights = prepared(a, b, c, d);
        Path out = folder.resolve("out");
        SYNTHESES.write(weights, out, false, bytes -> {});
        assertThat(tree(out)).containsExactlyInAnyOrder("mine/" + rawName, "mine/" + averageName);
        WeightFile raw = WeightFiles.read(out.resolve("mine/" + rawName));
        WeightFile average = WeightFiles.read(out.resolve("mine/" + averageName));
        double expected = 1.5 * (a + 2 * b) * 2;
        assertThat(TestWeights.values(raw, "w")).containsExactly(expected, 7, 7);
        assertThat(TestWeights.values(average, "w")).containsExactly(expected, 7, 7);
        assertThat(TestWeights.values(raw, "of_raw")).containsExactly(1, 2);
        assertThat(TestWeights.values(average, "of_average")).containsExactly(2, 2);
        assertThat(SYNTHESES.notices(weights)).isEmpty();
        for (Content file : SYNTHESES.files(weights))
            assertThat(TestRuns.bytes(file)).isEqualTo(Files.readAllBytes(out.resolve(file.fileName())));
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

    private void torch(Path path, Entry... tensors) throws IOException {
        Path plain = TestWeights.safetensors(folder.resolve("plain.safetensors"), Map.of(), List.of(tensors));
        Snapshot one = new Snapshot("a", WeightFiles.read(plain), new Impulse(1), new Sample(new double[0], 0));
        Run run = new Run("one", folder, List.of(one), List.of(), List.of());
        OutputOptions torch = OutputOptions.of(Format.TORCH_ZIP);
        PreparedWeights weights = PreparedWeights.of(run, "torch", TestRuns.fit(run, 1), torch);
        Files.move(SYNTHESES.write(weights, folder, false, bytes -> {}).getFirst(), path);
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
