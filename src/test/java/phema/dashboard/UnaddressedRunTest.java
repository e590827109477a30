package phema.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import phema.PhemaApplication;

/** What the start page makes of runs whose names servers refuse in addresses, and of others that are unusual. */
@SpringBootTest(
        classes = PhemaApplication.class,
        webEnvironment = WebEnvironment.RANDOM_PORT,
        properties = {"phema.catalog.settle=0s", "spring.datasource.url=jdbc:sqlite::memory:"})
@DisabledOnOs(OS.WINDOWS)
class UnaddressedRunTest {
    private static final Pattern LINK = Pattern.compile("<a href=\"(/runs/[^\"]*)\">");

    @TempDir
    private static Path folder;

    @LocalServerPort
    private int port;

    @DynamicPropertySource
    static void properties(DynamicPropertyRegistry registry) throws Exception {
        for (String name : List.of("semi;colon", "back\\slash", "line\nfeed", "100%", "a?b#c", "a%2fb")) {
            Path run = Files.createDirectories(folder.resolve("roots").resolve(name));
            String file = "network-snapshot-0000006-0.050.safetensors";
            Files.copy(Path.of("snapshots/demo", file), run.resolve(file));
        }
        registry.add("phema.roots", () -> folder.resolve("roots").toString());
        registry.add("phema.home", () -> folder.resolve("home").toString());
    }

    @Test
    void cardsAndRowsLinkToPagesThatThereAre() throws Exception {
        for (String page : List.of("/", "/?sort=name")) {
            List<String> links = LINK.matcher(get(page).body())
                    .results()
                    .map(link -> link.group(1))
                    .distinct()
                    .toList();
            assertThat(links).as(page).contains("/runs/100%25", "/runs/a%3Fb%23c", "/runs/a%252fb");
            for (String link : links)
                assertThat(get(link).statusCode()).as(link).isEqualTo(200);
        }
        assertThat(get("/").body())
                .contains(">semi;colon</h2>", ">back\\slash</h2>", "Addresses cannot hold its name, so it has no page")
                .doesNotContain("=\"/runs/semi;colon");
        assertThat(get("/?show=attention").body())
                .contains("no page: addresses cannot hold its name", ">semi;colon</th>")
                .doesNotContain("100%</a>");
    }

    private HttpResponse<String> get(String path) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
                                .build(),
                        BodyHandlers.ofString());
    }
}
