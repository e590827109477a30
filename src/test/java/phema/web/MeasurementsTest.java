package phema.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import phema.PhemaApplication;
import phema.time.Await;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Metrics that people bring along, over HTTP, on the EDM2 fixture run. */
@DisabledOnOs(OS.WINDOWS)
@SpringBootTest(
        classes = PhemaApplication.class,
        webEnvironment = WebEnvironment.RANDOM_PORT,
        properties = {"phema.roots=src/test/resources/fixtures", "phema.catalog.settle=0s", "phema.sweep.max-points=60"
        })
class MeasurementsTest {
    private static final HttpClient client = HttpClient.newHttpClient();

    @TempDir
    static Path folder;

    @DynamicPropertySource
    static void properties(DynamicPropertyRegistry registry) {
        registry.add("phema.home", () -> folder.toString());
        registry.add("phema.evaluators.valley.type", () -> "command");
        registry.add("phema.evaluators.valley.version", () -> "3");
        registry.add("phema.evaluators.valley.command[0]", () -> "sh");
        registry.add("phema.evaluators.valley.command[1]", () -> "-c");
        registry.add("phema.evaluators.valley.command[2]", () -> """
                echo run >> %s/runs; awk '{ match($0, /"sigmaRel":[0-9.]+/); s = substr($0, RSTART + 11, RLENGTH - 11)
                x = log(s / 0.1); printf "{\\"fid\\": %%f}\\n", 2 + x * x }' "$0\"""".formatted(folder));
        registry.add("phema.evaluators.valley.command[3]", () -> "{trial}");
    }

    @LocalServerPort
    int port;

