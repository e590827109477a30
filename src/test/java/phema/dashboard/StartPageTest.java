package phema.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.test.web.server.LocalServerPort;
import phema.FixtureService;

/** What the start page holds, by its address. */
@FixtureService
class StartPageTest {
    private final HttpClient client = HttpClient.newHttpClient();

    @LocalServerPort
    private int port;

    @ParameterizedTest
    @CsvSource({"sort=rubbish, Unknown sort rubbish", "q=edm&show=nothing, Unknown show nothing"})
    void saysWhatOfAnAddressIsWrongAndShowsTheRest(String query, String message) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/?" + query))
                .build();
        HttpResponse<String> answer = client.send(request, BodyHandlers.ofString());
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body())
                .contains("<p class=\"warning\" role=\"status\">" + message, "All runs are shown instead.")
                .contains("id=\"find-words\"", "href=\"/runs/edm2\"");
    }
}
