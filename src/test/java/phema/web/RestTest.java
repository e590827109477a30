package phema.web;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Collections;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.info.BuildProperties;
import org.springframework.boot.test.web.server.LocalServerPort;
import phema.FixtureService;
import phema.http.RawHttp;
import phema.http.RejectedRequests;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The REST interface over a real server, on the EDM2 fixture run: 16 times x 2 widths. */
@FixtureService
class RestTest {
    private static final HttpClient client = HttpClient.newHttpClient();
    private static final JsonMapper json = new JsonMapper();

    @LocalServerPort
    int port;

    @Autowired
    BuildProperties build;

    @Test
    void listsRuns() throws Exception {
        JsonNode runs = json.readTree(get("/api/v1/runs?size=1000").body());
        assertThat(runs.at("/items").findValuesAsString("name")).contains("edm2", "safetensors");
        assertThat(runs.at("/total").asInt()).isEqualTo(runs.at("/items").size());
        JsonNode run = json.readTree(get("/api/v1/runs/edm2").body());
        assertThat(run.at("/snapshots").asInt()).isEqualTo(32);
        assertThat(run.at("/lastTime").asDouble()).isEqualTo(256 * 1024);
        assertThat(run.at("/format").asString()).isEqualTo("pkl");
        assertThat(json.readTree(post("/api/v1/runs/edm2/rescan", "").body())).isEqualTo(run);
    }

