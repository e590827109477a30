package phema.hub;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A client of a running service. */
record Client(int port) {
    private static final HttpClient http = HttpClient.newHttpClient();
    static final JsonMapper JSON = new JsonMapper();

    HttpResponse<byte[]> get(String path, String... headers) throws IOException, InterruptedException {
        return send(request(path, headers).GET());
    }

    HttpResponse<byte[]> head(String path, String... headers) throws IOException, InterruptedException {
        return send(request(path, headers).HEAD());
    }

    /** @param body in JSON */
    HttpResponse<byte[]> send(String method, String path, String body) throws IOException, InterruptedException {
        return send(request(path, "Content-Type", "application/json").method(method, BodyPublishers.ofString(body)));
    }

    HttpResponse<byte[]> postForm(String path, String body) throws IOException, InterruptedException {
        return send(request(path, "Content-Type", "application/x-www-form-urlencoded")
                .POST(BodyPublishers.ofString(body)));
    }

    JsonNode json(String path) throws IOException, InterruptedException {
        return JSON.readTree(get(path).body());
    }

    private HttpRequest.Builder request(String path, String... headers) {
        var request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + path));
        return headers.length > 0 ? request.headers(headers) : request;
    }

    private static HttpResponse<byte[]> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return http.send(request.build(), BodyHandlers.ofByteArray());
    }

    /** The sha of a revision. */
    String sha(String repository, String revision) throws IOException, InterruptedException {
        return json("/api/models/" + repository + "/revision/" + revision)
                .at("/sha")
                .asString();
    }

    static String header(HttpResponse<?> response, String name) {
        return response.headers().firstValue(name).orElse("");
    }
}
