package phema.cli;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.springframework.web.util.UriUtils;
import phema.api.PictureView;
import phema.api.RecommendedView;
import phema.api.RunView;
import phema.api.SweepResultsView;
import phema.api.SweepView;
import phema.api.TrialView;
import phema.evaluation.EvaluatorView;
import phema.problem.Problem;
import phema.sweep.CarriedFile.CarriedImage;
import phema.sweep.DescriptionChange;
import phema.sweep.Measurements.Imported;
import phema.sweep.SweepSpec;
import phema.text.Labels;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reaches the sweeps of a service, through its REST API. */
final class RemoteSweeps implements SweepAccess {
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    /** The mapper, which passes over fields that it does not know: a newer service may tell more. */
    private static final JsonMapper JSON = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private final HttpClient client =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();
    private final String url;
    private final String token;

    /**
     * @param token empty for none
     * @param settings for a service's configuration, of which there must be none
     */
    static RemoteSweeps of(String url, String token, List<String> settings) {
        if (!settings.isEmpty())
            throw Problem.invalid(
                    "url", settings.getFirst() + " is for the service's configuration, which --url cannot change");
        return new RemoteSweeps(url, token);
    }

    /** @param token empty for none */
    RemoteSweeps(String url, String token) {
        if (!url.matches("https?://[^\\s/?#]+(/[^\\s?#]*)?"))
            throw Problem.invalid("url", "--url " + url + " is not of the form http://host:8080");
        this.url = url.replaceFirst("/+$", "");
        this.token = token;
    }

    /** What is read of a page of sweeps. */
    private record SweepPage(List<SweepView> items) {}

    /** What is read of a page of trials. */
    private record TrialPage(List<TrialView> items) {}

    @Override
    public List<EvaluatorView> evaluators() throws IOException {
        return Arrays.asList(read(get("/evaluators"), EvaluatorView[].class));
    }

