package phema.hub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static phema.TestWeights.elements;
import static phema.TestWeights.tensor;

import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import phema.Fixtures;
import phema.PhemaApplication;
import phema.format.Tensor;
import phema.format.WeightFile;
import phema.format.WeightFiles;
import tools.jackson.databind.JsonNode;

/**
 * A run that is laid out for diffusers, in folders and shards; what becomes of commits when it changes, and when the
 * service is started anew.
 */
class PublishedRunTest {
    private static final String REPO = "/lab/unets__a/resolve/";
    private static final String INDEX = "unet/diffusion_pytorch_model.safetensors.index.json";

    @TempDir
    private Path folder;

    private Path run = Path.of("");
    private final List<ConfigurableApplicationContext> started = new ArrayList<>();
    private Client client = new Client(0);

    @BeforeEach
    void makeRun() throws Exception {
        run = Fixtures.copy("safetensors", folder.resolve("roots/unets/a"));
        Files.createDirectories(run.resolve("unet"));
        Files.createDirectories(run.resolve("scheduler"));
        Files.writeString(run.resolve("phema.yaml"), """
                hub:
                  owner: lab
                  weights: unet/diffusion_pytorch_model.safetensors
                  files: [model_index.json, scheduler/scheduler_config.json, absent.json, link.json]
                """);
        Files.writeString(run.resolve("unet/config.json"), "{\"sample_size\": 8}");
        Files.writeString(run.resolve("model_index.json"), "{}");
        Files.writeString(run.resolve("scheduler/scheduler_config.json"), "{}");
        Files.writeString(folder.resolve("secret.json"), "{}");
        Files.createSymbolicLink(run.resolve("link.json"), folder.resolve("secret.json"));
        start();
    }

    private void start() {
        ConfigurableApplicationContext context = new SpringApplicationBuilder(PhemaApplication.class)
                .run(
                        "--server.port=0",
                        "--phema.roots=" + folder.resolve("roots"),
                        "--phema.home=" + folder.resolve("home"),
                        "--phema.catalog.settle=0s",
                        "--phema.worker.enabled=false",
                        "--phema.hub.shard-size=8KB");
        started.add(context);
        client = new Client(context.getEnvironment().getRequiredProperty("local.server.port", Integer.class));
    }

