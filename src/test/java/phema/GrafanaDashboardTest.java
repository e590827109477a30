package phema;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
class GrafanaDashboardTest {
    private static final Pattern METRIC = Pattern.compile("\\b(?:phema|http|jvm|hikaricp|process|system)_[a-z_]+");

    @TempDir
    private static Path home;

    @LocalServerPort
    private int port;

    @DynamicPropertySource
    static void settings(DynamicPropertyRegistry registry) {
        registry.add("phema.home", home::toString);
    }

    @Test
    void dashboardsAndAlertsAskOnlyForMetricsThatTheServiceExports() throws Exception {
        get("/api/v1/runs"); // requests are counted from the first on
        Set<String> exported = get("/actuator/prometheus")
                .lines()
                .filter(line -> !line.startsWith("#"))
                .map(line -> line.split("[{ ]", 2)[0])
                .collect(Collectors.toSet());

        assertThat(exported).containsAll(asked());
    }

    private static Set<String> asked() throws IOException {
        StringBuilder text = new StringBuilder(Files.readString(Path.of("docker/prometheus/alerts.yml")));
        JsonNode dashboard = JsonMapper.shared()
                .readTree(Path.of("docker/grafana/dashboards/phema.json").toFile());
        dashboard.findValues("expr").forEach(expr -> text.append('\n').append(expr.asString()));
        // There, timers and summaries have only their common name.
        Files.readString(Path.of("docs/operations.md"))
                .lines()
                .filter(line -> line.startsWith("| `phema_"))
                .map(line -> line.split("\\|")[1])
                .map(names -> names.replaceAll("(phema_\\w+_seconds|phema_fit_predicted_error)(?!_)", "$1_count"))
                .forEach(names -> text.append('\n').append(names));
        Set<String> metrics = new TreeSet<>();
        METRIC.matcher(text).results().forEach(match -> metrics.add(match.group()));
        assertThat(metrics).hasSizeGreaterThan(15);
        return metrics;
    }

    private String get(String path) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
                    .build();
            return client.send(request, HttpResponse.BodyHandlers.ofString()).body();
        }
    }
}