    @Override
    public SweepView create(SweepSpec spec, DescriptionChange said, Optional<Integer> maxTrials) throws IOException {
        HttpRequest.Builder request = request(
                        "/runs/" + UriUtils.encodePathSegment(spec.run(), StandardCharsets.UTF_8) + "/sweeps")
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(JSON.writeValueAsString(body(spec, said, maxTrials))));
        return read(send(request), SweepView.class);
    }

    @Override
    public List<SweepView> sweeps(String run) throws IOException {
        String of = UriUtils.encodeQueryParam(run, StandardCharsets.UTF_8);
        return read(get("/sweeps?archived=true&size=" + MOST_SWEEPS + "&run=" + of), SweepPage.class)
                .items();
    }

    @Override
    public SweepView sweep(String id) throws IOException {
        return read(get("/sweeps/" + id), SweepView.class);
    }

    @Override
    public List<TrialView> trials(String id) throws IOException {
        return read(get("/sweeps/" + id + "/results.json"), SweepResultsView.class)
                .trials();
    }

    @Override
    public List<CarriedImage> images(String id, int trial) throws IOException {
        List<CarriedImage> images = new ArrayList<>();
        for (PictureView view : read(get("/sweeps/" + id + "/trials/" + trial + "/images"), PictureView[].class)) {
            if (view.url() == null) continue;
            String address = "image/png".equals(view.media()) ? view.url() : Objects.requireNonNull(view.thumbnail());
            images.add(new CarriedImage(
                    view.name(), send(request(address.substring("/api/v1".length())), BodyHandlers.ofByteArray())));
        }
        return images;
    }

    @Override
    public List<TrialView> changed(String id, long version) throws IOException {
        return read(get("/sweeps/" + id + "/trials?size=1000&after=" + version), TrialPage.class)
                .items();
    }

    @Override
    public String csv(String id) throws IOException {
        return get("/sweeps/" + id + "/results.csv");
    }

    @Override
    public int waiting() {
        return 0;
    }

    @Override
    public RunView run(String name) throws IOException {
        return read(get("/runs/" + UriUtils.encodePathSegment(name, StandardCharsets.UTF_8)), RunView.class);
    }

    @Override
    public Optional<RecommendedView> recommendedBefore(String id, Set<String> without) throws IOException {
        String view = get("/sweeps/" + id + "/recommended?without=" + String.join(",", without));
        return view.isEmpty() ? Optional.empty() : Optional.of(read(view, RecommendedView.class));
    }

    @Override
    public void cancel(String id) throws IOException {
        send(request("/sweeps/" + id).DELETE());
    }

    @Override
    public Imported add(String run, MeasuredFile file) throws IOException {
        String path = "/runs/" + UriUtils.encodePathSegment(run, StandardCharsets.UTF_8) + "/measurements";
        String query = "?source=" + UriUtils.encode(file.by().source(), StandardCharsets.UTF_8) + "&evaluator="
                + UriUtils.encode(file.by().evaluator(), StandardCharsets.UTF_8) + "&version="
                + UriUtils.encode(file.by().version(), StandardCharsets.UTF_8);
        HttpRequest.Builder request = request(file.isJson() ? path : path + query)
                .header("Content-Type", file.isJson() ? "application/json" : "text/csv")
                .POST(BodyPublishers.ofFile(file.path()));
        return read(send(request), Imported.class);
    }

    @Override
    public String leave(String id) {
        String sweep = url + "/api/v1/sweeps/" + id;
        return "sweep " + id + " goes on; GET " + sweep + " shows it, DELETE cancels it";
    }

    @Override
    public void close() {
        client.close();
    }

    private static Map<String, Object> body(SweepSpec spec, DescriptionChange said, Optional<Integer> maxTrials) {
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("mode", Labels.of(spec.mode()));
        body.putAll(spec.axes().json());
        body.put("evaluator", spec.evaluator());
        body.put("metric", spec.metrics().text());
        body.put("solver", Labels.of(spec.solver()));
        body.put("files", Labels.of(spec.files()));
        body.put("tolerance", spec.tolerance());
        body.put("priority", spec.priority());
        said.name().ifPresent(name -> body.put("name", name));
        said.note().ifPresent(note -> body.put("note", note));
        said.tags().ifPresent(tags -> body.put("tags", tags));
        maxTrials.ifPresent(most -> body.put("maxTrials", most));
        return body;
    }

    private HttpRequest.Builder request(String path) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(url + "/api/v1" + path)).timeout(PATIENCE);
        return token.isEmpty() ? request : request.header("Authorization", "Bearer " + token);
    }

    private String get(String path) throws IOException {
        return send(request(path));
    }

    private String send(HttpRequest.Builder request) throws IOException {
        return send(request, BodyHandlers.ofString());
    }

    private <T> T send(HttpRequest.Builder request, BodyHandler<T> handler) throws IOException {
        HttpResponse<T> response;
        try {
            response = client.send(request.build(), handler);
        } catch (ConnectException e) { // has no message
            throw new ConnectException(url + " does not answer");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        int status = response.statusCode();
        if (status < 300) return response.body();
        String detail = response.body() instanceof String text ? detail(text) : "";
        if (status == 401)
            throw Problem.invalid("token", url + " wants a token it knows, from --token or PHEMA_TOKEN: " + detail);
        if (status == 429 || status >= 500)
            throw new IOException(url + " answers with status " + status + " " + detail);
        if (detail.isEmpty())
            throw Problem.invalid("url", "--url " + url + " does not answer as phema does, but with status " + status);
        throw status == 404 ? Problem.unknown("url", detail) : Problem.invalid("url", detail);
    }

    /** Reads the detail of problem details (RFC 9457). */
    private static String detail(String body) {
        try {
            JsonNode json = JSON.readTree(body);
            return json.path("detail").asString("");
        } catch (JacksonException e) {
            return "";
        }
    }

    private <T> T read(String body, Class<T> type) {
        try {
            return JSON.readValue(body, type);
        } catch (JacksonException e) {
            throw Problem.invalid("url", "--url " + url + " does not answer as phema does: " + e.getOriginalMessage());
        }
    }
}