    /** What names no version of HTTP is none, or older than everybody who asks. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                " ",
                "GET",
                "HELLO",
                "GET /api/v1/runs",
                "GET /no\u0001thing",
                "\u0016\u0003\u0001\u0000",
                "\u0080"
            })
    void answersWhatIsNoRequestWithAStatusLine(String line) throws Exception {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write((line + "\r\n\r\n").getBytes(ISO_8859_1));
            assertThat(new String(socket.getInputStream().readAllBytes(), ISO_8859_1))
                    .startsWith("HTTP/1.1 400 ")
                    .contains("\r\n\r\n{\"type\":\"about:blank\",\"title\":\"Bad Request\",\"status\":400,")
                    .endsWith("}");
        }
    }

    @Test
    void answersALineThatIsTooLongBeforeItEnds() throws Exception {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(("GET /" + "a".repeat(20_000)).getBytes(ISO_8859_1));
            assertThat(new String(socket.getInputStream().readAllBytes(), ISO_8859_1))
                    .startsWith("HTTP/1.1 400 ");
        }
    }

    /** Who says that more is to come than may, and sends nothing of it, is let go, as is whoever stops in between. */
    @ParameterizedTest
    @CsvSource({"5000000, 10", "500, 90"})
    void letsGoOfWhoIsSilent(int announced, int seconds) throws Exception {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(seconds * 1000);
            String length = "Content-Length: " + announced;
            RawHttp.send(socket, "POST /api/v1/suggest", "Content-Type: application/json", length);
            assertThat(new String(socket.getInputStream().readAllBytes(), ISO_8859_1))
                    .startsWith("HTTP/1.1 4")
                    .containsPattern("(\\}|\r\n0\r\n\r\n)$");
        }
    }

    @Test
    void saysHowFarTheModelOfARunIs() throws Exception {
        String fits = "/api/v1/runs/edm2/fits";
        assertThat(post(fits, "{\"targets\": [{\"sigmaRel\": 0.1}]}").statusCode())
                .isEqualTo(200);
        JsonNode model = json.readTree(get("/api/v1/runs/edm2/model").body());
        assertThat(model.at("/state").asString()).isEqualTo("ready");
        assertThat(model.at("/snapshots").asInt()).isEqualTo(32);
    }

    @Test
    void listsSnapshotsPageByPage() throws Exception {
        JsonNode page =
                json.readTree(get("/api/v1/runs/edm2/snapshots?page=1&size=30").body());
        assertThat(page.at("/total").asInt()).isEqualTo(32);
        assertThat(page.at("/items").findValuesAsString("name"))
                .containsExactly("network-snapshot-0000262-0.050.pkl", "network-snapshot-0000262-0.100.pkl");
        JsonNode last = page.at("/items/1");
        assertThat(last.at("/state").asString()).isEqualTo("usable");
        assertThat(last.at("/profile/kind").asString()).isEqualTo("power");
        assertThat(last.at("/profile/sigmaRel").asDouble()).isEqualTo(0.1);
        assertThat(last.at("/profile/time").asDouble()).isEqualTo(256 * 1024);
        assertThat(json.readTree(get("/api/v1/runs/edm2/snapshots?page=2147483647&size=1000")
                                .body())
                        .at("/items")
                        .size())
                .isZero();
    }

    @Test
    void reportsWhatTheTrajectoryShows() throws Exception {
        JsonNode report = json.readTree(get("/api/v1/runs/edm2/report").body());
        assertThat(report.at("/actualToPredicted/blup").asDouble()).isBetween(0.9, 1.1);
        assertThat(report.at("/filesPredicted").asInt()).isEqualTo(32);
        assertThat(report.at("/innovations").size()).isEqualTo(32);
        assertThat(report.at("/surprises/network-snapshot-0000131-0.050.pkl").asDouble())
                .isBetween(0.5, 1.5);
        assertThat(report.at("/oddFiles").size()).isZero();
        assertThat(report.at("/doubts").size()).isZero();
        assertThat(report.at("/rates/0/rate").asDouble()).isPositive();
    }

    @Test
    void fitsTargetsInTheOrderAskedFor() throws Exception {
        String body = """
                {"targets": [{"kind": "power", "sigmaRel": 0.15}, {"sigmaRel": 0.02, "time": 131072}], "solver": "paper"}""";
        JsonNode fits = json.readTree(
                        post("/api/v1/runs/edm2/fits?curve=200", body).body())
                .at("/fits");
        assertThat(fits.size()).isEqualTo(2);
        assertThat(fits.at("/0/target/sigmaRel").asDouble()).isEqualTo(0.15);
        assertThat(fits.at("/0/target/time").asDouble()).isEqualTo(256 * 1024);
        assertThat(fits.at("/1/target/time").asDouble()).isEqualTo(131072);
        assertThat(fits.at("/0/curve/times").size()).isEqualTo(200);
        for (JsonNode fit : fits) {
            assertThat(fit.at("/solver").asString()).isEqualTo("paper");
            assertThat(fit.at("/filesUsed").asInt())
                    .isEqualTo(fit.at("/coefficients").size());
            double sum = fit.at("/coefficients")
                    .valueStream()
                    .mapToDouble(JsonNode::asDouble)
                    .sum();
            assertThat(sum).isCloseTo(1, within(1e-9));
            assertThat(fit.at("/predictedRelativeErrors").propertyNames()).contains("paper", "blup");
        }
    }

    @Test
    void boundsWhatAnAnswerOfFitsHolds() throws Exception {
        String thousand =
                "{\"targets\": [" + String.join(", ", Collections.nCopies(1000, "{\"sigmaRel\": 0.1}")) + "]}";
        HttpResponse<String> answer = post("/api/v1/runs/edm2/fits?curve=10000", thousand);
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(json.readTree(answer.body()).at("/field").asString()).isEqualTo("targets");
        assertThat(answer.body()).contains("1000 targets, each with curves of 10000 points", "ask for fewer at a time");
    }

    @Test
    void answersForPathsOfHealthThatAreNone() throws Exception {
        assertThat(get("/actuator/health/..%2fenv").statusCode()).isEqualTo(404);
    }

    @Test
    void takesWeightsOfFilesAndSaysHowNearTheyCome() throws Exception {
        String body = """
                {"weights": "minus-sqrt:147456-262144", "like": "decay:1-sqrt:131072"}""";
        JsonNode fit = json.readTree(post("/api/v1/runs/checkpoints/fits", body).body())
                .at("/fits/0");
        assertThat(fit.at("/solver").asString()).isEqualTo("given");
        assertThat(fit.at("/filesUsed").asInt()).isEqualTo(8);
        assertThat(fit.at("/coefficients/step-00262144.safetensors").asDouble())
                .isCloseTo(1 - Math.sqrt(7 / 8.0), within(1e-12));
        double given = fit.at("/predictedRelativeErrors/given").asDouble();
        assertThat(fit.at("/predictedRelativeError").asDouble()).isEqualTo(given);
        assertThat(given).isGreaterThan(fit.at("/predictedRelativeErrors/blup").asDouble());
        var file = get("/api/v1/runs/checkpoints/weights.safetensors?weights=linear:147456-262144");
        assertThat(file.statusCode()).isEqualTo(200);
        assertThat(file.headers().firstValue("Content-Disposition").orElseThrow())
                .contains("phema-262144-linear-147456-262144.safetensors");
    }

    @Test
    void fitsEveryKindOfProfile() throws Exception {
        String body = """
                {"targets": [
                  {"kind": "power", "gamma": 6.94},
                  {"kind": "exponential", "halfLife": 20000},
                  {"kind": "exponential", "decay": 0.9999, "time": 131072},
                  {"kind": "uniform", "window": 65536},
                  {"kind": "impulse", "time": 200000},
                  {"kind": "spec", "spec": "ema:0.9999,warmup=10,batch=256", "time": 131072},
                  {"kind": "mixture", "parts": [
                    {"weight": 0.7, "target": {"sigmaRel": 0.05}},
                    {"weight": 0.3, "target": {"kind": "uniform", "window": 65536, "time": 131072}}]}]}""";
        JsonNode fits =
                json.readTree(post("/api/v1/runs/edm2/fits", body).body()).at("/fits");
        assertThat(fits.valueStream().map(fit -> fit.at("/target/spec").asString()))
                .containsExactly(
                        "power:gamma=6.94",
                        "exponential:halflife=20000",
                        "exponential:decay=0.9999",
                        "uniform:65536",
                        "impulse",
                        "ema:0.9999,warmup=10,batch=256",
                        "mixture:0.7*power:0.05,0.3*uniform:65536@131072");
        assertThat(fits.valueStream().map(fit -> fit.at("/target/time").asDouble()))
                .containsExactly(262144.0, 262144.0, 131072.0, 262144.0, 200000.0, 131072.0, 262144.0);
    }

    @Test
    void readsLaterFilesWhereThatIsAllowed() throws Exception {
        String target = "{\"targets\": [{\"kind\": \"impulse\", \"time\": 200000}], \"files\": \"all\"";
        JsonNode without =
                json.readTree(post("/api/v1/runs/edm2/fits", target + "}").body());
        JsonNode with = json.readTree(post("/api/v1/runs/edm2/fits", target + ", \"laterFiles\": true}")
                .body());
        assertThat(without.at("/fits/0/filesUsed").asInt()).isEqualTo(24);
        assertThat(with.at("/fits/0/filesUsed").asInt()).isEqualTo(32);
        assertThat(with.at("/fits/0/predictedRelativeError").asDouble())
                .isLessThan(without.at("/fits/0/predictedRelativeError").asDouble());
    }

    @Test
    void aProfileOfTheQueryGivesTheWeightsOfTheSameLength() throws Exception {
        String path = "/api/v1/runs/edm2/weights.safetensors?";
        assertThat(get(path + "profile=power:0.135").headers().firstValue("ETag"))
                .isEqualTo(get(path + "sigmaRel=0.135").headers().firstValue("ETag"))
                .isNotEqualTo(get(path + "profile=uniform:65536").headers().firstValue("ETag"));
    }

    @Test
    void plansRetention() throws Exception {
        // What other tests find is recommended.
        JsonNode plan =
                json.readTree(get("/api/v1/runs/edm2/retention?maxError=0.005&sigmaRel=0.05,0.15&recommended=false")
                        .body());
        assertThat(plan.at("/deletable").size()).isBetween(20, 31);
        assertThat(plan.at("/deletable").valueStream().map(JsonNode::asString))
                .allMatch(name -> name.startsWith("network-snapshot-"))
                .doesNotHaveDuplicates();
        assertThat(plan.at("/deletableBytes").asLong()).isPositive();
        assertThat(plan.at("/targets")
                        .valueStream()
                        .map(t -> t.at("/target/sigmaRel").asDouble()))
                .containsExactly(0.05, 0.15);
        for (JsonNode target : plan.at("/targets"))
            assertThat(target.at("/errorAfter").asDouble())
                    .isBetween(target.at("/errorNow").asDouble(), 0.005);
        assertThat(json.readTree(get("/api/v1/runs/checkpoints/retention?profile=decay:cosine:100000")
                                .body())
                        .at("/targets")
                        .valueStream()
                        .map(t -> t.at("/target/spec").asString()))
                .containsExactly("decay:cosine:100000");
        assertProblem(
                get("/api/v1/runs/checkpoints/retention?profile=decay:cosine"),
                400,
                "profile",
                "cannot read the profile");
        assertThat(json.readTree(get("/api/v1/runs/edm2/retention?recommended=false")
                                .body())
                        .at("/targets")
                        .size())
                .isGreaterThan(5);
    }

    @Test
    void plansRetentionOfWhatIsPinned() throws Exception {
        String run = "/api/v1/runs/edm2";
        HttpRequest.Builder pin = HttpRequest.newBuilder(URI.create("http://localhost:" + port + run + "/recommended"))
                .header("Content-Type", "application/json");
        assertThat(client.send(
                                pin.PUT(BodyPublishers.ofString("{\"sigmaRel\": 0.2, \"time\": 49152}"))
                                        .build(),
                                BodyHandlers.ofString())
                        .statusCode())
                .isEqualTo(200);
        try {
            String plan = run + "/retention?maxError=0.003";
            JsonNode with = json.readTree(get(plan).body());
            JsonNode without = json.readTree(get(plan + "&recommended=false").body());
            assertThat(with.at("/targets").size())
                    .isEqualTo(without.at("/targets").size() + 1);
            JsonNode target = with.at("/targets").get(with.at("/targets").size() - 1);
            assertThat(target.at("/target/spec").asString()).isEqualTo("power:0.2");
            assertThat(target.at("/target/time").asDouble()).isEqualTo(49152);
            assertThat(target.at("/errorAfter").asDouble())
                    .isLessThanOrEqualTo(target.at("/limit").asDouble());
            assertThat(with.at("/notices/0").asString())
                    .isEqualTo("power:0.2 at time 49152, which is pinned for the run, is one of the averages that are"
                            + " looked at.");
            String early = "network-snapshot-0000049-0.100.pkl";
            assertThat(without.at("/deletable").toString()).contains(early);
            assertThat(with.at("/deletable").toString()).doesNotContain(early);
            assertThat(without.at("/notices").size()).isZero();
            assertThat(get("/runs/edm2/retention?maxError=0.3").body())
                    .contains("which is pinned for the run", "0.200, ends at time 49152")
                    .doesNotContain("phema plan");
        } finally {
            client.send(pin.DELETE().build(), BodyHandlers.ofString());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "maxError=-1,     maxError",
        "maxError=NaN,    maxError",
        "maxError=little, maxError",
        "sigmaRel=0.5,    sigmaRel",
        "sigmaRel=,       sigmaRel",
        "'sigmaRel=0.1,,0.2',     sigmaRel",
        "'sigmaRel=,',            sigmaRel",
        "'sigmaRel=0.1,%20,0.2',  sigmaRel",
        "sigmaRel=%20,    sigmaRel",
        "time=-3,         time",
        "time=300000,     time",
        "maxerror=0.1,    maxerror"
    })
    void refusesRetentionPlansThatMakeNoSense(String query, String field) throws Exception {
        assertProblem(get("/api/v1/runs/edm2/retention?" + query), 400, field, "");
    }

    @Test
    void refusesATimeThatNoSnapshotReaches() throws Exception {
        assertProblem(get("/api/v1/runs/edm2/weights.safetensors?sigmaRel=0.1&time=300000"), 400, "time", "262144");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            sigmaRel=0.3                        | 400 | sigmaRel | 0.288675
            sigmaRel=0                          | 400 | sigmaRel | 0.288675
            sigmaRel=NaN                        | 400 | sigmaRel | 0.288675
            sigmaRel=wide                       | 400 | sigmaRel | must be a number, not wide
            sigmaRel=                           | 400 | sigmaRel | missing
            ''                                  | 400 | sigmaRel | missing
            sigmarel=0.1                        | 400 | sigmarel | sigmaRel
            sigmaRel=0.1&sigmaRel=0.2           | 400 | sigmaRel | more than once
            sigmaRel=0.1&layer=*attn*%3Dpower:1 | 400 | layer    | 0.288675
            sigmaRel=0.1&layer=up.*%3Dimpulse   | 400 | layer    | matches no parameter
            sigmaRel=0.1&time=-5                | 400 | time     | above 0
            sigmaRel=0.1&time=Infinity          | 400 | time     | above 0
            sigmaRel=0.1&solver=magic           | 400 | solver   | blup
            sigmaRel=0.1&dtype=i64              | 400 | dtype    | bf16
            sigmaRel=0.1&files=some             | 400 | files    | fewest
            sigmaRel=0.1&laterFiles=maybe       | 400 | laterFiles | maybe
            sigmaRel=0.1&laterFiles=true&solver=paper | 400 | laterFiles | blup
            sigmaRel=0.1&profile=impulse        | 400 | profile  | exclude each other
            profile=gauss:3                     | 400 | profile  | uniform:WINDOW
            profile=uniform:-1                  | 400 | profile  | -1
            profile=power:0.3                   | 400 | profile  | 0.288675
            profile=impulse&time=300000         | 400 | time     | 262144
            weights=linear:1-2                  | 400 | weights  | lies outside
            weights=linear:1-2&profile=impulse  | 400 | weights  | exclude
            weights=linear:1-2&time=5           | 400 | time     | last of their files
            weights=linear:1-2&solver=paper     | 400 | solver   | as they are
            sigmaRel=0.1&like=impulse           | 400 | like     | there are none
            """)
    void refusesWrongParametersByName(String query, int status, String field, String says) throws Exception {
        assertProblem(get("/api/v1/runs/edm2/weights.safetensors?" + query), status, field, says);
    }

    @Test
    void refusesUnknownNames() throws Exception {
        assertProblem(get("/api/v1/runs/nope"), 404, "run", "nope");
        assertProblem(get("/api/v1/runs/nope/snapshots"), 404, "run", "nope");
        assertProblem(post("/api/v1/runs/nope/rescan", ""), 404, "run", "nope");
        assertProblem(get("/api/v1/runs/nope/weights.safetensors?sigmaRel=0.1"), 404, "run", "nope");
        assertProblem(get("/api/v1/runs/edm2/weights.onnx?sigmaRel=0.1"), 404, "format", "safetensors, pkl");
        assertProblem(
                get("/api/v1/runs/edm2/weights.safetensors/tensors/no.such?sigmaRel=0.1"), 404, "name", "no.such");
    }

    @ParameterizedTest
    @ValueSource(strings = {"page=-1", "size=0", "size=1001", "page=x", "limit=5"})
    void refusesWrongPages(String query) throws Exception {
        for (String list : new String[] {"/api/v1/runs", "/api/v1/runs/edm2/snapshots"})
            assertProblem(get(list + "?" + query), 400, query.substring(0, query.indexOf('=')), "");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"targets":[{"sigmarel":0.1}]}                        | targets[0].sigmarel | sigmaRel
            {"targets":[{"sigmaRel":0.1},{"sigmaRel":0.9}]}       | targets[1].sigmaRel | 0.288675
            {"targets":[{"kind":"gauss","sigmaRel":0.1}]}         | targets[0].kind     | power
            {"targets":[{"sigmaRel":"wide"}]}                     | targets[0].sigmaRel | must be a number, not wide
            {"targets":[{"sigmaRel":0.1,"time":-1}]}              | targets[0].time     | above 0
            {"targets":[{"kind":"exponential"}]}                  | targets[0].halfLife | missing
            {"targets":[{"kind":"exponential","halfLife":0}]}     | targets[0].halfLife | half-life
            {"targets":[{"kind":"exponential","decay":1.5}]}      | targets[0].decay    | 1.5
            {"targets":[{"kind":"exponential","decay":0.9,"halfLife":9}]} | targets[0].decay | exclude each other
            {"targets":[{"kind":"uniform","window":5,"gamma":3}]} | targets[0].gamma    | not a field of uniform
            {"targets":[{"kind":"uniform","window":-5}]}          | targets[0].window   | -5
            {"targets":[{"kind":"impulse","sigmaRel":0.1}]}       | targets[0].sigmaRel | not a field of impulse
            {"targets":[{"kind":"spec"}]}                         | targets[0].spec     | missing
            {"targets":[{"kind":"spec","spec":"ema:0.999"}]}      | targets[0].spec     | ema:0.999,warmup=none
            {"targets":[{"spec":"power:0.1"}]}                    | targets[0].spec     | not a field of power
            {"targets":[{"gamma":-2}]}                            | targets[0].gamma    | -1
            {"targets":[{"kind":"mixture","parts":[{"weight":1}]}]} | targets[0].parts[0] | needs a weight and a target
            {"targets":[{"kind":"mixture","parts":[{"weight":0.5,"target":{"sigmaRel":0.1}}]}]} | targets[0].parts | sum to 1
            {"targets":[{"kind":"mixture","parts":[{"weight":1,"target":{"sigmaRel":0.9}}]}]} | targets[0].parts[0].target.sigmaRel | 0.288675
            {"targets":[{"sigmaRel":0.1}],"laterFiles":true,"solver":"paper"} | laterFiles | blup
            {"targets":[{}]}                                      | targets[0].sigmaRel | missing
            {"targets":[null]}                                    | targets[0]          | null
            {"targets":[]}                                        | targets             | 1 to 1000
            {"targets":7}                                         | targets             | must be a list
            {}                                                    | targets             | 1 to 1000
            {"targets":[{"sigmaRel":0.1}],"weights":"linear:1-2"} | weights             | exclude
            {"weights":"a=1","normalize":true}                    | weights             | no file a
            {"normalize":true}                                    | normalize           | there are none
            {"targets":[{"sigmaRel":0.1}],"solver":"magic"}       | solver              | blup
            {"targets":[{"sigmaRel":0.1}],"files":"some"}         | files               | fewest
            {"target":[{"sigmaRel":0.1}]}                         | target              | targets
            {"targets":[{"sigmaRel":0.1,"sigmaRel":0.2}]}         | targets[0].sigmaRel | more than once
            {"solver":"paper","targets":[],"solver":"blup"}       | solver              | more than once
            {"targets":[{"sigmaRel":NaN}]}                        | targets[0].sigmaRel | is NaN, which JSON has no number for
            {"targets":[{"sigmaRel":""}]}                         | targets[0].sigmaRel | must be a number, not ""
            {"targets":[{"sigmaRel":0.1,"time":"\\u0000"}]}      | targets[0].time     | must be a number, not "
            {"targets":[{"sigmaRel":0.1,"time":1e308}]}           | time                | no snapshot reaches time 1E+308
            """)
    void refusesWrongFieldsByPath(String body, String field, String says) throws Exception {
        assertProblem(post("/api/v1/runs/edm2/fits", body), 400, field, says);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ''                              | the request needs a JSON body
            {                               | the body is not JSON: Unexpected end-of-input
            nonsense                        | the body is not JSON: Unrecognized token 'nonsense'
            []                              | the body must be an object
            3                               | the body must be an object
            "x"                             | the body must be an object
            {"targets":[{"sigmaRel":0.1}    | the body is not JSON at targets[0]: Unexpected end-of-input
            {"targets":[{"sigmaRel":0.1}]} {} | the body goes on after its JSON
            """)
    void refusesWhatIsNoJsonObject(String body, String says) throws Exception {
        HttpResponse<String> refused = post("/api/v1/runs/edm2/fits", body);
        assertProblem(refused, 400, "none", says);
        assertThat(refused.body()).doesNotContain("REDACTED", "phema.web");
    }

    @Test
    void answersWrongRequestsOfEveryKindWithProblems() throws Exception {
        assertProblem(get("/api/v1/nothing"), 404, "none", "/api/v1/nothing");
        assertProblem(get("/nothing", "Accept", "application/json"), 404, "none", "/nothing");
        HttpResponse<String> page = get("/nothing", "Accept", "text/html");
        assertThat(page.statusCode()).isEqualTo(404);
        assertThat(page.body()).contains("There is no page at /nothing.");
        assertProblem(get("/error"), 404, "none", "");
        assertProblem(get("/api/v1/runs?page=0&=&size=1"), 400, "none", "query string");
        assertThat(get("/api/v1/runs", "Content-Type", "multipart/form-data").statusCode())
                .isEqualTo(200);
        assertProblem(send(request("/api/v1/runs").DELETE().build()), 405, "none", "");
        assertProblem(get("/api/v1/runs", "Accept", "image/png"), 406, "none", "the answer is application/json");
        HttpResponse<String> trace = send(
                request("/api/v1/runs").method("TRACE", BodyPublishers.noBody()).build());
        assertProblem(trace, 405, "none", "");
        assertThat(json.readTree(trace.body()).at("/instance").asString()).isEqualTo("/api/v1/runs");
        assertProblem(
                send(request("/api/v1/runs/edm2/fits")
                        .header("Content-Type", "text/plain")
                        .POST(BodyPublishers.ofString("{}"))
                        .build()),
                415,
                "none",
                "the body's Content-Type must be application/json, not text/plain");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/%zz", "/api/v1/runs/%2e%2e%2f%2e%2e", "/api/v1/runs/a%00b", "/a|b", "/api/v1/runs/..;/x"})
    void answersMalformedPathsWithoutAPageOfTheContainer(String path) throws Exception {
        RawHttp response = RawHttp.exchange(port, "GET " + path, "Connection: close");
        assertThat(response.statusLine()).startsWith("HTTP/1.1 4");
        assertThat(new String(response.body(), ISO_8859_1)).doesNotContain("<html", "Exception");
        assertThat(response.hasHeader("Content-Type: application/problem+json")).isTrue();
    }

    @Test
    void whatTheFirewallRejectsIsTheClientsFaultAtEveryDoor() throws Exception {
        RejectedRequests.assertAnswered(port);
    }

    @Test
    void describesItself() throws Exception {
        JsonNode api = json.readTree(get("/v3/api-docs").body());
        assertThat(api.at("/info/version").asString()).isEqualTo(build.getVersion());
        assertThat(api.at("/paths").propertyNames()).allMatch(path -> path.startsWith("/api/v1/"));
        JsonNode weights = api.at("/paths/~1api~1v1~1runs~1{run}~1weights.{format}/get");
        assertThat(weights.at("/responses").propertyNames())
                .contains("200", "206", "304", "400", "404", "409", "412", "416", "422");
        assertThat(weights.at("/parameters").findValuesAsString("name"))
                .containsExactlyInAnyOrder(
                        "run",
                        "format",
                        "sigmaRel",
                        "profile",
                        "weights",
                        "normalize",
                        "like",
                        "time",
                        "solver",
                        "dtype",
                        "files",
                        "laterFiles",
                        "identity",
                        "layer");
        assertThat(weights.at("/responses/404/content").propertyNames()).containsExactly("application/problem+json");
        assertThat(api.at("/paths/~1api~1v1~1sweeps~1{id}~1results.csv/get/responses/200/content")
                        .propertyNames())
                .containsExactly("text/csv");
        assertThat(api.at("/paths/~1api~1v1~1sweeps~1{id}~1trials~1{number}~1log/get/responses/200/content")
                        .propertyNames())
                .containsExactly("text/plain");
        assertThat(api.toString()).doesNotContain(";charset=");
        assertThat(get("/swagger-ui.html").statusCode()).isEqualTo(302);
        assertThat(get("/swagger-ui/index.html").statusCode()).isEqualTo(200);
    }

    @Test
    void exposesHealthAndMetricsButNothingElse() throws Exception {
        assertThat(json.readTree(get("/actuator/health").body()).at("/status").asString())
                .isEqualTo("UP");
        assertThat(get("/actuator/prometheus").body()).contains("jvm_memory_used_bytes");
        assertThat(get("/actuator/env").statusCode()).isEqualTo(404);
    }

    private void assertProblem(HttpResponse<String> response, int status, String field, String says) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(response.headers().firstValue("Content-Type")).hasValue("application/problem+json");
        JsonNode problem = json.readTree(response.body());
        assertThat(problem.propertyNames()).contains("type", "title", "status", "detail");
        assertThat(problem.at("/status").asInt()).isEqualTo(status);
        assertThat(problem.at("/detail").asString()).contains(says).doesNotContain("\n", "Exception", "java.");
        assertThat(problem.at("/field").asString("none")).isEqualTo(field);
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://localhost:" + port + path));
    }

    private HttpResponse<String> get(String path, String... headers) throws IOException, InterruptedException {
        var request = request(path);
        if (headers.length > 0) request.headers(headers);
        return send(request.build());
    }

    private HttpResponse<String> post(String path, String body) throws IOException, InterruptedException {
        return send(request(path)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body))
                .build());
    }

    private static HttpResponse<String> send(HttpRequest request) throws IOException, InterruptedException {
        return client.send(request, BodyHandlers.ofString());
    }
}
