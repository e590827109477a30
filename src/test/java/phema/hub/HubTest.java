package phema.hub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.yaml.snakeyaml.Yaml;
import phema.FixtureService;
import phema.api.FitView;
import phema.catalog.Catalog;
import phema.catalog.Run;
import phema.http.RawHttp;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** The hub protocol over a real server, on the fixture runs: 16 times x 2 widths. */
@FixtureService
class HubTest {
    private static final String REPO = "/phema/safetensors/resolve/";
    private static final String API = "/api/models/phema/safetensors";

    @LocalServerPort
    int port;

    @Autowired
    JsonMapper answers;

    @Autowired
    private Catalog catalog;

    @Autowired
    private Commits commits;

    private Client client = new Client(0);

    @BeforeEach
    void connect() {
        client = new Client(port);
    }

    @ParameterizedTest
    @CsvSource({
        "ema-0.150, sigmaRel=0.15",
        "ema-0.07@131k, sigmaRel=0.07&time=131072",
        "ema-0.07@100000, sigmaRel=0.07&time=100000",
        "paper-0.15, sigmaRel=0.15&solver=paper",
        "decay-cosine-80000, profile=decay:cosine:80000",
        "decay-1-sqrt-80000-floor-0.1@131k, 'profile=decay:1-sqrt:80000,floor=0.1&time=131072'",
        "halflife-50000, profile=exponential:halflife=50000",
        "uniform-65536@100000, profile=uniform:65536&time=100000",
        "main, sigmaRel=0.1"
    })
    void filesAreThoseOfTheRestInterface(String revision, String query) throws Exception {
        assertThat(client.get(REPO + revision + "/model.safetensors").body())
                .isEqualTo(client.get("/api/v1/runs/safetensors/weights.safetensors?" + query)
                        .body());
    }

    @Test
    void headTellsAllThatClientsNeed() throws Exception {
        var head = client.head(REPO + "ema-0.150/model.safetensors");
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(Client.header(head, "X-Repo-Commit")).matches("[0-9a-f]{40}");
        assertThat(Client.header(head, "ETag")).matches("\"[0-9a-f]{40}\"");
        assertThat(Client.header(head, "Accept-Ranges")).isEqualTo("bytes");
        var whole = client.get(REPO + "ema-0.150/model.safetensors");
        assertThat(Client.header(head, "Content-Length")).isEqualTo("" + whole.body().length);
        assertThat(whole.headers().map())
                .containsAllEntriesOf(withoutDate(head.headers().map()));
    }

    private static Map<String, List<String>> withoutDate(Map<String, List<String>> headers) {
        Map<String, List<String>> rest = new HashMap<>(headers);
        rest.remove("date");
        return rest;
    }

    @Test
    void rangesAndPreconditionsCount() throws Exception {
        String path = REPO + "ema-0.150/model.safetensors";
        var whole = client.get(path);
        var part = client.get(path, "Range", "bytes=100-299");
        assertThat(part.statusCode()).isEqualTo(206);
        assertThat(part.body()).isEqualTo(Arrays.copyOfRange(whole.body(), 100, 300));
        String tag = Client.header(whole, "ETag");
        assertThat(client.get(path, "If-None-Match", tag).statusCode()).isEqualTo(304);
        assertThat(client.get(path, "If-Match", "\"x\"").statusCode()).isEqualTo(412);
        assertThat(client.get(path, "Range", "bytes=9999999-").statusCode()).isEqualTo(416);
    }

    @Test
    void aCommitIsARevisionOfTheSameBytesAndWhereADownloadGoesOn() throws Exception {
        var named = client.get(REPO + "ema-0.150/model.safetensors");
        String sha = Client.header(named, "X-Repo-Commit");
        URI location = URI.create(Client.header(named, "Location"));
        assertThat(location).isEqualTo(URI.create("http://localhost:" + port + REPO + sha + "/model.safetensors"));
        var pinned = client.get(location.getPath());
        assertThat(pinned.body()).isEqualTo(named.body());
        assertThat(Client.header(pinned, "X-Repo-Commit")).isEqualTo(sha);
        assertThat(client.sha("phema/safetensors", sha)).isEqualTo(sha);
        // Where @huggingface/hub asks whether there is such a file.
        assertThat(client.get("/phema/safetensors/raw/" + sha + "/model.safetensors")
                        .body())
                .isEqualTo(named.body());
    }

    @Test
    void namesOfTheSameWeightsAreTheSameCommit() throws Exception {
        Set<String> shas = new HashSet<>();
        for (String name :
                List.of("main", "ema-0.1", "ema-0.100", "ema-0.100@262144", "ema-0.100@262k", "ema-0.100%40262k"))
            shas.add(client.sha("phema/safetensors", name));
        assertThat(shas).hasSize(1);
    }

