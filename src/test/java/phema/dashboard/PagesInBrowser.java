package phema.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.DynamicPropertyRegistry;

/** Tests of pages: one browser for all of a class, which complains of nothing. */
abstract class PagesInBrowser {
    @TempDir
    static Path downloads;

    static Browser browser;

    @LocalServerPort
    int port;

    /** Adds an evaluator that runs a shell script, once, with the file of the trial as {@code $1}. */
    static void evaluator(DynamicPropertyRegistry registry, String name, String script) {
        String key = "phema.evaluators." + name;
        registry.add(key + ".type", () -> "command");
        registry.add(key + ".retries", () -> 0);
        List<String> command = List.of("sh", "-c", script, "sh", "{trial}");
        for (int i = 0; i < command.size(); i++) {
            String word = command.get(i);
            registry.add(key + ".command[" + i + "]", () -> word);
        }
    }

    @BeforeAll
    static void startBrowser() {
        browser = Browser.start(downloads);
    }

    @AfterAll
    static void stopBrowser() {
        if (browser != null) browser.close();
    }

    @BeforeEach
    void look() {
        browser.look("light", 1280, 900);
    }

    @AfterEach
    void nothingWentWrong() {
        assertThat(browser.complaints()).isEmpty();
    }

    void open(String path) {
        browser.open("http://localhost:" + port + path);
    }
}
