package phema.dashboard;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.FileNotFoundException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import phema.PhemaApplication;

/** What a newcomer sees of the demo run, with nothing run first. */
@SpringBootTest(
        classes = PhemaApplication.class,
        webEnvironment = WebEnvironment.RANDOM_PORT,
        properties = {"phema.roots=snapshots", "phema.catalog.settle=0s"})
class DemoIT extends PagesInBrowser {
    @TempDir
    private static Path folder;

    @DynamicPropertySource
    static void properties(DynamicPropertyRegistry registry) {
        registry.add("phema.home", () -> folder.resolve("home").toString());
    }

    @Override
    void open(String path) {
        super.open(path);
        browser.until("the pictures are there", () -> browser.findAll(".sample").size() > 20);
        browser.script("document.querySelectorAll('img').forEach(i => i.loading = 'eager'); return 1");
        browser.until("all of them", () ->
                (Boolean) browser.script("return [...document.images].every(i => i.complete && i.naturalWidth > 0)"));
    }

    @Test
    void theFirstPageShowsTheMetricItsOptimumAndWhatIsOnEitherSide() {
        browser.look("light", 1280, 900);
        open("/");
        assertThat(browser.text(".carried"))
                .contains("Best EMA length", "0.076 (0.048 to 0.093)", "fd_random of 512 images");
        assertThat(browser.findAll(".carried .eithersides h3"))
                .extracting(heading -> heading.getText())
                .containsExactly(
                        "Shorter: 0.015 fd_random 0.08418",
                        "Best: 0.080 fd_random 0.06711",
                        "Longer: 0.200 fd_random 0.2412");
        assertThat(browser.findAll(".carried .plot .layer .point")).hasSize(8);
        assertThat(browser.findAll(".carried .plot .layer .marker")).hasSize(1);
        assertThat(browser.findAll(".carried .film.placed li")).hasSize(8);

        open("/runs/demo");
        assertThat((Boolean) browser.script("""
                return Boolean(document.querySelector(".carried")
                    .compareDocumentPosition(document.getElementById("choice")) & Node.DOCUMENT_POSITION_FOLLOWING)""")).isTrue();
        assertThat(browser.text("#recommended")).startsWith("Recommended");
        assertThat(browser.findAll("#recommended-length")).isEmpty();
        browser.click(".carried .links a");
        browser.until(
                "all pictures are there",
                () -> browser.findAll(".contact .sample").size() == 8 * 16);
    }

    @Test
    void whatWasMeasuredCanBeHadElsewhere() throws Exception {
        open("/runs/demo");
        browser.press(browser.find("#carried-demo-0 .tools button:last-child"));
        String curl = browser.text("#carried-demo-0 .copies code");
        assertThat(curl).endsWith("/api/v1/runs/demo/carried/0/results.csv");
        String address = curl.substring("curl ".length());
        try (InputStream csv = URI.create(address).toURL().openStream()) {
            assertThat(new String(csv.readAllBytes(), UTF_8))
                    .startsWith("trial,sigmaRel,time,")
                    .contains("0.015,73728.0,", "0.0841754049742196")
                    .hasLineCount(1 + 8);
        }
        assertThatThrownBy(
                        () -> URI.create(address.replace("/0/", "/1/")).toURL().openStream())
                .isInstanceOf(FileNotFoundException.class); // 404
    }

    @ParameterizedTest
    @CsvSource({"light, 1280", "dark, 390"})
    void allCanReadIt(String theme, int width) {
        browser.look(theme, width, 900);
        for (String path : new String[] {"/", "/runs/demo", "/runs/demo/carried/0/pictures"}) {
            open(path);
            assertThat(browser.barriers()).as(path).isEmpty();
            assertThat(browser.script("return document.documentElement.scrollWidth <= window.innerWidth"))
                    .as(path)
                    .isEqualTo(true);
        }
    }
}
