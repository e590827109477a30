package phema.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.web.util.UriComponentsBuilder;
import phema.FixtureService;
import phema.time.Await;

/** What the page of a run holds, by its address, on the EDM2 fixture run: 16 times from 16384 to 262144. */
@FixtureService
class RunPageTest {
    private final HttpClient client = HttpClient.newHttpClient();

    @LocalServerPort
    private int port;

    /** Until then a page says that it waits for the model. */
    @BeforeEach
    void isFitted() throws Exception {
        answer("/runs/edm2", 200);
        Await.until(() -> answer("/api/v1/runs/edm2/model", 200).contains("ready"));
    }

    private String get(String query, int status) throws Exception {
        return answer("/runs/edm2" + query, status);
    }

    private String answer(String path, int status) throws Exception {
        URI address = UriComponentsBuilder.fromUriString("http://localhost:" + port + path)
                .build()
                .encode() // what stands in braces
                .toUri();
        HttpResponse<String> answer =
                client.send(HttpRequest.newBuilder(address).build(), BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        return answer.body();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "impulse",
                "mixture:0.7*power:0.05,0.3*uniform:65536@131072",
                "ema:0.9999,warmup=10",
                "swa:after=20000",
                "exponential:decay=0.9999",
                "power:gamma=6.5"
            })
    void aProfileThatIsOfNoFamilyOfLengthsIsShownWithoutASlider(String profile) throws Exception {
        String page = get("?profile=" + profile + "&time=", 200);
        assertThat(page)
                .contains("<dt>Predicted error</dt>", "edm2/weights.safetensors?profile=")
                .contains("<option value=\"" + profile + "\" selected=\"selected\">")
                .contains("<input type=\"hidden\" name=\"profile\" value=\"" + profile + "\">")
                .doesNotContain("id=\"slider\"", "id=\"errors\"", "/runs/edm2/errors");
        assertThat(get("/fit?profile=" + profile + "&time=147456&solver=blup", 200))
                .contains("<dt>Predicted error</dt>", "&amp;time=147456");
    }

    @Test
    void profilesOfFamiliesAreOnTheSlider() throws Exception {
        assertThat(get("?profile=decay:cosine:65536", 200))
                .contains("id=\"slider\"", "name=\"length\" type=\"number\"", "value=\"65536\"")
                .contains("<option value=\"decay:cosine:{}\" selected=\"selected\">");
    }