    private HttpResponse<String> send(String method, String path, String type, String body) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
        if (!body.isEmpty()) request.header("Content-Type", type);
        return client.send(request.build(), BodyHandlers.ofString());
    }

    private JsonNode json(String method, String path, String body) throws Exception {
        HttpResponse<String> response = send(method, path, "application/json", body);
        assertThat(response.statusCode()).as(response.body()).isBetween(200, 201);
        return JsonMapper.shared().readTree(response.body());
    }

    private String sweep(String run, String more) throws Exception {
        String body = "{\"evaluator\": \"valley\", \"metric\": \"fid\", \"seeds\": [\"0-63\"], " + more + "}";
        String id =
                json("POST", "/api/v1/runs/" + run + "/sweeps", body).at("/id").asString();
        Await.until(() -> json("GET", "/api/v1/sweeps/" + id, "").has("endedEpochMillis"));
        return id;
    }

    @Test
    void whatIsOfTheSameEvaluatorCountsAndTheRestIsShownBeside() throws Exception {
        String run = "/api/v1/runs/edm2";
        String id = sweep("edm2", "\"sigmaRel\": [0.05, 0.07]");
        String optimum = "/optimum/sigmaRel";
        assertThat(json("GET", "/api/v1/sweeps/" + id, "").at(optimum).asDouble())
                .isEqualTo(0.07);
        assertThat(json("GET", run, "").has("recommended")).isFalse();

        String csv = """
                sigmaRel,seeds,fid,kid
                0.09,0-63,2.011,0.1
                0.10,64-127,2.0,
                0.13,0-63,2.069,
                0.16,0-63,2.221,
                0.07,0-63,2.127,
                0.13,0-63,2.069,
                """;
        JsonNode added = JsonMapper.shared()
                .readTree(send("POST", run + "/measurements?source=paper&evaluator=valley&version=3", "text/csv", csv)
                        .body());
        assertThat(added.at("/added").asInt()).isEqualTo(5);
        assertThat(added.at("/notes").toString())
                .contains("row 7 is the same measurement as row 4: it counts once")
                .contains("row 6 was evaluated here as well, as trial 1 of sweep " + id);
        assertThat(json(
                                "POST",
                                run + "/measurements",
                                "{\"source\": \"zeros\", \"measurements\": ["
                                        + "{\"sigmaRel\": 0.2, \"guidance\": 0, \"metrics\": {\"kid\": 1}},"
                                        + "{\"sigmaRel\": 0.2, \"guidance\": -0.0, \"metrics\": {\"kid\": 1}}]}")
                        .at("/added")
                        .asInt())
                .isEqualTo(1);
        send("DELETE", run + "/measurements?source=zeros", "", "");
        // Of another version, of nobody, and of other images.
        for (String other : new String[] {
            "\"evaluator\": \"valley\", \"version\": \"2\", \"measurements\": [{\"seeds\": \"0-63\"",
            "\"measurements\": [{\"seeds\": \"0-63\"",
            "\"evaluator\": \"valley\", \"version\": \"3\", \"measurements\": [{\"seeds\": \"0-9\"",
            "\"evaluator\": \"valley\", \"version\": \"3\", \"measurements\": [{\"guidance\": 1"
        })
            assertThat(json(
                                    "POST",
                                    run + "/measurements",
                                    "{\"source\": \"others\", " + other
                                            + ", \"sigmaRel\": 0.06, \"metrics\": {\"fid\": 1}}]}")
                            .at("/added")
                            .asInt())
                    .isEqualTo(1);

        JsonNode now = json("GET", "/api/v1/sweeps/" + id, "");
        assertThat(now.at(optimum).asDouble()).isBetween(0.09, 0.115);
        assertThat(now.at("/trials/done").asInt()).isEqualTo(2);
        JsonNode recommended = json("GET", run, "").at("/recommended");
        assertThat(recommended.at("/sigmaRel").asDouble()).isBetween(0.09, 0.115);
        assertThat(recommended.at("/why").asString())
                .contains("from 6 trials of 6 EMA lengths, 4 of them brought along");
        String page = send("GET", "/sweeps/" + id, "", "").body();
        assertThat(page).contains("paper, counted", "paper, shown beside", "others, shown beside");

        String results =
                send("GET", "/api/v1/sweeps/" + id + "/results.csv", "", "").body();
        assertThat(results)
                .contains("state,cached,source,fid", ",0-63,measured,false,paper,2.011,0.1\r\n")
                .doesNotContain("others");
        assertThat(json("GET", "/api/v1/sweeps/" + id + "/results.json", "")
                        .at("/measured")
                        .size())
                .isEqualTo(4);
        assertThat(json("GET", run + "/measurements", "").at("/total").asInt()).isEqualTo(9);
        assertThat(json("GET", run + "/measurements?source=others", "")
                        .at("/items/3")
                        .toString())
                .contains("\"sigmaRel\":0.06", "\"fid\":1.0")
                .doesNotContain("seeds", "images");

        // What is exported can be brought along again, and is there already.
        String exported = send("GET", run + "/measurements.csv", "", "").body();
        assertThat(exported)
                .startsWith(
                        "source,evaluator,version,sigmaRel,time,guidance,seeds,fid,kid\r\npaper,valley,3,0.09,262144.0,1.0,0-63,2.011,0.1\r\n");
        JsonNode again = JsonMapper.shared()
                .readTree(send("POST", run + "/measurements", "text/csv", exported)
                        .body());
        assertThat(again.at("/added").asInt()).isZero();

        assertThat(send("DELETE", run + "/measurements?source=paper", "", "").statusCode())
                .isEqualTo(204);
        assertThat(json("GET", "/api/v1/sweeps/" + id, "").at(optimum).asDouble())
                .isEqualTo(0.07);
        assertThat(json("GET", run, "").has("recommended")).isFalse();
        assertThat(send("DELETE", run + "/measurements?source=paper", "", "").statusCode())
                .isEqualTo(404);
    }

    @Test
    void aSearchBeginsWithWhatIsKnown() throws Exception {
        String run = "/api/v1/runs/safetensors";
        StringBuilder csv = new StringBuilder("sigmaRel,fid,seeds,guidance,time\n");
        for (int i = 0; i < 12; i++) {
            double length = 0.05 * Math.pow(4, i / 11.0);
            csv.append("%.5f,%.6f,0-63,1,\n".formatted(length, 2 + Math.pow(Math.log(length / 0.1), 2)));
        }
        assertThat(send("POST", run + "/measurements?source=a&evaluator=valley&version=3", "text/csv", csv.toString())
                        .statusCode())
                .isEqualTo(200);
        String known = sweep("safetensors", "\"sigmaRel\": [0.05, 0.2], \"mode\": \"search\"");
        assertThat(json("GET", "/api/v1/sweeps/" + known, "")
                        .at("/optimum/sigmaRel")
                        .asDouble())
                .isBetween(0.09, 0.11);
        int trials = json("GET", "/api/v1/sweeps/" + known + "/trials", "")
                .at("/total")
                .asInt();
        send("DELETE", run + "/measurements?source=a", "", "");
        String unknown = sweep("safetensors", "\"sigmaRel\": [0.05, 0.2], \"mode\": \"search\"");
        assertThat(json("GET", "/api/v1/sweeps/" + unknown + "/trials", "")
                        .at("/total")
                        .asInt())
                .isGreaterThan(trials);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            sigma,fid;0.1,2               | row 1: there is no column sigmaRel, and no column profile, but sigma, fid
            sigmaRel,seeds;0.1,0-63       | row 1: there is no column of a metric, such as fid
            sigmaRel,fid,fid;0.1,2,2      | row 1: there are two columns fid
            sigmaRel,,fid;0.1,2,2         | row 1: column 2 has no name
            trial,sigmaRel,fid;0,0.1,2    | row 1: column trial is of a sweep's own results
            sigmaRel,fid;0.1,2;0.2,=B2*2  | row 3, column fid: '=B2*2' is a formula; save the file with its values
            sigmaRel,fid;0.1,NaN          | row 2, column fid: 'NaN' is not a number
            sigmaRel,fid;0.1,1e999        | row 2, column fid: Infinity is no finite number
            sigmaRel,fid;0.1,-1e16        | row 2, column fid: -1.0E16, which is beyond 1.0E15, the most that a search
            sigmaRel,fid;0.1,2,3          | row 2 has 3 cells, and the header has 2 columns
            sigmaRel,fid;0.1,             | row 2, column metrics: there is no metric
            sigmaRel,fid;,2               | row 2, column sigmaRel: give either sigmaRel or a profile
            sigmaRel,fid;0.4,2            | row 2, column sigmaRel: sigma_rel must lie in (0, 0.288675), not 0.4
            profile,fid;decay:cosine,2    | row 2, column profile: 'decay:cosine' is no average with a length
            sigmaRel,time,fid;0.1,1e9,2   | row 2, column time: time must lie in (0, 262144.0]
            sigmaRel,seeds,fid;0.1,many,2 | row 2, column seeds: seeds must be a range such as 0-49999, not many
            sigmaRel,fid,source;0.1,2,=x  | row 2, column source: a source has up to 100 letters
            sigmaRel,guidance,fid;0.1,-1,2 | row 2, column guidance: guidance must be 0, or lie in 1e-12..1e15
            sigmaRel,guidance,fid;0.1,1e16,2 | row 2, column guidance: guidance must be 0, or lie in 1e-12..1e15
            sigmaRel,guidance,fid;0.1,1e-320,2 | row 2, column guidance: guidance must be 0, or lie in 1e-12..1e15
            sigmaRel,fid;1e-301,2         | row 2, column sigmaRel: the length of a trial must lie in 1e-12..1e15
            sigmaRel,a<b;0.1,2            | row 2, column a<b: 'a<b' is no name of a metric
            sigmaRel,fid,evaluator;0.1,2,a<b | row 2, column evaluator: an evaluator's name has up to 100 letters
            sigmaRel,fid                  | measurements are missing: there is no row
            """)
    void refusesNamingRowAndColumn(String rows, String detail) throws Exception {
        HttpResponse<String> refused =
                send("POST", "/api/v1/runs/edm2/measurements?source=bad", "text/csv", rows.replace(";", "\n") + "\n");
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(JsonMapper.shared().readTree(refused.body()).at("/detail").asString())
                .startsWith(detail);
        assertThat(json("GET", "/api/v1/runs/edm2/measurements?source=bad", "")
                        .at("/total")
                        .asInt())
                .isZero();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            {"measurements": [{"sigmaRel": 0.1, "metrics": {"fid": 2}}]}                         | source is missing
            {"source": "x"}                                                                     | measurements are missing
            {"source": "x", "measurements": [null]}                                             | measurements[0] is null
            {"source": "x", "measurements": [{"sigmaRel": 0.1, "metrics": {"fid": 1, "fid": 2}}]} | measurements[0].metrics.fid is there more than once
            {"source": "x", "measurements": [{"sigmaRel": 0.1, "metrics": {"fid": null}}]}      | measurements[0].metrics.fid is null
            {"source": "x", "measurements": [{"sigmaRel": 0.1, "metrics": {"fid": "NaN"}}]}     | measurements[0].fid: NaN is no finite number
            {"source": "x", "measurements": [{"sigmaRel": 0.1, "profile": "uniform:3", "metrics": {"fid": 1}}]} | measurements[0].profile: give either
            """)
    void refusesNamingTheField(String body, String detail) throws Exception {
        HttpResponse<String> refused = send("POST", "/api/v1/runs/edm2/measurements", "application/json", body);
        assertThat(refused.statusCode()).as(refused.body()).isEqualTo(400);
        assertThat(JsonMapper.shared().readTree(refused.body()).at("/detail").asString())
                .startsWith(detail);
    }

    @Test
    void refusesMoreMetricsThanATableHasColumns() throws Exception {
        StringBuilder metrics = new StringBuilder();
        for (int i = 0; i < 257; i++)
            metrics.append(i == 0 ? "" : ", ").append("\"m").append(i).append("\": 1");
        HttpResponse<String> refused = send(
                "POST",
                "/api/v1/runs/edm2/measurements",
                "application/json",
                "{\"source\": \"wide\", \"measurements\": [{\"sigmaRel\": 0.1, \"metrics\": {" + metrics + "}}]}");
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(refused.body()).contains("of different names; 256 are the most");
    }

    @Test
    void refusesMoreThanThereMayBe() throws Exception {
        StringBuilder csv = new StringBuilder("sigmaRel,fid\n");
        for (int i = 0; i < 61; i++) csv.append("0.1,").append(i).append('\n');
        HttpResponse<String> refused =
                send("POST", "/api/v1/runs/edm2/measurements?source=many", "text/csv", csv.toString());
        assertThat(refused.statusCode()).isEqualTo(413);
        assertThat(refused.body()).contains("row 62: there are more than 60 rows, which is the most at once");
        assertThat(send("POST", "/api/v1/runs/none/measurements?source=x", "text/csv", "sigmaRel,fid\n0.1,2\n")
                        .statusCode())
                .isEqualTo(404);
    }
}