    /** The commits that clients were given hold these bytes. */
    @Test
    void theFitOfACommitIsWrittenAsAnswersAre() throws Exception {
        String fit = new String(client.get(REPO + "ema-0.150/fit.json").body(), UTF_8);
        JsonMapper pretty =
                answers.rebuild().enable(SerializationFeature.INDENT_OUTPUT).build();
        assertThat(fit).isEqualTo(pretty.writeValueAsString(answers.readValue(fit, FitView.class)) + "\n");
    }

    @Test
    void otherWeightsAreOtherCommitsAndOtherTags() throws Exception {
        Set<String> seen = new HashSet<>();
        for (String path : List.of(
                "safetensors/resolve/ema-0.070",
                "safetensors/resolve/ema-0.071",
                "safetensors/resolve/ema-0.070@131k",
                "safetensors/resolve/paper-0.070",
                "edm2/resolve/ema-0.070")) {
            var head = client.head("/phema/" + path + "/model.safetensors");
            assertThat(seen.add(Client.header(head, "X-Repo-Commit"))).as(path).isTrue();
            assertThat(seen.add(Client.header(head, "ETag"))).as(path).isTrue();
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ema-0.3               | ema-0.3: sigma_rel must lie in (0, 0.288675), not 0.3. Revisions are main; ema-S for an EMA length (sigma_rel) S in (0, 0.288675)
            ema-0.000             | ema-0.000: sigma_rel must lie in (0, 0.288675), not 0.0
            ema-1.0               | ema-1.0 is no revision of run safetensors. Revisions are main
            ema-0.1@15k           | ema-0.1@15k: 15k lies outside of the snapshots of run safetensors, which reach from 16k to 262k. Revisions are main;
            uniform-300000        | uniform-300000: the window must lie in (0, 262144.0], the end time, not 300000.0. Revisions are main;
            decay-sine-800        | decay-sine-800: "sine" in decay:sine:800 is no course of a learning rate
            mixture-0.5           | mixture-0.5 is no revision of run safetensors. Revisions are main
            ema-0.1@263k          | paper-S@T for an earlier time T, 16k to 262k
            ema-0.1@262k%20       | is no revision
            ema-0.1@-1            | is no revision
            sweep-0.1             | sweep-0.1 is no revision
            refs%2Fpr%2F1         | refs/pr/1 is no revision
            0123456               | 0123456 is a part of a commit's sha, of which all 40 digits are needed
            0000000000000000000000000000000000000000 | No commit 0000000000000000000000000000000000000000 of run safetensors was given out
            """)
    void saysWhichRevisionsThereAre(String revision, String says) throws Exception {
        for (String path :
                List.of(REPO + revision + "/config.json", API + "/revision/" + revision, API + "/tree/" + revision))
            assertNotFound(path, "RevisionNotFound", says);
    }

    @Test
    void findsCommitsOfBeforeFilesWereProbed() throws Exception {
        Run run = catalog.run("safetensors");
        String before = commits.of(run.withoutProbes(), "ema-0.123").sha();
        assertThat(commits.of(run, "ema-0.123").sha()).isNotEqualTo(before);
        assertThat(client.head(REPO + before + "/model.safetensors").statusCode())
                .isEqualTo(200);
    }

    @Test
    void rawCheckpointsHaveNoRevisionsOfThePublishedSolver() throws Exception {
        assertNotFound(
                "/phema/checkpoints/resolve/paper-0.1/model.safetensors",
                "RevisionNotFound",
                "the paper's solver needs profiles with a square-integrable density, not raw checkpoints");
        assertThat(client.head("/phema/checkpoints/resolve/main/model.safetensors")
                        .statusCode())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/phema/nope/resolve/main/model.safetensors",
                "/lab/safetensors/resolve/main/model.safetensors",
                "/api/models/phema/nope",
                "/api/models/phema/nope/revision/main",
                "/api/models/phema/nope/refs",
                "/api/models/phema/nope/commits/main",
                "/api/models/phema/nope/tree/main"
            })
    void saysWhichRepositoriesThereAre(String path) throws Exception {
        assertNotFound(path, "RepoNotFound", "phema/safetensors");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/models/safetensors",
                "/api/models/safetensors/revision/main",
                "/api/models/safetensors/tree/main",
                "/safetensors/resolve/main/model.safetensors"
            })
    void saysHowRepositoriesAreNamed(String path) throws Exception {
        assertNotFound(path, "RepoNotFound", "phema/safetensors, not safetensors");
    }

    @Test
    void saysWhatItDoesNotDo() throws Exception {
        assertNotFound("/api/models/nope", "RepoNotFound", "no run is named nope");
        assertNotFound("/api/datasets/phema/safetensors", "RepoNotFound", "no datasets");
        assertNotFound("/datasets/phema/safetensors/resolve/main/a.json", "RepoNotFound", "no datasets");
        assertNotFound("/api/whoami-v2", "", "no accounts");
        for (String path :
                List.of("/api/repos/create", API + "/commit/main", API + "/preupload/main", API + "/branch/b")) {
            var response = client.send("POST", path, "{}");
            assertThat(response.statusCode()).as(path).isEqualTo(405);
            assertThat(Client.header(response, "Allow")).contains("GET");
            assertThat(Client.header(response, "X-Error-Message")).contains("nothing can be uploaded");
        }
        assertThat(client.send("POST", API + "/paths-info/main", "{\"paths\": [\"README.md\"]}")
                        .statusCode())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                REPO + "main/config.json",
                REPO + "main/pytorch_model.bin",
                REPO + "main/model.safetensors/x",
                REPO + "main/..%2fmodel.safetensors",
                REPO + "main/",
                API + "/tree/main/nope"
            })
    void saysWhichFilesThereAre(String path) throws Exception {
        assertNotFound(path, "EntryNotFound", "README.md, fit.json, model.safetensors");
        assertThat(Client.header(client.head(path), "X-Repo-Commit"))
                .isEqualTo(client.sha("phema/safetensors", "main"));
    }

    private void assertNotFound(String path, String code, String says) throws Exception {
        var response = client.get(path);
        assertThat(response.statusCode()).isEqualTo(404);
        assertThat(Client.header(response, "X-Error-Code")).isEqualTo(code);
        assertThat(Client.header(response, "X-Error-Message")).contains(says);
        assertThat(Client.header(response, "Content-Type")).isEqualTo("application/json");
        assertThat(Client.JSON.readTree(response.body()).at("/error").asString())
                .contains(says);
        var head = client.head(path);
        assertThat(head.statusCode()).isEqualTo(404);
        assertThat(Client.header(head, "X-Error-Code")).isEqualTo(code);
    }

    @Test
    void leavesNoWayOutOfARepository() throws Exception {
        for (String path : List.of("../phema.yaml", "%2e%2e/%2e%2e/pom.xml", "..%2f..%2fpom.xml", "%2fetc%2fpasswd")) {
            RawHttp response = RawHttp.exchange(port, "GET " + REPO + "main/" + path, "Connection: close");
            assertThat(response.statusLine()).as(path).startsWith("HTTP/1.1 4");
        }
    }

    @Test
    void modelInfoListsTheFiles() throws Exception {
        JsonNode info = client.json(API + "/revision/ema-0.150?blobs=true");
        assertThat(info.at("/id").asString()).isEqualTo("phema/safetensors");
        assertThat(info.at("/private").asBoolean(true)).isFalse();
        assertThat(info.at("/siblings").findValuesAsString("rfilename"))
                .containsExactly("README.md", "fit.json", "model.safetensors");
        var weights = client.head(REPO + "ema-0.150/model.safetensors");
        assertThat(info.at("/sha").asString()).isEqualTo(Client.header(weights, "X-Repo-Commit"));
        assertThat(info.at("/siblings/2/size").asString()).isEqualTo(Client.header(weights, "Content-Length"));
        assertThat(client.json(API).at("/sha").asString()).isEqualTo(client.sha("phema/safetensors", "main"));
    }

    @Test
    void modelInfoCountsElements() throws Exception {
        JsonNode run = client.json("/api/v1/runs/safetensors");
        assertThat(client.json(API).at("/safetensors/total").asLong())
                .isEqualTo(run.at("/elements").asLong());
    }

    @Test
    void theTreeTellsSizesAndTags() throws Exception {
        JsonNode tree = client.json(API + "/tree/ema-0.150?recursive=true&expand=true");
        assertThat(tree.findValuesAsString("path")).containsExactly("README.md", "fit.json", "model.safetensors");
        for (JsonNode file : tree) {
            var head = client.head(REPO + "ema-0.150/" + file.at("/path").asString());
            assertThat(file.at("/type").asString()).isEqualTo("file");
            assertThat(file.at("/size").asString()).isEqualTo(Client.header(head, "Content-Length"));
            assertThat('"' + file.at("/oid").asString() + '"').isEqualTo(Client.header(head, "ETag"));
            assertThat(file.at("/lastCommit/id").asString()).isEqualTo(Client.header(head, "X-Repo-Commit"));
            assertThat(file.has("lfs")).isFalse();
        }
        assertThat(client.json(API + "/tree/main").get(0).has("lastCommit")).isFalse();
    }

    @Test
    void pathsAreToldOfToClientsThatSendFormsAndToThoseThatSendJson() throws Exception {
        String path = API + "/paths-info/ema-0.150";
        var form = client.postForm(path, "paths=README.md&paths=nope&paths=README.md&expand=True");
        var body = client.send("POST", path, "{\"paths\":[\"README.md\",\"nope\",\"README.md\"],\"expand\":true}");
        JsonNode told = Client.JSON.readTree(form.body());
        assertThat(told.findValuesAsString("path")).containsExactly("README.md");
        assertThat(told.get(0).has("lastCommit")).isTrue();
        assertThat(body.body()).isEqualTo(form.body());
        for (String nothing : List.of("{}", "{\"paths\":null}", "{\"paths\":[null]}"))
            assertThat(client.send("POST", path, nothing).body()).asString().isEqualTo("[]");
    }

    @Test
    void refsListMainAndLengthsThatTheRunCanExpress() throws Exception {
        JsonNode branches = client.json(API + "/refs?include_prs=1").at("/branches");
        assertThat(branches.findValuesAsString("name"))
                .startsWith("main", "ema-0.100")
                .contains("ema-0.050", "ema-0.150");
        for (JsonNode branch : branches)
            assertThat(branch.at("/targetCommit").asString())
                    .isEqualTo(
                            client.sha("phema/safetensors", branch.at("/name").asString()));
    }

    @Test
    void theHistoryOfARevisionIsOneCommit() throws Exception {
        JsonNode commits = client.json(API + "/commits/ema-0.150");
        assertThat(commits.findValuesAsString("id")).containsExactly(client.sha("phema/safetensors", "ema-0.150"));
        assertThat(commits.findValuesAsString("title")).containsExactly("ema-0.150@262k");
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "search=SAFE, phema/safetensors",
                "search=phema%2Fedm2, phema/edm2",
                "search=nope, -",
                "author=lab, -"
            })
    void repositoriesCanBeSearched(String query, String expected) throws Exception {
        JsonNode found = client.json("/api/models?" + query);
        assertThat(found.findValuesAsString("id")).isEqualTo(expected == null ? List.of() : List.of(expected));
    }

    @Test
    void listsAllRepositories() throws Exception {
        List<String> runs = client.json("/api/v1/runs").at("/items").findValuesAsString("name");
        assertThat(client.json("/api/models").findValuesAsString("id"))
                .isEqualTo(runs.stream().map(run -> "phema/" + run).toList());
        assertThat(client.json("/api/models?limit=2")).hasSize(2);
    }

    @Test
    void aTokenIsAccepted() throws Exception {
        assertThat(client.get(API, "Authorization", "Bearer hf_abc").statusCode())
                .isEqualTo(200);
        assertThat(client.head(REPO + "main/fit.json", "Authorization", "Bearer hf_abc")
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void theCardHasFrontMatterAndTheFit() throws Exception {
        var response = client.get(REPO + "ema-0.150/README.md");
        assertThat(Client.header(response, "Content-Type")).startsWith("text/markdown");
        String card = new String(response.body(), UTF_8);
        String[] parts = card.split("---\n", 3);
        Map<String, Object> frontMatter = new Yaml().load(parts[1]);
        assertThat(frontMatter).containsEntry("tags", List.of("ema", "phema"));
        JsonNode fit = fit("{\"targets\":[{\"sigmaRel\":0.15}]}");
        List<String> rows = new ArrayList<>();
        fit.at("/coefficients").forEachEntry((file, c) -> rows.add("| %s | %+.6f |".formatted(file, c.asDouble())));
        assertThat(parts[2]).contains(rows).contains("`ema-0.150@262k`", "Snapshots used: " + rows.size() + " of 32");
        assertThat(parts[2].lines().filter(line -> line.contains("network-snapshot")))
                .hasSameSizeAs(rows);
    }

    @Test
    void theFitIsThatOfTheRestInterface() throws Exception {
        var response = client.get(REPO + "ema-0.150/fit.json");
        assertThat(Client.header(response, "Content-Type")).isEqualTo("application/json");
        assertThat(Client.JSON.readTree(response.body())).isEqualTo(fit("{\"targets\":[{\"sigmaRel\":0.15}]}"));
    }

    private JsonNode fit(String request) throws Exception {
        var response = client.send("POST", "/api/v1/runs/safetensors/fits", request);
        return Client.JSON.readTree(response.body()).at("/fits/0");
    }
}
