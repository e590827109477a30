package phema.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import phema.PhemaApplication;
import phema.security.Tokens;

/**
 * A real browser and a service that needs tokens. Over plain HTTP and under another name than localhost, browsers send
 * no Fetch Metadata.
 */
@SpringBootTest(
        classes = PhemaApplication.class,
        webEnvironment = WebEnvironment.RANDOM_PORT,
        properties = {"phema.roots=snapshots", "phema.catalog.settle=0s", "phema.worker.enabled=false"})
class SignInIT {
    private static final String TOKEN = "phema_of-a-test";

    @TempDir
    private static Path folder;

    @DynamicPropertySource
    static void properties(DynamicPropertyRegistry registry) {
        registry.add("phema.home", folder::toString);
        registry.add("phema.security.tokens[0].name", () -> "writer");
        registry.add("phema.security.tokens[0].role", () -> "write");
        registry.add("phema.security.tokens[0].hash", () -> Tokens.hash(TOKEN));
    }

    @LocalServerPort
    private int port;

    @Test
    void peopleOnOtherMachinesSignInAndStartSweeps() {
        try (Browser browser = Browser.start(folder)) {
            browser.open("http://" + Browser.ANOTHER_MACHINE + ":" + port + "/");
            browser.type("#token", TOKEN);
            browser.click("main button");
            awaitTitle(browser, "Runs");

            browser.open("http://" + Browser.ANOTHER_MACHINE + ":" + port + "/runs/demo/sweeps");
            browser.script("""
                    const values = {sigmaRel: "0.1", seeds: "0-7", metric: "fd_random"};
                    for (const name in values) document.getElementById("sweep-" + name).value = values[name];
                    return true;""");
            browser.click(".sweep-form button");
            awaitTitle(browser, "fd_random of demo");
        }
    }

    @Test
    void linesAreCopiedAndChartsSavedOnPlainHttp() throws Exception {
        try (Browser browser = Browser.start(folder)) {
            browser.open("http://" + Browser.ANOTHER_MACHINE + ":" + port + "/");
            browser.type("#token", TOKEN);
            browser.click("main button");
            awaitTitle(browser, "Runs");
            browser.open("http://" + Browser.ANOTHER_MACHINE + ":" + port + "/runs/demo?sigmaRel=0.1");
            browser.until(
                    "its weights",
                    () -> !browser.findAll("#weights button.copy").isEmpty());
            assertThat(browser.script("return isSecureContext")).isEqualTo(false);
            browser.script("addEventListener('copy', () => window.copied = getSelection().toString()); return 1");
            browser.click("#weights button.copy");
            browser.until(
                    "it is copied",
                    () -> browser.script("return window.copied ?? ''").equals(browser.text("#weights code")));
            browser.until(
                    "it is said", () -> browser.text("#weights button.copy").equals("Copied"));
            browser.click("#profile .tools button:nth-child(3)");
            assertThat(ImageIO.read(browser.saved("demo-0.100-profile.png").toFile())
                            .getWidth())
                    .isGreaterThan(1000);
        }
    }

    private static void awaitTitle(Browser browser, String title) {
        browser.until(
                title,
                () -> browser.findAll("h1").stream().anyMatch(h1 -> h1.getText().equals(title)));
    }
}