    @AfterEach
    void stop() {
        started.forEach(ConfigurableApplicationContext::close);
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void listsNoRepositoryWhoseNameClientsRefuse() throws Exception {
        String longest = "\u00fc" + "x".repeat(95);
        for (String name : List.of(
                "100%", "a?b#c", "semi;colon", "a b", "-x", "x.", "a--b", "a..b", "x.git", longest + "x", longest))
            Fixtures.copy("safetensors", folder.resolve("roots").resolve(name));
        start();
        assertThat(client.json("/api/v1/runs").at("/total").asInt()).isEqualTo(12);
        assertThat(client.json("/api/models").findValuesAsString("id"))
                .containsExactlyInAnyOrder("lab/unets__a", "phema/" + longest);
        assertThat(client.get("/api/models?limit=0").statusCode()).isEqualTo(200);
        var response = client.get("/api/models?limit=-1");
        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(new String(response.body(), UTF_8)).contains("limit must be at least 0, not -1");
    }

    @Test
    void hasTheLayoutOfItsManifest() throws Exception {
        JsonNode tree = client.json("/api/models/lab/unets__a/tree/main?recursive=true");
        Map<String, JsonNode> byPath = new TreeMap<>();
        for (JsonNode entry : tree) byPath.put(entry.at("/path").asString(), entry);
        assertThat(byPath.keySet())
                .containsExactly(
                        "README.md",
                        "fit.json",
                        "model_index.json",
                        "scheduler",
                        "scheduler/scheduler_config.json",
                        "unet",
                        "unet/config.json",
                        "unet/diffusion_pytorch_model-00001-of-00003.safetensors",
                        "unet/diffusion_pytorch_model-00002-of-00003.safetensors",
                        "unet/diffusion_pytorch_model-00003-of-00003.safetensors",
                        INDEX);
        assertThat(tree.findValuesAsString("type"))
                .filteredOn("directory"::equals)
                .hasSize(2);
        assertThat(client.json("/api/models/lab/unets__a/tree/main").findValuesAsString("path"))
                .containsExactly("README.md", "fit.json", "model_index.json", "scheduler", "unet");
        assertThat(client.json("/api/models/lab/unets__a/tree/main/scheduler").findValuesAsString("path"))
                .containsExactly("scheduler/scheduler_config.json");
        assertThat(client.json("/api/models").findValuesAsString("id")).containsExactly("lab/unets__a");
        assertThat(client.sha("phema/unets__a", "main")).isEqualTo(client.sha("lab/unets__a", "main"));
        assertThat(client.json("/api/models/lab/unets__a").at("/library_name").asString())
                .isEqualTo("diffusers");
    }

    /** Of runs whose files hold more than weights, such a file is offered beside the weights. */
    @Test
    void checkpointsOfTrainersAreOfferedAsTheyAre() throws Exception {
        Path dit = Files.createDirectory(folder.resolve("roots/dit"));
        try (var files = Files.list(Path.of("src/test/resources/groups/dit"))) {
            for (Path file : files.toList()) Files.copy(file, dit.resolve(file.getFileName()));
        }
        start();
        assertThat(client.json("/api/models/phema/dit/tree/main").findValuesAsString("path"))
                .containsExactly("README.md", "fit.json", "model.pt", "model.safetensors");
        Path file = Files.write(
                folder.resolve("model.pt"),
                client.get("/phema/dit/resolve/ema-0.12/model.pt").body());
        assertThat(WeightFiles.read(file).tensors())
                .extracting(Tensor::name)
                .contains("model.module._orig_mod.out.weight", "ema.out.weight");

        var download = client.get("/api/v1/runs/dit/weights?sigmaRel=0.12&dtype=f16");
        assertThat(download.headers().firstValue("Content-Disposition"))
                .hasValue("attachment; filename=\"phema-6000-0.120.pt\"");
        assertThat(client.get("/runs/dit").statusCode()).isEqualTo(200);
        String page = new String(client.get("/runs/dit").body(), UTF_8);
        assertThat(page).contains("as the run&#39;s files", "/api/v1/runs/dit/weights?sigmaRel=");
        var archive = client.get("/api/v1/runs/dit/weights.zip?sigmaRel=0.12");
        assertThat(archive.statusCode()).isEqualTo(404);
        assertThat(new String(archive.body(), UTF_8))
                .contains("those of run dit are files", "/weights is one like them");
    }

    @Test
    void checkpointsThatAreFoldersAreArchives() throws Exception {
        for (int step = 50; step <= 200; step += 50)
            Fixtures.copy("clusters/torchtitan-2-ranks", folder.resolve("roots/titan/step-" + step), step);
        start();
        var like = client.get("/api/v1/runs/titan/weights?sigmaRel=0.12");
        var archive = client.get("/api/v1/runs/titan/weights.zip?sigmaRel=0.12");
        assertThat(archive.body()).isEqualTo(like.body());
        assertThat(archive.headers().map()).containsEntry("ETag", like.headers().allValues("ETag"));
        Path zip = Files.write(folder.resolve("out.zip"), archive.body());
        try (FileSystem files = FileSystems.newFileSystem(zip)) {
            assertThat(files.getPath("phema-200-0.120/.metadata")).isRegularFile();
        }
    }

    @Test
    void filesOfItsFolderArePassedThroughWithTheirSha256() throws Exception {
        byte[] config = client.get(REPO + "ema-0.1/unet/config.json").body();
        assertThat(new String(config, UTF_8)).isEqualTo("{\"sample_size\": 8}");
        JsonNode told = Client.JSON.readTree(client.send(
                        "POST",
                        "/api/models/lab/unets__a/paths-info/main",
                        "{\"paths\": [\"unet/config.json\", \"unet\"]}")
                .body());
        String sha256 =
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(config));
        assertThat(told.at("/0/lfs/oid").asString()).isEqualTo(sha256);
        assertThat(told.at("/0/lfs/size").asInt()).isEqualTo(config.length);
        assertThat(told.at("/1/type").asString()).isEqualTo("directory");
        assertThat(Client.header(client.head(REPO + "main/unet/config.json"), "ETag"))
                .isEqualTo('"' + sha256 + '"');
    }

