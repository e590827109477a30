package phema.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.simple.JdbcClient;
import phema.FixtureService;
import phema.time.Await;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Clients that ask a service for trials and tell it metrics; the service's own worker is there as well. */
@FixtureService
class AskTest {
    private static final HttpClient client = HttpClient.newHttpClient();
    private static final JsonMapper json = new JsonMapper();
    private static final String LEASES = "/api/v1/leases/";

    @LocalServerPort
    int port;

    @Autowired
    JdbcClient jdbc;

    private HttpResponse<String> send(String method, String path, String body) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
        if (!body.isEmpty()) request.header("Content-Type", "application/json");
        return client.send(request.build(), BodyHandlers.ofString());
    }

    private JsonNode post(String path, String body, int status) throws Exception {
        HttpResponse<String> response = send("POST", path, body);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        return json.readTree(response.body());
    }

    private JsonNode get(String path) throws Exception {
        return json.readTree(send("GET", path, "").body());
    }

    /** @return the sweep's address */
    private String sweep(String evaluator, String rest) throws Exception {
        String body = """
                {"evaluator": {"name": "%s", "type": "remote", "version": "1"}, "metric": "fid", %s}""".formatted(evaluator, rest);
        return "/api/v1/sweeps/"
                + post("/api/v1/runs/edm2/sweeps", body, 201).at("/id").asString();
    }

    private JsonNode ask(String sweep) throws Exception {
        JsonNode trials = post(sweep + "/ask", "{\"client\": \"node17\", \"wait\": \"5s\"}", 200)
                .at("/trials");
        assertThat(trials).hasSize(1);
        return trials.get(0);
    }

    private static String lease(JsonNode trial) {
        return LEASES + trial.at("/lease").asString();
    }

    @Test
    void clientsEvaluateAGridWithoutALineOfConfiguration() throws Exception {
        String sweep = sweep("grid", """
                "sigmaRel": [0.06, 0.1], "guidance": [1.5], "params": {"steps": [16]}, "seeds": ["0-63"]""");
        // The service's worker, which looks at it at once, leaves it to clients.
        Await.until(() -> jdbc.sql("select reason from left_alone where work = ?")
                .param(sweep.replaceFirst(".*/", ""))
                .query(String.class)
                .list()
                .equals(List.of("its trials are for clients that ask for those of remote:grid@1")));
        Await.until(() -> jdbc.sql("select count(*) from scheduled_tasks where picked = true")
                        .query(Integer.class)
                        .single()
                == 0);
        JsonNode trial = ask(sweep);
        assertThat(trial.at("/point").toString())
                .contains("\"sigmaRel\":0.06", "\"guidance\":1.5", "\"params\":{\"steps\":16}")
                .doesNotContain("seeds");
        assertThat(trial.at("/seeds").asString()).isEqualTo("0-63");
        assertThat(trial.at("/evaluator").asString()).isEqualTo("remote:grid@1");
        assertThat(trial.at("/metrics").toString()).isEqualTo("[\"fid\"]");
        for (String format : List.of("file", "safetensors", "pt", "pkl", "dcp")) {
            HttpResponse<String> weights =
                    send("HEAD", trial.at("/weights/" + format).asString(), "");
            assertThat(weights.statusCode()).as(format).isEqualTo(200);
            assertThat(weights.headers().firstValue("ETag").orElseThrow())
                    .as(format)
                    .isEqualTo(trial.at("/weights/etags/" + format).asString());
        }
        assertThat(trial.at("/weights/etag")).isEqualTo(trial.at("/weights/etags/safetensors"));
        assertThat(trial.has("guide")).isFalse();

        JsonNode alive = post(lease(trial) + "/heartbeat", "{\"progress\": 0.4, \"log\": \"step 4\"}", 200);
        assertThat(alive.at("/cancel").asBoolean()).isFalse();
        assertThat(Instant.parse(alive.at("/expires").asString())).isAfter(Instant.now());
        assertThat(send("GET", sweep + "/trials/0/log", "").body()).isEqualTo("step 4\n40 % is done\n");
        JsonNode running = get(sweep + "/trials/0");
        assertThat(running.at("/state").asString()).isEqualTo("running");
        assertThat(running.at("/worker").asString()).isEqualTo("node17");

        assertThat(post(lease(trial) + "/tell", "{\"metrics\": {\"fid\": 2.5, \"kid\": 1}}", 200)
                        .at("/state")
                        .asString())
                .isEqualTo("done");
        // The answer may have been lost on its way.
        post(lease(trial) + "/tell", "{\"metrics\": {\"kid\": 1.0, \"fid\": 2.5}}", 200);
        assertThat(post(lease(trial) + "/tell", "{\"metrics\": {\"fid\": 2.6}}", 409)
                        .at("/detail")
                        .asString())
                .contains("something else was told before");
        assertThat(post(lease(trial) + "/heartbeat", "{}", 200).at("/cancel").asBoolean())
                .isTrue();

        JsonNode waiting = get(sweep);
        assertThat(waiting.at("/trials/queued").asInt()).isEqualTo(1);
        assertThat(waiting.at("/stuck").asBoolean()).isFalse();
        assertThat(waiting.at("/settings").toString()).isEqualTo("{\"type\":\"remote\",\"version\":\"1\"}");

        post(lease(ask(sweep)) + "/tell", "{\"metrics\": {\"fid\": 2.4}}", 200);
        assertThat(post(sweep + "/ask", "{}", 410).at("/detail").asString()).contains("is over");
        assertThat(get(sweep).at("/optimum/sigmaRel").asDouble()).isEqualTo(0.1);
        assertThat(jdbc.sql("select count(*) from scheduled_tasks")
                        .query(Integer.class)
                        .single())
                .isZero();

        assertThat(get("/api/v1/evaluators").toString())
                .contains("{\"name\":\"remote:grid@1\",\"type\":\"remote\",\"given\":[\"fid\"]}");
        assertThat(send("GET", "/runs/edm2/sweeps", "").body())
                .contains(">remote:grid@1</option>", "remote:grid@1 gave fid");

        // The same again costs nothing; another version does.
        String again = sweep("grid", """
                "sigmaRel": [0.06, 0.1], "guidance": [1.5], "params": {"steps": [16]}, "seeds": ["0-63"]""");
        Await.until(() -> get(again).at("/state").asString().equals("done")); // nobody asks for it
        assertThat(get(again + "/trials").at("/items/1/cached").asBoolean()).isTrue();
    }

    @Test
    void theServiceGivesItsClient() throws Exception {
        assertThat(send("GET", "/client/phema.py", "").body())
                .isEqualTo(Files.readString(Path.of("src/client/phema.py")));
    }

    @Test
    void aLeaseThatRunsOutIsADeadWorker() throws Exception {
        String sweep = sweep("deaths", "\"sigmaRel\": [0.07]");
        JsonNode first = ask(sweep);
        assertThat(send("POST", sweep + "/ask", "{}").statusCode()).isEqualTo(204);
        silence(first);
        JsonNode second = ask(sweep);
        assertThat(second.at("/attempt").asInt()).isEqualTo(2);
        assertThat(post(lease(first) + "/heartbeat", "", 200).at("/cancel").asBoolean())
                .isTrue();
        assertThat(post(lease(first) + "/tell", "{\"metrics\": {\"fid\": 2}}", 409)
                        .at("/detail")
                        .asString())
                .contains("ran out", "somebody else began");
        // What is told late, while nobody else has begun, is kept, but ends nothing.
        silence(second);
        jdbc.sql("update scheduled_tasks set picked = false, picked_by = null").update();
        Await.until(() -> get(sweep + "/trials/0").at("/state").asString().equals("queued"));
        assertThat(post(lease(second) + "/tell", "{\"metrics\": {\"fid\": 3}}", 409)
                        .at("/detail")
                        .asString())
                .contains("ran out");
        assertThat(get(sweep + "/trials/0").at("/state").asString()).isEqualTo("queued");
        assertThat(send("POST", sweep + "/ask", "{}").statusCode()).isEqualTo(204);
        JsonNode trial = get(sweep + "/trials/0");
        assertThat(trial.at("/metrics/fid").asDouble()).isEqualTo(3);
        assertThat(trial.at("/attempts").asInt()).isEqualTo(3);
    }

    /** As if it had said nothing for longer than a lease lasts. */
    private void silence(JsonNode trial) {
        jdbc.sql("update scheduled_tasks set last_heartbeat = ? where task_instance = ?")
                .params(
                        Timestamp.from(Instant.now().minusSeconds(9)),
                        trial.at("/sweep").asString() + "/" + trial.at("/trial").asInt())
                .update();
    }

    @Test
    void whoBringsDownFiveClientsGetsNoOther() throws Exception {
        String sweep = sweep("killer", "\"sigmaRel\": [0.071]");
        for (int i = 0; i < 5; i++) silence(ask(sweep));
        assertThat(send("POST", sweep + "/ask", "{}").statusCode()).isIn(204, 410);
        assertThat(get(sweep + "/trials/0").at("/error").asString()).contains("died, 5 times");
        assertThat(send("POST", sweep + "/ask", "{}").statusCode()).isEqualTo(410);
    }

    @Test
    void aCancelledSweepReachesItsClients() throws Exception {
        String sweep = sweep("cancelled", "\"sigmaRel\": [0.072]");
        JsonNode trial = ask(sweep);
        send("DELETE", sweep, "");
        assertThat(post(lease(trial) + "/heartbeat", "{}", 200).at("/cancel").asBoolean())
                .isTrue();
        assertThat(post(lease(trial) + "/tell", "{\"metrics\": {\"fid\": 2}}", 409)
                        .at("/detail")
                        .asString())
                .contains("was cancelled");
        assertThat(send("POST", sweep + "/ask", "{}").statusCode()).isEqualTo(410);
        assertThat(get(sweep + "/trials/0").at("/state").asString()).isEqualTo("cancelled");
    }

    @Test
    void nobodySaysHowLongASweepTakesThatNobodyAsksFor() throws Exception {
        String sweep = sweep("lonely", "\"sigmaRel\": [0.061, 0.062, 0.063, 0.064]");
        for (int i = 0; i < 2; i++) post(lease(ask(sweep)) + "/tell", "{\"metrics\": {\"fid\": 2}}", 200);
        assertThat(get(sweep).has("secondsLeft")).isFalse();
        ask(sweep);
        assertThat(get(sweep).at("/secondsLeft").isNumber()).isTrue();
    }

    @Test
    void whatIsTriedAgainAfterItWasCancelledIsGivenOutAtOnce() throws Exception {
        String sweep = sweep("again", "\"sigmaRel\": [0.0721]");
        JsonNode first = ask(sweep);
        send("DELETE", sweep, "");
        post(sweep + "/retry", "", 200);
        JsonNode second = ask(sweep);
        assertThat(second.at("/trial").asInt()).isEqualTo(first.at("/trial").asInt());
        assertThat(post(lease(first) + "/heartbeat", "{}", 200).at("/cancel").asBoolean())
                .isTrue();
        assertThat(post(lease(first) + "/tell", "{\"metrics\": {\"fid\": 2}}", 409)
                        .at("/detail")
                        .asString())
                .contains("somebody else began the trial since");
        post(lease(second) + "/tell", "{\"metrics\": {\"fid\": 2}}", 200);
        assertThat(get(sweep).at("/state").asString()).isEqualTo("done");
    }

    @Test
    void aPausedSweepHasNothingNow() throws Exception {
        String sweep = sweep("paused", "\"sigmaRel\": [0.0725]");
        send("POST", sweep + "/pause", "");
        HttpResponse<String> none = send("POST", sweep + "/ask", "{\"wait\": \"1s\"}");
        assertThat(none.statusCode()).isEqualTo(204);
        assertThat(none.headers().firstValue("Retry-After")).isPresent();
        send("POST", sweep + "/resume", "");
        post(lease(ask(sweep)) + "/tell", "{\"metrics\": {\"fid\": 2}}", 200);
    }

    @Test
    void anErrorIsTriedOnceMore() throws Exception {
        String sweep = sweep("errors", "\"sigmaRel\": [0.073]");
        JsonNode first = ask(sweep);
        assertThat(post(lease(first) + "/tell", "{\"error\": \"no GPU\"}", 200)
                        .at("/state")
                        .asString())
                .isEqualTo("queued");
        post(lease(first) + "/tell", "{\"error\": \"no GPU\"}", 200);
        assertThat(post(lease(ask(sweep)) + "/tell", "{\"error\": \"no GPU again\"}", 200)
                        .at("/state")
                        .asString())
                .isEqualTo("failed");
        assertThat(get(sweep + "/trials/0").at("/error").asString()).isEqualTo("no GPU again");
    }

    @Test
    void aMetricThatIsNotThereStopsTheSweepAtItsFirstTrial() throws Exception {
        String sweep = sweep("lacking", "\"sigmaRel\": [0.074, 0.075, 0.076]");
        JsonNode first = ask(sweep);
        JsonNode second = ask(sweep);
        for (int i = 0; i < 2; i++)
            assertThat(post(lease(first) + "/tell", "{\"metrics\": {\"kid\": 1, \"is\": 2}}", 422)
                            .at("/detail")
                            .asString())
                    .contains("gave is, kid, but not the sweep's metric fid", "the sweep is stopped");
        assertThat(post(lease(second) + "/heartbeat", "{}", 200).at("/cancel").asBoolean())
                .isTrue();
        JsonNode stopped = get(sweep);
        assertThat(stopped.at("/state").asString()).isEqualTo("failed");
        assertThat(stopped.at("/trials/cancelled").asInt()).isEqualTo(2);
        assertThat(send("POST", sweep + "/ask", "{}").statusCode()).isEqualTo(410);
    }

    @Test
    void aSearchHasPointsForAsManyClientsAsAsk() throws Exception {
        String sweep = sweep("search", "\"mode\": \"search\", \"sigmaRel\": [0.03, 0.25]");
        List<JsonNode> trials = new ArrayList<>();
        for (int i = 0; i < 6; i++) trials.add(ask(sweep));
        assertThat(trials).extracting(trial -> trial.at("/trial").asInt()).doesNotHaveDuplicates();
        int told = 0;
        while (!trials.isEmpty()) {
            JsonNode trial = trials.removeFirst();
            double x = Math.log(trial.at("/point/sigmaRel").asDouble() / 0.09);
            post(lease(trial) + "/tell", "{\"metrics\": {\"fid\": %f}}".formatted(2 + x * x), 200);
            told++;
            HttpResponse<String> next = send("POST", sweep + "/ask", "{}");
            if (next.statusCode() == 200)
                trials.add(json.readTree(next.body()).at("/trials").get(0));
        }
        assertThat(get(sweep).at("/state").asString()).isEqualTo("done");
        assertThat(get(sweep).at("/optimum/sigmaRel").asDouble()).isBetween(0.08, 0.1);
        assertThat(told).isLessThan(20);
    }

    @Test
    void eightAtOnceGetEveryTrialOnce() throws Exception {
        String sweep = sweep("eight", "\"sigmaRel\": [0.05, 0.1], \"guidance\": [1,2,3,4,5,6,7,8,9,10]");
        Set<String> told = new TreeSet<>();
        try (ExecutorService clients = Executors.newFixedThreadPool(8)) {
            List<Future<List<String>>> all = new ArrayList<>();
            for (int i = 0; i < 8; i++) all.add(clients.submit(evaluating(i)));
            for (Future<List<String>> one : all)
                for (String trial : one.get())
                    assertThat(told.add(trial)).as(trial).isTrue();
        }
        assertThat(told).hasSize(20);
        assertThat(get(sweep).at("/state").asString()).isEqualTo("done");
        assertThat(get(sweep + "/trials").at("/items"))
                .allSatisfy(trial -> assertThat(trial.at("/attempts").asInt()).isEqualTo(1));
    }

    private Callable<List<String>> evaluating(int number) {
        return () -> {
            List<String> told = new ArrayList<>();
            while (true) {
                HttpResponse<String> next = send(
                        "POST",
                        "/api/v1/ask",
                        "{\"evaluators\": [\"eight\"], \"count\": 2, \"client\": \"node%d\"}".formatted(number));
                if (next.statusCode() == 204) return told;
                assertThat(next.statusCode()).as(next.body()).isEqualTo(200);
                for (JsonNode trial : json.readTree(next.body()).at("/trials")) {
                    post(lease(trial) + "/tell", "{\"metrics\": {\"fid\": 2}}", 200);
                    told.add(trial.at("/sweep").asString() + "/" + trial.at("/trial"));
                }
            }
        };
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"metrics": {"fid": NaN}}             | 400 | metrics.fid is NaN, which JSON has no number for: tell an error if
            {"metrics": {"fid": null}}            | 400 | metrics.fid is null, which is no result
            {"metrics": {"fid": "NaN"}}           | 400 | metrics.fid
            {"metrics": {"fid": 1e999}}           | 400 | metrics.fid is Infinity, which is no result
            {"metrics": {"fid": -1e308}}          | 400 | metrics.fid is -1.0E308, which is beyond 1.0E15
            {"metrics": {}}                       | 400 | metrics must hold 1 to 256
            {"metrics": {"": 1}}                  | 400 | is no name of a metric, such as fid
            {"metrics": {"fid": 1, "trial": 1}}   | 400 | metrics.trial: 'trial' is a column of all results
            {"metrics": {"fid": 1, "sigmaRel": 1}} | 400 | metrics.sigmaRel: 'sigmaRel' is a column of all results
            {"metrics": {"fid": 1, "é\\u0000": 1}} | 400 | is no name of a metric
            {}                                    | 400 | either metrics
            {"metrics": {"fid": 1}, "error": "x"} | 400 | either metrics
            {"metric": {"fid": 1}}                | 400 | unknown field metric
            {"metrics": {"fid": 1, "fid": 2}}     | 400 | metrics.fid is there more than once
            """)
    void whatCannotBeToldIsRefusedByName(String body, int status, String detail) throws Exception {
        String sweep = sweep("refused", "\"sigmaRel\": [0.08], \"seeds\": [\"%d-99\"]".formatted(body.hashCode() & 63));
        JsonNode trial = ask(sweep);
        assertThat(post(lease(trial) + "/tell", body, status).at("/detail").asString())
                .contains(detail);
        // The lease goes on.
        post(lease(trial) + "/tell", "{\"error\": \"" + body.hashCode() + "\"}", 200);
        send("DELETE", sweep, "");
    }

    @Test
    void suggestsOfWhatWasMeasuredElsewhere() throws Exception {
        List<String> points = new ArrayList<>();
        for (double x : List.of(0.03, 0.05, 0.08, 0.11, 0.2))
            points.add("{\"length\": %s, \"value\": %s, \"standardError\": 0.01}"
                    .formatted(x, 2 + Math.pow(Math.log(x / 0.09), 2)));
        String body = "{\"points\": %s, \"bounds\": [0.02, 0.25], \"scale\": \"log\", \"tolerance\": 0.02}";
        JsonNode found = post("/api/v1/suggest", body.formatted(points), 200);
        assertThat(found.at("/optimum/length").asDouble()).isBetween(0.08, 0.1);
        assertThat(found.at("/optimum/standardError").asDouble()).isBetween(0.001, 0.1);
        JsonNode first = post("/api/v1/suggest", body.formatted("[]"), 200);
        assertThat(first.at("/next").asDouble()).isBetween(0.02, 0.25);
        assertThat(first.has("optimum")).isFalse();
        // As many as there may be, within a request's time.
        List<String> many = new ArrayList<>();
        for (int i = 0; i < 200; i++)
            many.add("{\"length\": %s, \"value\": %s}".formatted(0.02 + 0.001 * i, 2 + Math.sin(i)));
        post("/api/v1/suggest", body.formatted(many), 200);
        many.add("{\"length\": 1, \"value\": 1}");
        assertThat(post("/api/v1/suggest", body.formatted(many), 400)
                        .at("/detail")
                        .asString())
                .contains("201 different lengths, and 200 are the most");
    }

    /** Their errors are shares beyond all numbers. */
    @Test
    void suggestsWithAValueNextToNothing() throws Exception {
        JsonNode found = post("/api/v1/suggest", """
                        {"points": [{"length": 0.03, "value": 2.1}, {"length": 0.06, "value": 2}, {"length": 0.1, "value": 2.2},
                            {"length": 0.15, "value": 1e-320, "standardError": 0.02}], "bounds": [0.02, 0.25]}""", 200);
        assertThat(found.at("/optimum/length").asDouble()).isBetween(0.02, 0.25);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"points": [{"length": 0.1, "value": 1}, {"length": 100, "value": 1}], "bounds": [0.02, 0.25], "scale": "linear"} | points[1].length: 100.0 lies more than 250 times the width of the bounds beyond them
            {"points": [{"length": -1e15, "value": 1}], "bounds": [-20, 20], "scale": "linear"} | points[0].length: -1.0E15 lies more than
            {"points": [{"length": 0.1, "value": 1}], "bounds": [0.02, null]} | bounds must be a finite number, not null
            {"points": [{"length": 0.1}], "bounds": [1, 2]}                   | points[0].value must be a finite number
            {"points": [{"length": 0, "value": 1}], "bounds": [1, 2]}         | points[0].length must lie in 1.0E-12..1.0E15
            {"points": [null], "bounds": [1, 2]}                              | points[0] must be an object
            {"points": [{"length": 1, "value": 1, "standardError": -1}]}      | points[0].standardError must not be
            {"bounds": [2, 2]}                                                | bounds must be two different lengths
            {"bounds": [0, 2]}                                                | bounds must lie in 1.0E-12..1.0E15 on a logarithmic scale, not be 0.0
            {"bounds": [5e-324, 2]}                                           | bounds must lie in 1.0E-12..1.0E15 on a logarithmic scale
            {"points": [{"length": 1, "value": 1e16}]}                       | points[0].value must lie in -1.0E15..1.0E15
            {"bounds": [0, 5e-324], "scale": "linear"}                        | bounds must be two different lengths
            {"bounds": [0, 1e308], "scale": "linear"}                         | bounds must lie in -1.0E15..1.0E15
            {"bounds": [1]}                                                   | bounds must be the least and the greatest
            {}                                                                | bounds are missing
            {"bounds": [1, 2], "scale": "square"}                             | scale
            {"bounds": [1, 2], "tolerance": 0}                                | tolerance must lie between 0 and 1
            """)
    void whatCannotBeSuggestedOfIsRefusedByName(String body, String detail) throws Exception {
        assertThat(post("/api/v1/suggest", body, 400).at("/detail").asString()).contains(detail);
    }

    @Test
    void clientsAskForAVersionOrAny() throws Exception {
        String sweep = sweep("versioned", "\"sigmaRel\": [0.083, 0.084, 0.085]");
        for (String other : List.of("versioned@2", "remote:versioned@2", "versioned@", "version", "remote:version@1"))
            assertThat(send("POST", "/api/v1/ask", "{\"evaluators\": [\"" + other + "\"]}")
                            .statusCode())
                    .as(other)
                    .isEqualTo(204);
        for (String it : List.of("versioned", "versioned@1", "remote:versioned@1"))
            assertThat(post("/api/v1/ask", "{\"evaluators\": [\"other\", \"" + it + "\"], \"wait\": \"5s\"}", 200)
                            .at("/trials/0/evaluator")
                            .asString())
                    .as(it)
                    .isEqualTo("remote:versioned@1");
        send("DELETE", sweep, "");
    }

    @Test
    void whatIsNoNameOfAnEvaluatorIsRefused() throws Exception {
        assertThat(post("/api/v1/ask", "{\"evaluators\": []}", 400)
                        .at("/detail")
                        .asString())
                .isEqualTo("evaluators is empty; name one at least, or leave it out for trials of all");
        assertThat(post("/api/v1/ask", "{\"evaluators\": [\"a\", null]}", 400)
                        .at("/field")
                        .asString())
                .isEqualTo("evaluators[1]");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"count": 0}          | count must lie in 1..64
            {"count": 1000000}    | count must lie in 1..64
            {"wait": "1h"}        | wait must be a time from 0s to 60s
            {"wait": "soon"}      | wait must be a time
            {"client": ""}        | client must have
            {"evaluators": ["a"]} | unknown field evaluators
            {"trials": 3}         | unknown field trials
            """)
    void whatCannotBeAskedIsRefusedByName(String body, String detail) throws Exception {
        String sweep = sweep("asked", "\"sigmaRel\": [0.081]");
        assertThat(post(sweep + "/ask", body, 400).at("/detail").asString()).contains(detail);
        send("DELETE", sweep, "");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            "mine"                                              | no evaluator is named mine
            "remote:"                                           | a remote evaluator's name
            {"name": "a/b", "type": "remote"}                   | a remote evaluator's name
            {"name": "a", "type": "remote", "version": "1 2"}   | a remote evaluator's version
            {"name": "a", "type": "command"}                    | evaluator.type must be remote
            {"name": "builtin", "version": "2"}                 | evaluator.version is for evaluators of type remote
            {"type": "remote"}                                  | evaluator.name is missing
            """)
    void evaluatorsAreNamedExplicitly(String evaluator, String detail) throws Exception {
        assertThat(post("/api/v1/runs/edm2/sweeps", """
                        {"evaluator": %s, "metric": "fid", "sigmaRel": [0.1]}""".formatted(evaluator), 400)
                        .at("/detail")
                        .asString())
                .contains(detail);
    }

    @Test
    void nobodyElsesLeaseWorks() throws Exception {
        String sweep = sweep("secret", "\"sigmaRel\": [0.082]");
        String lease = lease(ask(sweep));
        String other = lease.substring(0, lease.length() - 1) + (lease.endsWith("0") ? "1" : "0");
        String attempt = lease.replaceFirst("\\.0\\.1\\.", ".0.2.");
        for (String wrong : List.of(other, attempt, LEASES + "x", LEASES + "0123456789ab.0.1")) {
            assertThat(post(wrong + "/tell", "{\"metrics\": {\"fid\": 2}}", 404)
                            .at("/detail")
                            .asString())
                    .isEqualTo("there is no such lease");
            post(wrong + "/heartbeat", "{}", 404);
        }
        HttpResponse<String> large = send("POST", lease + "/heartbeat", "{\"log\": \"" + "x".repeat(2_000_000) + "\"}");
        assertThat(large.statusCode()).isEqualTo(413);
        assertThat(post(lease + "/heartbeat", "{\"progress\": 2}", 400)
                        .at("/detail")
                        .asString())
                .contains("progress must lie in 0..1");
        assertThat(post(sweep.replaceFirst("[^/]+$", "000000000000") + "/ask", "{}", 404)
                        .at("/detail")
                        .asString())
                .contains("no sweep has the id");
        send("DELETE", sweep, "");
    }
}