    @Test
    void lengthsGoNoFurtherThanTheTimeAskedFor() throws Exception {
        assertThat(get("?profile=decay:cosine:{}&time=16384", 200))
                .contains("max=\"16384\"", "max=\"4.21441994\"")
                .contains("<span class=\"soft\">decay:cosine:3280</span>") // a fifth
                .contains("data-longest=\"147456\"");
        assertThat(get("/errors?profile=decay:cosine:{}&time=16384", 200)).contains("16.384");
        assertThat(get("?profile=power:{}&time=16384", 200)).doesNotContain("data-longest");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "?profile=decay:cosine:{}&length=20000&time=16384 | length: the window must lie in (0, 16384.0]",
                "?profile=decay:cosine:300000 | profile: the window must lie in (0, 262144.0]",
                "?profile=rubbish | profile: cannot read the profile",
                "?sigmaRel=NaN | sigmaRel must be a number, not NaN",
                "?sigmaRel=-Infinity | sigmaRel must be a number, not -Infinity",
                "?profile=decay:cosine:{}&length=NaN | length must be a number, not NaN",
                "?profile=impulse{} | profile: &quot;impulse{}&quot; is no family of lengths",
                "?sigmaRel=3 | sigmaRel: sigma_rel must lie in",
                "?sigmaRel=0.1&time=262145 | no snapshot reaches time 262145",
                "?time=NaN | time must be a number, not NaN",
                "?solver=best | Unknown solver best",
                "?profile=decay:cosine:{}&length=20000&sigmaRel=0.1 | sigmaRel and length: give one of them",
                "?profile=decay:cosine:{}&length=nan | length must be a number, not nan",
                "?time=soon | time must be a number, not soon",
                "?profile=impulse&sigmaRel=0.1 | sigmaRel and profile: give one of them",
                "?profile=decay:cosine:800&length=900 | length: the profile decay:cosine:800 says all"
            })
    void saysWhichPartOfAnAddressIsWrongAndShowsTheRest(String query, String message) throws Exception {
        assertThat(get(query, 400))
                .contains("<p class=\"warning\" role=\"status\">" + message)
                .contains("edm2/weights.safetensors?sigmaRel=", "id=\"recommended\"");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/fit?profile=decay:cosine:{}&length=nan | length must be a number, not nan",
                "/fit?profile=decay:cosine:{} | length is missing"
            })
    void saysWhatCannotBeRead(String query, String message) throws Exception {
        assertThat(get(query, 400)).contains("<p>" + message);
    }

    @Test
    void thePinTakesWhatIsShown() throws Exception {
        assertThat(get("?sigmaRel=0.1", 200)).contains("id=\"pin-sigmaRel\"").doesNotContain("id=\"pin-profile\"");
        String field = "id=\"pin-profile\" name=\"profile\" type=\"text\" size=\"32\" required hx-swap-oob=\"true\"";
        assertThat(get("?profile=impulse", 200))
                .contains(field + " value=\"impulse\">")
                .doesNotContain("pin-sigmaRel");
        assertThat(get("/fit?profile=decay:cosine:{}&length=800", 200))
                .contains(field + " value=\"decay:cosine:800\">");
        assertThat(get("/fit?sigmaRel=0.1", 200)).doesNotContain("pin-");
    }

    @Test
    void aPlanIsForTheTimeThatIsAskedFor() throws Exception {
        pin("{\"sigmaRel\": 0.09}");
        try {
            assertThat(get("/retention?maxError=0.5", 200))
                    .contains("--max-error 0.005</code>", "/retention?maxError=0.005&#39;")
                    .contains("data-file=\"edm2-retention-0.5\"")
                    .doesNotContain("--outkimg");
            pin("{\"sigmaRel\": 0.09, \"time\": 147456}");
            assertThat(get("/retention?maxError=0.5&time=147456", 200))
                    .contains(
                            "--max-error 0.005 --outkimg 147</code>", "/retention?maxError=0.005&amp;time=147456&#39;");
        } finally {
            unpin();
        }
    }

    @Test
    void theCommandOfAPlanNamesWhatIsPinned() throws Exception {
        pin("{\"sigmaRel\": 0.0825}");
        try {
            assertThat(get("/retention?maxError=0.5", 200))
                    .containsPattern("--max-error 0.005 --outstd [0-9.,]+,0.0825<");
            pin("{\"sigmaRel\": 0.0825, \"time\": 147456}");
            assertThat(get("/retention?maxError=0.5", 200))
                    .contains("0.0825, ends at time 147456")
                    .doesNotContain("phema plan");
        } finally {
            unpin();
        }
    }

    private void pin(String body) throws Exception {
        send(recommended().header("Content-Type", "application/json").PUT(BodyPublishers.ofString(body)));
    }

    private void unpin() throws Exception {
        send(recommended().DELETE());
    }

    private HttpRequest.Builder recommended() {
        return HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/api/v1/runs/edm2/recommended"));
    }

    private void send(HttpRequest.Builder request) throws Exception {
        assertThat(client.send(request.build(), BodyHandlers.ofString()).statusCode())
                .isBetween(200, 299);
    }

    @Test
    void familiesAreTypedAsTheyAreWritten() throws Exception {
        assertThat(get("?profile=decay:cosine:{},floor=0.1", 200))
                .contains("<option value=\"decay:cosine:{},floor=0.1\" selected=\"selected\">");
    }
}