    @Test
    void theIndexNamesTheShardsAsTheyLieBesideIt() throws Exception {
        JsonNode index = client.json(REPO + "ema-0.15/" + INDEX);
        Path whole = Files.write(
                folder.resolve("whole.safetensors"),
                client.get("/api/v1/runs/unets__a/weights.safetensors?sigmaRel=0.15")
                        .body());
        Map<String, byte[]> shards = new HashMap<>();
        WeightFile expected = WeightFiles.read(whole);
        for (Tensor tensor : expected.tensors()) {
            String name = index.at("/weight_map").get(tensor.name()).asString();
            if (!shards.containsKey(name))
                shards.put(name, client.get(REPO + "ema-0.15/unet/" + name).body());
            WeightFile shard = WeightFiles.read(Files.write(folder.resolve("shard.safetensors"), shards.get(name)));
            assertThat(elements(shard, tensor(shard, tensor.name())))
                    .as(tensor.name())
                    .isEqualTo(elements(expected, tensor));
        }
        assertThat(shards).hasSize(3);
        assertThat(index.at("/metadata/total_size").asLong())
                .isEqualTo(expected.tensors().stream()
                        .mapToLong(t -> t.elements() * t.dtype().bytes())
                        .sum());
    }

    @Test
    void aCommitStaysWhatItIsWhenTheRunGrowsAndWhenTheServiceIsStartedAnew() throws Exception {
        List<Path> newest = List.of(
                run.resolve("network-snapshot-0000262-0.050.safetensors"),
                run.resolve("network-snapshot-0000262-0.100.safetensors"));
        for (Path file : newest) Files.move(file, folder.resolve(file.getFileName()));
        rescan();
        String before = client.sha("lab/unets__a", "ema-0.15");
        Map<String, String> files = all(before);

        for (Path file : newest) Files.move(folder.resolve(file.getFileName()), file);
        rescan();
        String after = client.sha("lab/unets__a", "ema-0.15");
        assertThat(after).isNotEqualTo(before);
        assertThat(all(before)).isEqualTo(files);

        started.removeLast().close();
        start();
        assertThat(all(before)).isEqualTo(files);
        assertThat(client.sha("lab/unets__a", "ema-0.15")).isEqualTo(after);

        String used = client.json(REPO + before + "/fit.json")
                .at("/coefficients")
                .propertyNames()
                .iterator()
                .next();
        Files.delete(run.resolve(used));
        rescan();
        assertGone(before, "ema-0.150@245k");
    }

    @Test
    void aCommitIsGoneWhenAFileThatCameWithItHasChanged() throws Exception {
        String before = client.sha("lab/unets__a", "main");
        Files.writeString(run.resolve("unet/config.json"), "{\"sample_size\": 16}");
        assertThat(client.sha("lab/unets__a", "main")).isNotEqualTo(before);
        assertGone(before, "ema-0.100@262k");
    }

    @Test
    void mainIsWhatWasPinned() throws Exception {
        String usual = client.sha("lab/unets__a", "main");
        assertThat(client.send("PUT", "/api/v1/runs/unets__a/recommended", "{\"sigmaRel\": 0.17, \"time\": 131072}")
                        .statusCode())
                .isEqualTo(200);
        String pinned = client.sha("lab/unets__a", "main");
        assertThat(pinned).isNotEqualTo(usual).isEqualTo(client.sha("lab/unets__a", "ema-0.17@131k"));
        assertThat(client.json("/api/models/lab/unets__a/refs")
                        .at("/branches/1/name")
                        .asString())
                .isEqualTo("ema-0.170@131k");
        assertThat(new String(client.get(REPO + "ema-0.1/README.md").body(), UTF_8))
                .contains("`ema-0.170@131k`: pinned by the run's user");
        assertThat(client.sha("lab/unets__a", usual)).isEqualTo(usual);
    }

    private void assertGone(String sha, String name) throws Exception {
        var response = client.head(REPO + sha + "/README.md");
        assertThat(response.statusCode()).isEqualTo(404);
        assertThat(Client.header(response, "X-Error-Code")).isEqualTo("RevisionNotFound");
        assertThat(Client.header(response, "X-Error-Message"))
                .contains("Commit " + sha + " of run unets__a was " + name + ", and can no longer be computed");
    }

    private void rescan() throws Exception {
        assertThat(client.send("POST", "/api/v1/runs/unets__a/rescan", "").statusCode())
                .isEqualTo(200);
    }

    /** The files of a revision, in hex. */
    private Map<String, String> all(String revision) throws Exception {
        Map<String, String> files = new TreeMap<>();
        for (String path :
                client.json("/api/models/lab/unets__a/revision/" + revision).findValuesAsString("rfilename"))
            files.put(
                    path,
                    HexFormat.of()
                            .formatHex(client.get(REPO + revision + "/" + path).body()));
        assertThat(files).hasSize(9);
        return files;
    }
}
