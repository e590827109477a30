package phema.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.within;

import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import phema.PhemaApplication;
import phema.evaluation.Axes;
import phema.evaluation.Axis;
import phema.evaluation.AxisField;
import phema.evaluation.Facet;
import phema.evaluation.Point;
import phema.text.Labels;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Jobs over HTTP, run by the service itself. */
@DisabledOnOs(OS.WINDOWS)
@SpringBootTest(
        classes = PhemaApplication.class,
        webEnvironment = WebEnvironment.RANDOM_PORT,
        properties = {"phema.roots=src/test/resources/fixtures", "phema.catalog.settle=0s"})
class SweepRestTest {
    private static final HttpClient client = HttpClient.newHttpClient();
    private static final JsonMapper json = new JsonMapper();

    @TempDir
    static Path folder;

    @DynamicPropertySource
    static void properties(DynamicPropertyRegistry registry) {
        registry.add("phema.home", () -> folder.toString());
        registry.add("phema.evaluators.length.type", () -> "command");
        registry.add("phema.evaluators.length.command[0]", () -> "sed");
        registry.add("phema.evaluators.length.command[1]", () -> "-n");
        registry.add(
                "phema.evaluators.length.command[2]",
                () -> "s/.*\"sigmaRel\":\\([0-9.]*\\).*\"guidance\":\\([0-9.]*\\).*/{\"fid\":\\1,\"g\":\\2}/p");
        registry.add("phema.evaluators.length.command[3]", () -> "{trial}");
        registry.add("phema.evaluators.slow.type", () -> "command");
        registry.add("phema.evaluators.slow.command[0]", () -> "sleep");
        registry.add("phema.evaluators.slow.command[1]", () -> "60");
        registry.add("phema.evaluators.slow.weights", () -> "url"); // ends when the folder is gone already
        registry.add("phema.evaluators.told.type", () -> "command");
        registry.add("phema.evaluators.told.command[0]", () -> "sh");
        registry.add("phema.evaluators.told.command[1]", () -> "-c");
        registry.add("phema.evaluators.told.command[2]", () -> "cat \"$0\"; echo; echo '{\"fid\": 1}'");
        registry.add("phema.evaluators.told.command[3]", () -> "{trial}");
        registry.add("phema.evaluators.params.type", () -> "command");
        registry.add("phema.evaluators.params.command[0]", () -> "sh");
        registry.add("phema.evaluators.params.command[1]", () -> "-c");
        registry.add(
                "phema.evaluators.params.command[2]",
                () -> "echo run >> " + folder.resolve("params.runs")
                        + "; cat \"$2\"; echo; echo \"{\\\"fid\\\": $0$1}\"");
        registry.add("phema.evaluators.params.command[3]", () -> "{param.steps}");
        registry.add("phema.evaluators.params.command[4]", () -> "{param.cfg_rescale}");
        registry.add("phema.evaluators.params.command[5]", () -> "{trial}");
        // fid is least, 0.08, at an EMA length of 0.08; the other metric is the length itself.
        registry.add("phema.evaluators.mixed.type", () -> "command");
        registry.add("phema.evaluators.mixed.command[0]", () -> "sh");
        registry.add("phema.evaluators.mixed.command[1]", () -> "-c");
        registry.add("phema.evaluators.mixed.command[2]", () -> """
                awk '{ match($0, /"sigmaRel":[0-9.]+/); s = substr($0, RSTART + 11, RLENGTH - 11); x = log(s / 0.08)
                printf "{\\"fid\\": %f, \\"fd_random\\": %f}\\n", 0.08 + x * x, s }' "$0\"""");
        registry.add("phema.evaluators.mixed.command[3]", () -> "{trial}");
        // fid is least, 2, at a length of 80000; accuracy is greatest there.
        registry.add("phema.evaluators.windows.type", () -> "command");
        registry.add("phema.evaluators.windows.command[0]", () -> "sh");
        registry.add("phema.evaluators.windows.command[1]", () -> "-c");
        registry.add("phema.evaluators.windows.command[2]", () -> """
                cat "$0"; echo; awk '{ match($0, /"length":[0-9.]+/); w = substr($0, RSTART + 9, RLENGTH - 9)
                x = log(w / 80000); printf "{\\"fid\\": %f, \\"accuracy\\": %f}\\n", 2 + x * x, 0.9 - x * x / 10 }' "$0\"""");
        registry.add("phema.evaluators.windows.command[3]", () -> "{trial}");
        registry.add("phema.evaluators.url.type", () -> "command");
        registry.add("phema.evaluators.url.weights", () -> "url");
        registry.add("phema.evaluators.url.format", () -> "pt");
        registry.add("phema.evaluators.url.command[0]", () -> "sh");
        registry.add("phema.evaluators.url.command[1]", () -> "-c");
        registry.add("phema.evaluators.url.command[2]", () -> "echo '{weights}'; echo '{\"fid\": 1}'");
    }

    @LocalServerPort
    int port;

    private HttpResponse<String> send(String method, String path, String body) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
        if (!body.isEmpty()) request.header("Content-Type", "application/json");
        return client.send(request.build(), BodyHandlers.ofString());
    }

    private JsonNode get(String path) throws Exception {
        HttpResponse<String> response = send("GET", path, "");
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return json.readTree(response.body());
    }

    private String create(String path, String body, int status) throws Exception {
        HttpResponse<String> response = send("POST", path, body);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        return response.headers().firstValue("Location").orElseThrow();
    }

    /** The events' names in order, of a stream that ends when the job does. */
    private List<String> events(String path) throws Exception {
        return send("GET", path + "/events", "")
                .body()
                .lines()
                .filter(line -> line.startsWith("event:"))
                .map(line -> line.substring("event:".length()))
                .toList();
    }

    @Test
    void aNegativeZeroIsZero() throws Exception {
        String asked = """
                {"sigmaRel": [0.13], "guidance": [%s], "seeds": ["0-63"], "evaluator": "length", "metric": "fid", "name": "zeros"}""";
        String sweep = create("/api/v1/runs/edm2/sweeps", asked.formatted("0, -0.0, \"-0\""), 201);
        assertThat(events(sweep)).last().isEqualTo("sweep");
        assertThat(get(sweep + "/trials").at("/items").findValuesAsString("guidance"))
                .containsExactly("0.0");
        assertThat(send("POST", "/api/v1/runs/edm2/sweeps", asked.formatted("-0.0, 0, 0"))
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void runsAGridAndTellsItsResultsInEveryForm() throws Exception {
        String sweep = create("/api/v1/runs/edm2/sweeps", """
                {"sigmaRel": [0.05, 0.1], "guidance": [1, 1.5], "seeds": ["0-63"], "evaluator": "length", "metric": "fid"}""", 201);
        assertThat(events(sweep)).contains("trial").last().isEqualTo("sweep");
        JsonNode ended = get(sweep);
        assertThat(ended.at("/state").asString())
                .as(send("GET", sweep + "/trials", "").body())
                .isEqualTo("done");
        assertThat(ended.at("/trials/done").asInt()).isEqualTo(4);
        assertThat(ended.at("/settings/command").asString()).startsWith("[\"sed\",\"-n\",\"s/");
        assertThat(ended.at("/settingsDigest").asString()).hasSize(16);
        assertThat(ended.at("/stuck").asBoolean()).isFalse();
        assertThat(send("POST", sweep + "/retry?settings=own", "").statusCode()).isEqualTo(200);
        assertThat(send("POST", sweep + "/retry?settings=others", "").body())
                .contains("settings must be sweep or own, not others");
        assertThat(ended.at("/optimum/sigmaRel").asDouble()).isEqualTo(0.05);
        assertThat(ended.at("/optimum/sigmaRelHigh").asDouble()).isEqualTo(0.1);
        assertThat(get(sweep + "/trials?size=3").at("/items").size()).isEqualTo(3);
        assertThat(get(sweep + "/trials/3").at("/metrics/g").asDouble()).isEqualTo(1.5);
        assertThat(send("GET", sweep + "/trials/3/log", "").body()).contains("$ sed -n", "\"fid\":0.1");
        assertThat(get(sweep + "/results.json").at("/trials").size()).isEqualTo(4);
        assertThat(send("GET", sweep + "/results.csv", "").body().lines())
                .hasSize(5)
                .startsWith("trial,sigmaRel,time,guidance,guideRun,guideSigmaRel,guideTime,seeds,state,cached,fid,g")
                .contains("3,0.1,262144.0,1.5,,,,0-63,done,false,0.1,1.5");
        assertThat(get("/api/v1/sweeps?run=edm2").at("/items").findValuesAsString("id"))
                .contains(ended.at("/id").asString());
        assertThat(get("/api/v1/sweeps?run=checkpoints").at("/total").asInt()).isZero();
        assertThat(offered("edm2", ended.at("/id").asString(), "fid")
                        .at("/cautions/0")
                        .asString())
                .isEqualTo("it rests on 2 EMA lengths, fewer than the 4 that it takes to tell a best one");
        assertThat(get("/api/v1/runs/edm2").at("/recommended").isMissingNode()).isTrue();
        assertThat(send("GET", "/phema/edm2/resolve/main/README.md", "").body())
                .contains("`ema-0.100", "what was found for this run so far is only offered, and this one suits many");
        assertThat(send("GET", "/actuator/prometheus", "").body().lines())
                .filteredOn(line -> line.startsWith("phema_evaluation_seconds_count{evaluator=\"length\"}"))
                .singleElement()
                .satisfies(line ->
                        assertThat(Double.parseDouble(line.split(" ")[1])).isGreaterThanOrEqualTo(4));
    }

    /** Two values of each axis. */
    private static final Map<String, String> TWO_VALUES = Map.of(
            "sigmaRel", "[0.061, 0.062]",
            "time", "[250000.0, 262144.0]",
            "guidance", "[1.1, 1.2]",
            "guides", "[{\"run\": \"edm2\", \"sigmaRel\": [0.1, 0.15], \"time\": [262144.0]}]",
            "seeds", "[\"0-7\", \"8-15\"]",
            "params", "{\"steps\": [16, \"auto\"]}");

    private static Stream<Axis<?, ?>> axes() {
        return Axes.ALL.stream();
    }

    @ParameterizedTest
    @MethodSource("axes")
    void everyDoorHasEveryAxis(Axis<?, ?> axis) throws Exception {
        String name = axis.names().name();
        String field = axis.names().field();
        JsonNode schemas = get("/v3/api-docs").at("/components/schemas");
        for (String schema : List.of("SweepRequest", "SweepView"))
            assertThat(schemas.at("/" + schema + "/properties").propertyNames()).contains(name);
        assertThat(schemas.at("/TrialView/properties").propertyNames()).contains(field);
        JsonNode point = schemas.at(
                schemas.at("/LoanView/properties/point/$ref").asString().replace("#/components/schemas", ""));
        if (axis != Axes.SEEDS && axis != Axes.GUIDES)
            assertThat(point.at("/properties/" + field)).isEqualTo(schemas.at("/TrialView/properties/" + field));
        assertThat(point.at("/properties").propertyNames()).contains("profile", "length");

        assertThat(TWO_VALUES).containsKey(name);
        JsonNode two = json.readTree(TWO_VALUES.get(name));
        // A length of its own, or what another axis had evaluated would be known.
        ObjectNode request = (ObjectNode) json.readTree("""
                {"sigmaRel": [%s], "seeds": ["0-3"], "evaluator": "told", "metric": "fid"}""".formatted(0.08 + 0.001 * Axes.ALL.indexOf(axis)));
        request.set(name, two);
        String sweep = create("/api/v1/runs/edm2/sweeps", request.toString(), 201);
        assertThat(events(sweep)).last().isEqualTo("sweep");
        assertThat(get(sweep).at("/" + name)).isEqualTo(two);
        JsonNode trials = get(sweep + "/results.json").at("/trials");
        assertThat(trials.size()).isEqualTo(2);
        assertThat(trials.get(0).get(field))
                .isNotNull()
                .isNotEqualTo(trials.get(1).get(field));
        // Not the same evaluation, and the command is told of both.
        assertThat(trials.findValues("cached")).allMatch(cached -> !cached.asBoolean());
        List<String> told = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            String log = send("GET", sweep + "/trials/" + i + "/log", "").body();
            told.add(log.lines()
                    .filter(line -> line.startsWith("{\"sweep\""))
                    .findFirst()
                    .orElseThrow()
                    .replaceAll("\"(trial|weights)\":[^,]*,", ""));
        }
        assertThat(told.getFirst()).isNotEqualTo(told.getLast());
        List<String[]> csv = send("GET", sweep + "/results.csv", "")
                .body()
                .lines()
                .map(line -> line.split(",", -1))
                .toList();
        int seeds = List.of(csv.getFirst()).indexOf("state");
        assertThat(List.of(csv.get(1)).subList(1, seeds))
                .isNotEqualTo(List.of(csv.get(2)).subList(1, seeds));

        String page = send("GET", sweep.replace("/api/v1", ""), "").body();
        for (AxisField input : axis.fields()) assertThat(page).contains("name=\"" + input.name() + "\"");
        List<Point> points = trials.valueStream()
                .map(trial -> Point.read(
                        trial.propertyStream().collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue))))
                .toList();
        for (Facet facet : axis.facets(points)) assertThat(page).contains(">" + facet.label() + "</a></th>");
    }

    @Test
    void lengthsOfAnyFamilyAreVariedAndEveryResultNamesTheAverage() throws Exception {
        String body = """
                {"profile": "decay:cosine:{},floor=0.1", "length": [20000, 30000, 40000, 50000.5, 60000], "seeds": ["0-63"],
                 "evaluator": "windows", "metric": "fid"}""";
        String sweep = create("/api/v1/runs/edm2/sweeps", body, 201);
        assertThat(events(sweep)).last().isEqualTo("sweep");
        JsonNode ended = get(sweep);
        assertThat(ended.at("/profile").asString()).isEqualTo("decay:cosine:{},floor=0.1");
        assertThat(ended.at("/length").toString()).isEqualTo("[20000.0,30000.0,40000.0,50000.5,60000.0]");
        assertThat(ended.at("/sigmaRel").isMissingNode()).isTrue();
        JsonNode optimum = ended.at("/optimum");
        double best = optimum.at("/length").asDouble();
        assertThat(best).isBetween(56_000.0, 60_000.0);
        assertThat(optimum.at("/profile").asString()).isEqualTo("decay:cosine:" + Labels.plain(best) + ",floor=0.1");
        assertThat(optimum.at("/lengthLow").asDouble()).isBetween(20_000.0, best);
        assertThat(optimum.at("/sigmaRelLow").isMissingNode()).isTrue();
        JsonNode trial = get(sweep + "/trials/3");
        assertThat(trial.at("/profile").asString()).isEqualTo("decay:cosine:50000.5,floor=0.1");
        assertThat(trial.at("/length").asDouble()).isEqualTo(50_000.5);
        assertThat(send("GET", sweep + "/trials/3/log", "").body())
                .contains("\"target\":{\"length\":50000.5,\"time\":262144.0,"
                        + "\"profile\":\"decay:cosine:50000.5,floor=0.1\"}");
        assertThat(send("GET", sweep + "/results.csv", "").body().lines())
                .startsWith("trial,profile,length,time,guidance,guideRun,guideSigmaRel,guideTime,seeds,state,cached,"
                        + "accuracy,fid")
                .anyMatch(line -> line.startsWith(
                        "2,\"decay:cosine:40000,floor=0.1\",40000.0,262144.0,1.0,,,,0-63,done,false,0.8"));
        JsonNode offer = offered("edm2", ended.at("/id").asString(), "fid");
        assertThat(offer.isMissingNode() || offer.at("/sigmaRel").isMissingNode())
                .isTrue();
        String page = send("GET", sweep.replace("/api/v1", ""), "").body();
        assertThat(page)
                .contains("Window of decay:cosine:{},floor=0.1", "fid by window", "Best window", "5 windows of decay")
                .contains("value=\"decay:cosine:{},floor=0.1\"", "?profile=decay:cosine:")
                .doesNotContain("Published optima", "&quot;published&quot;");

        // What is known is not evaluated again; another family does not belong here.
        assertThat(send("POST", sweep + "/extend", body.replace("50000.5", "55000"))
                        .statusCode())
                .isEqualTo(200);
        assertThat(events(sweep)).last().isEqualTo("sweep");
        assertThat(get(sweep + "/trials").at("/total").asInt()).isEqualTo(6);
        assertThat(send("POST", sweep + "/extend", body.replace(",floor=0.1", ""))
                        .body())
                .contains("\"field\":\"profile\"", "a sweep keeps its profile, decay:cosine:{},floor=0.1");
        String again = create("/api/v1/runs/edm2/sweeps", body, 201);
        assertThat(events(again)).last().isEqualTo("sweep");
        assertThat(get(again + "/trials").at("/items").findValues("cached")).allMatch(JsonNode::asBoolean);
    }

    @Test
    void everyMetricIsWantedAndShownAndTheFirstIsOptimised() throws Exception {
        String sweep = create("/api/v1/runs/edm2/sweeps", """
                {"profile": "uniform:{}", "length": [10000, 20000, 40000], "seeds": ["0-63"], "evaluator": "windows",
                 "metric": "accuracy:max,fid"}""", 201);
        assertThat(events(sweep)).last().isEqualTo("sweep");
        JsonNode ended = get(sweep);
        assertThat(ended.at("/metric").asString()).isEqualTo("accuracy");
        assertThat(ended.at("/metrics").toString())
                .isEqualTo("[{\"name\":\"accuracy\",\"direction\":\"max\"},{\"name\":\"fid\",\"direction\":\"min\"}]");
        assertThat(ended.at("/optimum/length").asDouble()).isEqualTo(40_000);
        assertThat(ended.at("/optimum/value").asDouble()).isCloseTo(0.852, within(0.001));
        assertThat(offered("edm2", ended.at("/id").asString(), "accuracy")
                        .at("/direction")
                        .asString())
                .isEqualTo("max");
        String page = send("GET", sweep.replace("/api/v1", ""), "").body();
        assertThat(page)
                .contains(
                        ">accuracy</a></th>",
                        ">fid</a></th>",
                        "accuracy by window",
                        "accuracy and fid of every point",
                        "greatest accuracy there")
                .contains("<dd>accuracy, fid</dd>");
        assertThat(send("GET", sweep.replace("/api/v1", "") + "?metric=fid", "").body())
                .contains("fid by window");
        assertThat(send("GET", "/runs/edm2/sweeps", "").body()).contains("value=\"accuracy:max,fid\"");
        assertThat(send("GET", sweep + "/trials/0/log", "").body())
                .contains("\"metric\":\"accuracy\",\"metrics\":[\"accuracy\",\"fid\"]");

        // All of them must be there.
        String lacking = create("/api/v1/runs/edm2/sweeps", """
                {"sigmaRel": [0.0615, 0.0616, 0.0617], "seeds": ["0-63"], "evaluator": "told", "metric": "fid,accuracy:max"}""", 201);
        assertThat(events(lacking)).last().isEqualTo("sweep");
        assertThat(get(lacking).at("/trials/cancelled").asInt()).isEqualTo(2);
        assertThat(get(lacking + "/trials/0").at("/error").asString())
                .startsWith(
                        "gave fid, but not the sweep's metric accuracy; as the first trial did not give it, the sweep");
    }

    @Test
    void aSearchChoosesWindowsByTheirLogarithms() throws Exception {
        String sweep = create("/api/v1/runs/edm2/sweeps", """
                {"mode": "search", "profile": "uniform:{}", "length": [5000, 60000], "evaluator": "windows", "metric": "fid"}""", 201);
        assertThat(events(sweep)).last().isEqualTo("sweep");
        JsonNode ended = get(sweep);
        assertThat(ended.at("/optimum/length").asDouble()).isBetween(50_000.0, 60_000.0);
        assertThat(ended.at("/trials/done").asInt()).isBetween(4, 15);
        List<Double> first = get(sweep + "/trials?size=4")
                .at("/items")
                .valueStream()
                .map(trial -> trial.at("/length").asDouble())
                .toList();
        // Of three digits, at an eighth of the range in the logarithm, three eighths and so on.
        assertThat(first).allMatch(length -> length % 10 == 0 && length > 5000 && length < 60_000);
        assertThat(first.get(1) / first.get(0)).isCloseTo(first.get(3) / first.get(2), within(0.1));
    }

    @Test
    void parametersOfTheUsersReachTheEvaluatorAndEveryResult() throws Exception {
        String body = """
                {"sigmaRel": [0.063], "params": {"steps": [16.0, 8], "cfg_rescale": ["0", 0.7]}, "evaluator": "params", "metric": "fid"}""";
        String sweep = create("/api/v1/runs/edm2/sweeps", body, 201);
        assertThat(events(sweep)).last().isEqualTo("sweep");
        JsonNode ended = get(sweep);
        assertThat(ended.at("/params").toString()).isEqualTo("{\"steps\":[16,8],\"cfg_rescale\":[0,0.7]}");
        assertThat(ended.at("/optimum/params").toString()).isEqualTo("{\"cfg_rescale\":0,\"steps\":8}");
        assertThat(get(sweep + "/trials/1").at("/params").toString()).isEqualTo("{\"cfg_rescale\":0.7,\"steps\":16}");
        assertThat(send("GET", sweep + "/trials/1/log", "").body())
                .contains("\"params\":{\"cfg_rescale\":0.7,\"steps\":16}", " 16 0.7 phema.home/");
        assertThat(send("GET", sweep + "/results.csv", "").body().lines())
                .startsWith("trial,sigmaRel,time,guidance,guideRun,guideSigmaRel,guideTime,seeds,"
                        + "param.cfg_rescale,param.steps,state,cached,fid")
                .contains("1,0.063,262144.0,1.0,,,,0-49999,0.7,16,done,false,160.7");
        String page = send("GET", sweep.replace("/api/v1", "") + "?by=param.steps", "")
                .body();
        assertThat(page)
                .contains("steps 8, mean", "steps 16, mean", "2 values of steps, 2 values of cfg_rescale")
                .contains("value=\"steps=16,8; cfg_rescale=0,0.7\"");

        // Three points more, of which one has another text for the same number.
        String more =
                "{\"sigmaRel\": [0.063], \"params\": {\"steps\": [\"16\", 32, \"fast\"], \"cfg_rescale\": [7e-1]},"
                        + " \"evaluator\": \"params\", \"metric\": \"fid\"}";
        assertThat(send("POST", sweep + "/extend", more).statusCode()).isEqualTo(200);
        assertThat(get(sweep).at("/params/steps").toString()).isEqualTo("[16,8,32,\"fast\"]");
        assertThat(get(sweep + "/trials").at("/total").asInt()).isEqualTo(6);
        assertThat(events(sweep)).last().isEqualTo("sweep");
        // What is known is not evaluated again.
        long runs = Files.lines(folder.resolve("params.runs")).count();
        assertThat(events(create("/api/v1/runs/edm2/sweeps", body, 201))).last().isEqualTo("sweep");
        assertThat(Files.lines(folder.resolve("params.runs")).count()).isEqualTo(runs);
    }

    @Test
    void theFormTakesParameters() throws Exception {
        HttpRequest form = HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/runs/edm2/sweeps"))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .header("Sec-Fetch-Site", "same-origin")
                .POST(BodyPublishers.ofString(
                        "sigmaRel=0.064&evaluator=told&metric=fid&params=steps%3D8%2C16%2C...%2C32%3B+mode%3Da"))
                .build();
        HttpResponse<String> response = client.send(form, BodyHandlers.ofString());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(303);
        String sweep = "/api/v1" + response.headers().firstValue("Location").orElseThrow();
        assertThat(get(sweep).at("/params").toString()).isEqualTo("{\"steps\":[8,16,24,32],\"mode\":[\"a\"]}");
    }

    @Test
    void theFormTakesAnyFamily() throws Exception {
        HttpRequest form = HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/runs/edm2/sweeps"))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .header("Sec-Fetch-Site", "same-origin")
                .POST(BodyPublishers.ofString(
                        "profile=exponential%3Ahalflife%3D%7B%7D&sigmaRel=20000%2C30000&evaluator=told&metric=fid"))
                .build();
        HttpResponse<String> response = client.send(form, BodyHandlers.ofString());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(303);
        String sweep = "/api/v1" + response.headers().firstValue("Location").orElseThrow();
        assertThat(get(sweep).at("/profile").asString()).isEqualTo("exponential:halflife={}");
        assertThat(get(sweep).at("/length").toString()).isEqualTo("[20000.0,30000.0]");
    }

    @Test
    void weightsMayBeAUrl() throws Exception {
        String sweep = create("/api/v1/runs/safetensors/sweeps", """
                {"sigmaRel": [0.075], "evaluator": "url", "metric": "fid"}""", 201);
        assertThat(events(sweep)).last().isEqualTo("sweep");
        String printed = send("GET", sweep + "/trials/0/log", "").body();
        String url = printed.lines()
                .filter(line -> line.startsWith("http"))
                .findFirst()
                .orElseThrow();
        assertThat(URI.create(url).getPath()).endsWith("/weights.pt");
        assertThat(send(
                                "HEAD",
                                URI.create(url).getRawPath() + "?"
                                        + URI.create(url).getRawQuery(),
                                "")
                        .statusCode())
                .isEqualTo(200);
        HttpResponse<String> other = send(
                "GET",
                URI.create(url).getRawPath() + "?"
                        + URI.create(url).getRawQuery().replaceFirst("identity=[0-9a-f]+", "identity=0123"),
                "");
        assertThat(other.statusCode()).isEqualTo(409);
        assertThat(other.body()).contains("not the weights of identity 0123", "has gained or lost some since");
    }

    /** What is offered of a run, by the sweep that found it. */
    private JsonNode offered(String run, String sweep, String metric) throws Exception {
        return get("/api/v1/runs/" + run)
                .at("/offered")
                .valueStream()
                .filter(offer -> offer.at("/sweep").asString().equals(sweep))
                .filter(offer -> offer.at("/metric").asString().equals(metric))
                .findFirst()
                .orElseThrow();
    }

    private String sha(String revision) throws Exception {
        return get("/api/models/phema/safetensors/revision/" + revision)
                .at("/sha")
                .asString();
    }

    private HttpRequest weights(String path) {
        return HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
                .build();
    }

    private int form(String path, String body, String site) throws Exception {
        HttpRequest form = HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .header("Sec-Fetch-Site", site)
                .POST(BodyPublishers.ofString(body))
                .build();
        return client.send(form, BodyHandlers.ofString()).statusCode();
    }

    @Test
    void aRecommendationIsReplacedByRuleOrByAPinOnly() throws Exception {
        String run = "/api/v1/runs/safetensors";
        String fid = create(run + "/sweeps", """
                {"sigmaRel": [0.04, 0.05, 0.065, 0.08, 0.1, 0.125, 0.16], "seeds": ["0-63", "64-127", "128-191"],
                 "evaluator": "mixed", "metric": "fid"}""", 201);
        assertThat(events(fid)).last().isEqualTo("sweep");
        JsonNode before = get(run).at("/recommended");
        assertThat(before.at("/sigmaRel").asDouble()).isBetween(0.077, 0.083);
        assertThat(before.at("/value").asDouble()).isBetween(0.07, 0.09);
        assertThat(List.of(
                        before.at("/metric").asString(),
                        before.at("/evaluator").asString(),
                        before.at("/source").asString()))
                .containsExactly("fid", "mixed", "sweep");
        assertThat(before.at("/guidance").asDouble()).isEqualTo(1);
        assertThat(List.of(
                        before.at("/trials").asInt(),
                        before.at("/lengths").asInt(),
                        before.at("/missingTrials").asInt()))
                .containsExactly(21, 7, 0);
        assertThat(before.at("/images").toString()).isEqualTo("[64]");
        assertThat(before.at("/standardError").isNumber()).isTrue();
        assertThat(before.at("/settingsDigest").asString()).matches("[0-9a-f]{16}");
        assertThat(before.at("/cautions")).isEmpty();
        assertThat(sha("main")).isEqualTo(sha("ema-" + before.at("/sigmaRel").asDouble()));

        String other = create(run + "/sweeps", """
                {"sigmaRel": [0.05, 0.1], "guidance": [1.5], "seeds": ["0-63"], "evaluator": "mixed", "metric": "fd_random"}""", 201);
        assertThat(events(other)).last().isEqualTo("sweep");
        assertThat(get(run).at("/recommended")).isEqualTo(before);
        assertThat(sha("main")).isEqualTo(sha("ema-" + before.at("/sigmaRel").asDouble()));
        JsonNode offer = offered("safetensors", other.substring(other.lastIndexOf('/') + 1), "fd_random");
        assertThat(offer.at("/sigmaRel").asDouble()).isEqualTo(0.05);
        assertThat(offer.at("/value").asDouble()).isEqualTo(0.05);
        assertThat(offer.at("/guidance").asDouble()).isEqualTo(1.5);
        assertThat(offer.at("/reason").asString())
                .contains("it rests on 2 EMA lengths", "shortest length")
                .endsWith("its metric is fd_random, and this run's recommendation goes by fid");
        assertThat(send("GET", "/phema/safetensors/resolve/main/README.md", "").body())
                .containsPattern("\\| recommended for this run, and so `main` \\| `ema-0\\.0\\d+[^`]*`: fid 0\\.0\\d+"
                        + " \\(standard error [0-9.]+\\) by mixed, without guidance, from 21 trials of 7 EMA lengths,"
                        + " 64 images each; the best length lies between 0\\.0\\d+ and 0\\.0\\d+ \\|");
        String page = send("GET", "/runs/safetensors", "").body();
        assertThat(page)
                .contains("by mixed, without guidance, from 21 trials of 7 EMA lengths, 64 images each")
                .contains("fd_random 0.05 by mixed, guidance 1.5, from 2 trials of 2 EMA lengths, 64 images each")
                .contains("its metric is fd_random, and this run&#39;s recommendation goes by fid");

        String pin = "/runs/safetensors/pin/" + offer.at("/offer").asLong();
        assertThat(form(pin, "", "cross-site")).isEqualTo(403);
        assertThat(form(pin, "", "same-origin")).isEqualTo(303);
        JsonNode pinned = get(run);
        assertThat(pinned.at("/recommended/source").asString()).isEqualTo("pinned");
        assertThat(pinned.at("/recommended/metric").asString()).isEqualTo("fd_random");
        assertThat(pinned.at("/recommended/cautions")).hasSize(2);
        JsonNode aside = offered("safetensors", fid.substring(fid.lastIndexOf('/') + 1), "fid");
        assertThat(aside.at("/trials").asInt()).isEqualTo(21);
        assertThat(aside.at("/reason").asString()).isEqualTo("it is the one taken, but another length is pinned");
        assertThat(pinned.at("/offered").findValuesAsString("metric")).doesNotContain("fd_random");
        assertThat(sha("main")).isEqualTo(sha("ema-0.05"));
        assertThat(send("GET", "/phema/safetensors/resolve/main/README.md", "").body())
                .contains(
                        "pinned by the run's user; fd_random 0.05 by mixed, guidance 1.5, from 2 trials of 2 EMA lengths")
                .contains("caution: it rests on 2 EMA lengths");
        assertThat(form("/runs/safetensors/unpin", "", "same-origin")).isEqualTo(303);
        assertThat(get(run).at("/recommended")).isEqualTo(before);

        assertThat(form("/runs/safetensors/pin", "sigmaRel=0.11&time=", "same-origin"))
                .isEqualTo(303);
        assertThat(get(run).at("/recommended/sigmaRel").asDouble()).isEqualTo(0.11);
        assertThat(form("/runs/safetensors/pin", "sigmaRel=0.5&time=", "same-origin"))
                .isEqualTo(400);
        assertThat(form("/runs/safetensors/pin/999", "", "same-origin")).isEqualTo(400);
        assertThat(form("/runs/none/pin/1", "", "same-origin")).isEqualTo(404);
        String recommended = run + "/recommended";
        assertThat(send(
                                "PUT",
                                recommended,
                                "{\"offer\": %d}".formatted(offer.at("/offer").asLong()))
                        .statusCode())
                .isEqualTo(200);
        assertThat(get(run).at("/recommended/metric").asString()).isEqualTo("fd_random");
        assertThat(send("PUT", recommended, "{\"offer\": 999}").body())
                .contains("no sweep of run safetensors found a length of the number 999", "\"field\":\"offer\"");
        assertThat(send("PUT", recommended, "{\"offer\": 1, \"sigmaRel\": 0.1}").statusCode())
                .isEqualTo(400);
        assertThat(send("PUT", recommended, "{}").statusCode()).isEqualTo(400);
        assertThat(send("DELETE", recommended, "").statusCode()).isEqualTo(200);
    }

    @Test
    void aJobFindsItsSweepByNameAndRecordsCanBeDeleted() throws Exception {
        String sweeps = "/api/v1/runs/edm2/sweeps";
        String body =
                "{\"sigmaRel\": [0.0611, 0.0612], \"evaluator\": \"length\", \"metric\": \"fid\", \"name\": \"ci\"}";
        String sweep = create(sweeps, body, 201);
        assertThat(events(sweep)).endsWith("sweep");
        assertThat(get(sweep).at("/name").asString()).isEqualTo("ci");
        HttpResponse<String> again = send("POST", sweeps, body);
        assertThat(again.statusCode()).isEqualTo(200);
        assertThat(json.readTree(again.body()).at("/id").asString()).isEqualTo(id(sweep));
        assertThat(send("POST", sweep + "/extend", body).body()).contains("name is that of a new sweep");
        String next = create(sweeps, body.replace("0.0612", "0.0613"), 201);
        assertThat(get(sweep).at("/replacedBy").asString()).isEqualTo(id(next));
        assertThat(get("/api/v1/sweeps?run=edm2").toString()).contains(id(next)).doesNotContain(id(sweep));
        String few = body.replace("}", ", \"maxTrials\": 0}");
        assertThat(send("POST", sweeps, few).body()).contains("\"field\":\"maxTrials\"", "at least 1, not 0");
        assertThat(send("POST", sweeps, body.replace("\"ci\"", "\"a b\"")).body())
                .contains("\"field\":\"name\"");

        String slow = create(sweeps, body.replace("length", "slow").replace("ci", "slow"), 201);
        assertThat(send("DELETE", slow + "/record", "").statusCode()).isEqualTo(409);
        assertThat(send("DELETE", slow, "").statusCode()).isEqualTo(200);
        assertThat(send("DELETE", slow + "/record", "").statusCode()).isEqualTo(204);
        assertThat(send("DELETE", slow + "/record", "").statusCode()).isEqualTo(404);
        assertThat(events(next)).endsWith("sweep");
        assertThat(send("GET", "/sweeps/" + id(next), "").body())
                .contains("data-confirm=\"Delete this sweep", "<b>ci</b>");
    }

    @Test
    void whatIsSaidOfASweepIsChangedAndListsGoByIt() throws Exception {
        String body = """
                {"sigmaRel": [0.0621, 0.0622], "evaluator": "length", "metric": "fid", "note": "first", "tags": ["b", "a"]}""";
        String sweep = create("/api/v1/runs/edm2/sweeps", body, 201);
        assertThat(events(sweep)).endsWith("sweep");
        assertThat(get(sweep).at("/note").asString()).isEqualTo("first");
        assertThat(get(sweep).at("/tags").toString()).isEqualTo("[\"a\",\"b\"]");
        assertThat(get("/api/v1/sweeps?tag=a").toString()).contains(id(sweep));
        assertThat(get("/api/v1/sweeps?tag=c").at("/total").asInt()).isZero();

        assertThat(send("PATCH", sweep, "{\"name\": \"said\", \"tags\": [\"c\"], \"archived\": true}")
                        .statusCode())
                .isEqualTo(200);
        JsonNode said = get(sweep);
        assertThat(List.of(said.at("/name").asString(), said.at("/note").asString()))
                .containsExactly("said", "first");
        assertThat(said.at("/archived").asBoolean()).isTrue();
        assertThat(get("/api/v1/sweeps?tag=c").at("/total").asInt()).isZero();
        assertThat(get("/api/v1/sweeps?tag=c&archived=true").toString()).contains(id(sweep));
        assertThat(get("/api/v1/sweeps?run=edm2").toString()).doesNotContain(id(sweep));

        String other = create("/api/v1/runs/edm2/sweeps", body.replace("0.0622", "0.0623"), 201);
        HttpResponse<String> taken = send("PATCH", other, "{\"name\": \"said\"}");
        assertThat(taken.statusCode()).isEqualTo(409);
        assertThat(taken.body()).contains("another sweep of the run has the name said");
        assertThat(send("PATCH", other, "{\"tags\": [\"a b\"]}").body())
                .contains("a tag must be", "\"field\":\"tags\"");
        assertThat(send("PATCH", other, "{\"tags\": [\"a\", null]}").body())
                .contains("tags[1] is null", "\"field\":\"tags[1]\"");
        assertThat(send("PATCH", sweep, "{\"name\": \"\"}").statusCode()).isEqualTo(200);
        assertThat(get(sweep).at("/name").isMissingNode()
                        || get(sweep).at("/name").isNull())
                .isTrue();

        // What goes on is in lists again.
        assertThat(send(
                                "POST",
                                sweep + "/extend",
                                body.replace("0.0622", "0.0624").replaceAll(", \"note.*", "}"))
                        .statusCode())
                .isEqualTo(200);
        assertThat(get(sweep).at("/archived").asBoolean()).isFalse();
        assertThat(events(other)).endsWith("sweep");
        assertThat(events(sweep)).endsWith("sweep");

        String slow = create(
                "/api/v1/runs/edm2/sweeps",
                "{\"sigmaRel\": [0.0625], \"evaluator\": \"slow\", \"metric\": \"fid\"}",
                201);
        assertThat(send("PATCH", slow, "{\"archived\": true}").body()).contains("has not ended");
        assertThat(send("DELETE", slow, "").statusCode()).isEqualTo(200);
    }

    @Test
    void seedsOfOneSweepAreAsManyAndShareNone() throws Exception {
        String body = "{\"sigmaRel\": [0.0641], \"seeds\": [%s], \"evaluator\": \"length\", \"metric\": \"fid\"}";
        assertThat(refusal("/api/v1/runs/edm2/sweeps", body.formatted("\"0-99\", \"100-149\"")))
                .contains(
                        "\"field\":\"seeds\"",
                        "0-99 has 100 and 100-149 has 50; start another sweep for the other number");
        assertThat(refusal("/api/v1/runs/edm2/sweeps", body.formatted("\"0-9\", \"5-14\"")))
                .contains("\"field\":\"seeds\"", "0-9 and 5-14 overlap");
        String sweep = create("/api/v1/runs/edm2/sweeps", body.formatted("\"0-99\""), 201);
        assertThat(refusal(sweep + "/extend", body.formatted("\"0-49999\"")))
                .contains("0-99 has 100 and 0-49999 has 50000");
        assertThat(refusal(sweep + "/extend", body.formatted("\"50-149\""))).contains("0-99 and 50-149 overlap");
        assertThat(get(sweep + "/trials").at("/total").asInt()).isEqualTo(1);
        for (String repeat : List.of("\"100-199\"", "\"0-99\", \"200-299\""))
            assertThat(send("POST", sweep + "/extend", body.formatted(repeat)).statusCode())
                    .isEqualTo(200);
        assertThat(get(sweep).at("/seeds").toString()).isEqualTo("[\"0-99\",\"100-199\",\"200-299\"]");
    }

    private String refusal(String path, String body) throws Exception {
        HttpResponse<String> response = send("POST", path, body);
        assertThat(response.statusCode()).isEqualTo(400);
        return response.body();
    }

    @Test
    void trialsThatChangedAreAskedFor() throws Exception {
        String sweep = create(
                "/api/v1/runs/edm2/sweeps",
                "{\"sigmaRel\": [0.0631, 0.0632], \"evaluator\": \"length\", \"metric\": \"fid\"}",
                201);
        assertThat(events(sweep)).endsWith("sweep");
        long version = get(sweep).at("/version").asLong();
        assertThat(get(sweep + "/trials?after=0").at("/total").asInt()).isEqualTo(2);
        assertThat(get(sweep + "/trials?after=" + (version - 1)).at("/total").asInt())
                .isEqualTo(1);
        assertThat(get(sweep + "/trials?after=" + version).at("/total").asInt()).isZero();
    }

    private static String id(String sweep) {
        return sweep.substring(sweep.lastIndexOf('/') + 1);
    }

    @Test
    void prioritiesAreChangedWhileASweepWaits() throws Exception {
        String body = "{\"sigmaRel\": [0.06, 0.07], \"evaluator\": \"slow\", \"metric\": \"fid\", \"priority\": -10}";
        String sweep = create("/api/v1/runs/edm2/sweeps", body, 201);
        HttpResponse<String> changed = send("PUT", sweep + "/priority", "{\"priority\": 7}");
        assertThat(json.readTree(changed.body()).at("/priority").asInt()).isEqualTo(7);
        String page = send("GET", "/sweeps/" + id(sweep), "").body();
        assertThat(page).contains("data-confirm=\"Cancel this sweep?", "max=\"1000\" required value=\"7\"");
        assertThat(send("PUT", sweep + "/priority", "{\"priority\": 1001}").body())
                .contains("priority must lie in -1000..1000, not 1001", "\"field\":\"priority\"");
        assertThat(send("PUT", sweep + "/priority", "{}").body()).contains("priority is missing");
        assertThat(send("DELETE", sweep, "").statusCode()).isEqualTo(200);
        assertThat(send("PUT", sweep + "/priority", "{\"priority\": 7}").statusCode())
                .isEqualTo(409);
        assertThat(send("PUT", "/api/v1/sweeps/none/priority", "{\"priority\": 7}")
                        .statusCode())
                .isEqualTo(404);
    }

    @Test
    void pinsARunsLength() throws Exception {
        String recommended = "/api/v1/runs/checkpoints/recommended";
        assertThat(send("PUT", recommended, "{\"sigmaRel\": 0.123}").statusCode())
                .isEqualTo(200);
        assertThat(get("/api/v1/runs/checkpoints").at("/recommended/profile").asString())
                .isEqualTo("power:0.123");
        for (String profile : List.of("decay:cosine:80000,floor=0.1", "mixture:0.5*uniform:65536,0.5*power:0.1")) {
            assertThat(send("PUT", recommended, "{\"profile\": \"" + profile + "\"}")
                            .statusCode())
                    .isEqualTo(200);
            JsonNode pinned = get("/api/v1/runs/checkpoints").at("/recommended");
            assertThat(pinned.at("/profile").asString()).isEqualTo(profile);
            assertThat(pinned.at("/sigmaRel").isMissingNode()).isTrue();
            assertThat(client.send(
                                    weights("/phema/checkpoints/resolve/main/model.safetensors"),
                                    BodyHandlers.ofByteArray())
                            .body())
                    .isEqualTo(client.send(
                                    weights("/api/v1/runs/checkpoints/weights.safetensors?profile=" + profile),
                                    BodyHandlers.ofByteArray())
                            .body());
            assertThat(send("GET", "/phema/checkpoints/resolve/main/README.md", "")
                            .body())
                    .contains("averaged with the profile `" + profile + "`", "pinned by the run's user");
            assertThat(send("GET", "/runs/checkpoints", "").body()).contains(">" + profile + "</a>, and so");
        }
        assertThat(send("GET", "/api/models/phema/checkpoints/refs", "").statusCode())
                .isEqualTo(200);
        for (String wrong : List.of(
                "{\"profile\": \"uniform:300000\"}",
                "{\"profile\": \"uniform:{}\"}",
                "{\"profile\": \"uniform:3\", \"sigmaRel\": 0.1}"))
            assertThat(send("PUT", recommended, wrong).body()).contains("\"field\":\"profile\"");
        assertThat(get("/api/v1/runs/checkpoints").at("/recommended/source").asString())
                .isEqualTo("pinned");
        assertThat(send("DELETE", "/api/v1/runs/checkpoints/recommended", "").statusCode())
                .isEqualTo(200);
        assertThat(get("/api/v1/runs/checkpoints").at("/recommended").isMissingNode())
                .isTrue();
    }

    @Test
    @Timeout(60)
    void eventsEndWhenTheJobIsDeleted() throws Exception {
        String sweep = create("/api/v1/runs/edm2/sweeps", """
                {"sigmaRel": [0.05], "evaluator": "slow", "metric": "fid"}""", 201);
        Awaitility.await().until(() -> get(sweep).at("/trials/running").asInt() == 1);
        String job = create("/api/v1/runs/edm2/syntheses", """
                {"targets": [{"sigmaRel": 0.05}]}""", 202);
        HttpRequest events = HttpRequest.newBuilder(URI.create("http://localhost:" + port + job + "/events"))
                .build();
        try (Stream<String> told = client.send(events, BodyHandlers.ofLines()).body()) {
            Iterator<String> lines = told.iterator();
            assertThat(lines.next()).isEqualTo("event:synthesis");
            assertThat(send("DELETE", job, "").statusCode()).isEqualTo(204);
            // The client would complain of a stream that was cut off.
            assertThatCode(() -> lines.forEachRemaining(line -> {})).doesNotThrowAnyException();
        } finally {
            send("POST", sweep + "/cancel", "");
        }
    }

    @Test
    void writesManyTargetsToStorage() throws Exception {
        String job = create("/api/v1/runs/edm2/syntheses", """
                {"targets": [{"sigmaRel": 0.05}, {"kind": "uniform", "window": 65536}], "format": "safetensors"}""", 202);
        assertThat(events(job)).last().isEqualTo("synthesis");
        JsonNode done = get(job);
        assertThat(done.at("/state").asString()).as(done.toString()).isEqualTo("done");
        assertThat(done.at("/bytes").asLong()).isEqualTo(done.at("/totalBytes").asLong());
        Path written = Path.of(done.at("/folder").asString());
        try (Stream<Path> files = Files.list(written)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder(
                            "phema-0000262-0.050.safetensors", "phema-0000262-uniform-65536.safetensors");
        }
        byte[] sent = client.send(
                        HttpRequest.newBuilder(URI.create("http://localhost:" + port
                                        + "/api/v1/runs/edm2/weights.safetensors?sigmaRel=0.05"))
                                .build(),
                        BodyHandlers.ofByteArray())
                .body();
        assertThat(written.resolve("phema-0000262-0.050.safetensors")).hasBinaryContent(sent);
        assertThat(send("DELETE", job, "").statusCode()).isEqualTo(204);
        assertThat(written).doesNotExist();
        assertThat(send("GET", job, "").statusCode()).isEqualTo(404);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"sigmaRel\": [0.1], \"evaluator\": \"nobody\", \"metric\": \"fid\"} | 400 | evaluator",
                "{\"sigmaRel\": [], \"evaluator\": \"length\", \"metric\": \"fid\"} | 400 | sigmaRel",
                "{\"sigmaRel\": [0.1], \"evaluator\": \"length\"} | 400 | metric",
                "{\"sigmaRel\": [0.1], \"evaluator\": \"length\", \"metric\": \"fid:up\"} | 400 | metric",
                "{\"sigmaRel\": [0.5], \"evaluator\": \"length\", \"metric\": \"fid\"} | 400 | sigmaRel",
                "{\"profile\": \"decay:cosine:800\", \"length\": [800], \"evaluator\": \"length\", \"metric\": \"fid\"} | 400 | profile",
                "{\"profile\": \"decay:cosine:{},floor={}\", \"length\": [800], \"evaluator\": \"length\", \"metric\": \"fid\"} | 400 | profile",
                "{\"profile\": \"impulse:{}\", \"length\": [800], \"evaluator\": \"length\", \"metric\": \"fid\"} | 400 | profile",
                "{\"profile\": 3, \"length\": [800], \"evaluator\": \"length\", \"metric\": \"fid\"} | 400 | profile",
                "{\"profile\": \"decay:cosine:{}\", \"length\": [800, 262145], \"evaluator\": \"length\", \"metric\": \"fid\"} | 400 | length",
                "{\"profile\": \"uniform:{}\", \"length\": [200000], \"time\": [150000, 262144], \"evaluator\": \"length\", \"metric\": \"fid\"} | 400 | length",
                "{\"profile\": \"uniform:{}\", \"length\": [-1], \"evaluator\": \"length\", \"metric\": \"fid\"} | 400 | length",
                "{\"profile\": \"uniform:{}\", \"length\": [\"x\"], \"evaluator\": \"length\", \"metric\": \"fid\"} | 400 | length[0]",
                "{\"profile\": \"uniform:{}\", \"length\": [\"NaN\"], \"evaluator\": \"length\", \"metric\": \"fid\"} | 400 | length[0]",
                "{\"profile\": \"decay:1-sqrt:{}\", \"length\": [800], \"solver\": \"paper\", \"evaluator\": \"length\", \"metric\": \"fid\"} | 400 | solver",
                "{\"profile\": \"uniform:{}\", \"length\": [800], \"mode\": \"search\", \"evaluator\": \"length\", \"metric\": \"fid\"} | 400 | length",
                "{\"sigmaRel\": [0.1], \"params\": {\"length\": [1]}, \"evaluator\": \"length\", \"metric\": \"fid\"} | 400 | params",
                "{\"profile\": \"uniform:{}\", \"evaluator\": \"length\", \"metric\": \"fid\"} | 400 | length",
                "{\"profile\": \"uniform:{}\", \"sigmaRel\": [0.1], \"evaluator\": \"length\", \"metric\": \"fid\"} | 400 | sigmaRel",
                "{\"profile\": \"power:{}\", \"length\": [0.1], \"sigmaRel\": [0.1], \"evaluator\": \"length\", \"metric\": \"fid\"} | 400 | length",
                "{\"profile\": \"power:{}\", \"length\": [0.3], \"evaluator\": \"length\", \"metric\": \"fid\"} | 400 | sigmaRel",
                "{\"sigmaRel\": [0.1], \"seeds\": [\"5-2\"], \"evaluator\": \"length\", \"metric\": \"fid\"} | 400 | seeds",
                "{\"sigmaRel\": [0.1], \"sigma\": [0.1], \"evaluator\": \"length\", \"metric\": \"fid\"} | 400 | sigma",
                "{\"sigmaRel\": 0.1, \"evaluator\": \"length\", \"metric\": \"fid\"} | 400 | sigmaRel",
                "{\"sigmaRel\": [0.1, null], \"evaluator\": \"length\", \"metric\": \"fid\"} | 400 | sigmaRel",
                "{\"sigmaRel\": [0.1, \"x\"], \"evaluator\": \"length\", \"metric\": \"fid\"} | 400 | sigmaRel[1]",
                "{\"sigmaRel\": [0.1, 1e-301], \"evaluator\": \"length\", \"metric\": \"fid\"} | 400 | sigmaRel",
                "{\"profile\": \"exponential:halflife={}\", \"length\": [1e16], \"evaluator\": \"length\", \"metric\": \"fid\"} | 400 | length",
                "{\"sigmaRel\": [0.1], \"guidance\": [-1e308, 1e308], \"evaluator\": \"length\", \"metric\": \"fid\"} | 400 | guidance",
                "{\"sigmaRel\": [0.1], \"guidance\": [-1], \"evaluator\": \"length\", \"metric\": \"fid\"} | 400 | guidance",
                "{\"sigmaRel\": [0.1], \"guidance\": [1e-320], \"evaluator\": \"length\", \"metric\": \"fid\"} | 400 | guidance",
                "{\"sigmaRel\": [0.1], \"tags\": [null], \"evaluator\": \"length\", \"metric\": \"fid\"} | 400 | tags[0]",
                "{\"sigmaRel\": [0.1], \"guides\": [{\"run\": \"edm2\", \"length\": 1}], \"evaluator\": \"length\", \"metric\": \"fid\"} | 400 | guides[0].length",
                "{\"sigmaRel\": [0.1], \"params\": {\"guidance\": [1]}, \"evaluator\": \"length\", \"metric\": \"fid\"} | 400 | params",
                "{\"sigmaRel\": [0.1], \"params\": {\"a b\": [1]}, \"evaluator\": \"length\", \"metric\": \"fid\"} | 400 | params",
                "{\"sigmaRel\": [0.1], \"params\": {\"a\": [\"$(reboot)\"]}, \"evaluator\": \"length\", \"metric\": \"fid\"} | 400 | params.a[0]",
                "{\"sigmaRel\": [0.1], \"params\": {\"a\": [true]}, \"evaluator\": \"length\", \"metric\": \"fid\"} | 400 | params.a[0]",
                "{\"sigmaRel\": [0.1], \"params\": [1], \"evaluator\": \"length\", \"metric\": \"fid\"} | 400 | params",
                "{\"sigmaRel\": [0.1], \"params\": {\"steps\": [8]}, \"evaluator\": \"params\", \"metric\": \"fid\"} | 400 | params",
                "{\"sigmaRel\": [0.1], \"params\": {\"cfg\": [8]}, \"evaluator\": \"builtin\", \"metric\": \"fd_random\"} | 400 | params",
                "{\"sigmaRel\": [0.1, 0.2], \"mode\": \"search\", \"params\": {\"a\": [1, 2]}, \"evaluator\": \"length\", \"metric\": \"fid\"} | 400 | params",
                "{\"sigmaRel\": [0.1], \"mode\": \"random\", \"evaluator\": \"length\", \"metric\": \"fid\"} | 400 | mode",
                "{\"sigmaRel\": [0.1], \"tolerance\": \"\", \"evaluator\": \"length\", \"metric\": \"fid\"} | 400 | tolerance",
                "{\"sigmaRel\": [0.1], \"priority\": \"\", \"evaluator\": \"length\", \"metric\": \"fid\"} | 400 | priority",
                "{\"sigmaRel\": [0.1], \"tolerance\": \"NaN\", \"evaluator\": \"length\", \"metric\": \"fid\"} | 400 | tolerance",
                "{\"sigmaRel\": [0.1], \"priority\": 1.5, \"evaluator\": \"length\", \"metric\": \"fid\"} | 400 | priority",
                "{\"sigmaRel\": [0.1], \"time\": [1e300], \"evaluator\": \"length\", \"metric\": \"fid\"} | 400 | time",
                "{\"sigmaRel\": [0.1], \"guides\": [{\"run\": \"edm2\", \"sigmaRel\": [0.1], \"time\": [1e9]}], \"evaluator\": \"length\", \"metric\": \"fid\"} | 400 | guides.time",
                "{\"sigmaRel\": [0.1], \"time\": [-1], \"evaluator\": \"length\", \"metric\": \"fid\"} | 400 | time",
                "{\"sigmaRel\": [0.1], \"guides\": [{\"run\": \"none\", \"sigmaRel\": [0.1]}], \"evaluator\": \"length\", \"metric\": \"fid\"} | 404 | run",
            })
    void namesTheFieldAtFault(String body, int status, String field) throws Exception {
        HttpResponse<String> response = send("POST", "/api/v1/runs/edm2/sweeps", body);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(json.readTree(response.body()).at("/field").asString()).isEqualTo(field);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/sweeps?page=%zz", "/runs/edm2?sigmaRel=%ff%zz", "/fleet/live?version=%zz"})
    void pagesRefuseMalformedQueries(String page) throws Exception {
        URI address = URI.create("http://localhost:" + port);
        try (Socket socket = new Socket(address.getHost(), port)) {
            // Java's own client would not send such an address.
            socket.getOutputStream()
                    .write(("GET " + page + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(answer).startsWith("HTTP/1.1 400").contains("is malformed");
        }
    }

    @Test
    void tellsWhoWorksAndHowMuchWaits() throws Exception {
        JsonNode fleet = get("/api/v1/fleet");
        assertThat(fleet.at("/queueDepth").isNumber()).isTrue();
        Awaitility.await()
                .until(() -> !get("/api/v1/fleet")
                        .at("/workers/0/version")
                        .asString("")
                        .isEmpty());
        assertThat(get("/api/v1/fleet").at("/workers/0/outdated").asBoolean()).isFalse();
        String prometheus = send("GET", "/actuator/prometheus", "").body();
        assertThat(prometheus).contains("phema_queue_depth", "phema_trials{state=\"done\"}");
    }
}
