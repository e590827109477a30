package phema.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import phema.PhemaApplication;
import phema.catalog.Catalog;

/** The start page of more than a handful of runs, in a real browser: sixty copies of a part of the demo. */
@SpringBootTest(
        classes = PhemaApplication.class,
        webEnvironment = WebEnvironment.RANDOM_PORT,
        properties = "phema.catalog.settle=0s")
class RunsPageIT extends PagesInBrowser {
    private static final int RUNS = 60;

    /** The run with a file that cannot be used, and the run that was written last. */
    private static final int DAMAGED = 33;

    private static final int NEWEST = 44;

    @TempDir
    private static Path folder;

    @DynamicPropertySource
    static void properties(DynamicPropertyRegistry registry) throws IOException {
        for (int i = 1; i <= RUNS; i++) copy(folder.resolve("runs/%s-%02d".formatted(i % 2 == 0 ? "even" : "odd", i)));
        Files.writeString(
                folder.resolve("runs/odd-" + DAMAGED).resolve("network-snapshot-0000080-0.050.safetensors"), "damaged");
        try (Stream<Path> files = Files.list(folder.resolve("runs/even-" + NEWEST))) {
            for (Path file : files.toList())
                Files.setLastModifiedTime(file, FileTime.from(Instant.now().plusSeconds(60)));
        }
        registry.add("phema.roots", () -> folder.resolve("runs").toString());
        registry.add("phema.home", () -> folder.resolve("home").toString());
    }

    private static void copy(Path run) throws IOException {
        Files.createDirectories(run);
        for (String name : List.of("0000067-0.050", "0000073-0.050", "0000073-0.100")) {
            String file = "network-snapshot-" + name + ".safetensors";
            Files.copy(Path.of("snapshots/demo", file), run.resolve(file));
        }
    }

    @Autowired
    private Catalog catalog;

    @BeforeEach
    void findAll() {
        browser.until(
                "all runs",
                () -> catalog.runs().size() == RUNS && catalog.looking().isEmpty());
    }

    private static List<String> names() {
        return browser.findAll("table.runs tbody th, table.runs tr > th[scope=row]").stream()
                .map(WebElement::getText)
                .distinct()
                .toList();
    }

    private static String status() {
        return browser.text("#runs [role=status]");
    }

    @Test
    void aTableIsPaged() {
        open("/");
        assertThat(names()).hasSize(50).startsWith("even-02", "even-04");
        assertThat(status()).isEqualTo("Runs 1 to 50 of 60");
        browser.click(".pages a");
        assertThat(names()).hasSize(10).endsWith("odd-59");
        assertThat(browser.address()).endsWith("/?sort=name&page=1");
    }

    @Test
    void aLongNameLeavesRoomForTheOtherColumns() {
        open("/");
        assertThat((Boolean) browser.script("""
                        const name = document.querySelector('#runs-table th[scope=row] > a');
                        name.textContent = 'x'.repeat(228);
                        return name.closest('tr').querySelector('td').getBoundingClientRect().left < innerWidth / 2""")).isTrue();
    }

    @Test
    void aTableIsSavedAsItIsShown() throws Exception {
        open("/?q=even");
        browser.click("#runs-table-copies summary");
        browser.click("#runs-table-copies .save-table");
        assertThat(Files.readAllLines(browser.saved("runs.csv")))
                .hasSize(1 + 30)
                .first()
                .isEqualTo("Run,Newest snapshot,Best metric,Last sweep,Averages,Recommended,Needs attention");
        assertThat(browser.findAll("#runs-table-copies code"))
                .extracting(WebElement::getText)
                .anyMatch(line -> line.matches("curl 'http://[^ ]+/api/v1/runs\\?size=1000'"));
    }

    @Test
    void isSearchedWhileOneTypesAndTheAddressKeepsIt() {
        open("/");
        browser.type("#find-words", "4 EVEN");
        browser.until(
                "those found",
                () -> names().equals(List.of(
                        "even-04", "even-14", "even-24", "even-34", "even-40", "even-42", "even-44", "even-46",
                        "even-48", "even-54")));
        browser.until("an address", () -> browser.address().contains("q=4"));
        browser.reload();
        assertThat(names()).hasSize(10);
        assertThat(browser.attribute("#find-words", "value")).isEqualTo("4 EVEN");
        browser.type("#find-words", Keys.END, "zz");
        browser.until("nothing", () -> status().equals("None of 60 runs is like that"));
    }

    @Test
    void isSortedByItsHeadings() {
        open("/?q=even");
        assertThat(browser.text("th[aria-sort=ascending]")).isEqualTo("Run");
        browser.press(browser.findAll("table.runs thead a").get(1));
        assertThat(names()).startsWith("even-" + NEWEST);
        assertThat(browser.text("th[aria-sort=descending]")).isEqualTo("Newest snapshot");
        assertThat(browser.address()).contains("sort=newest", "q=even");
    }

    @Test
    void showsWhatNeedsAttention() {
        open("/");
        assertThat(browser.text("#find-show option[value=attention]")).isEqualTo("those that need attention (1)");
        browser.type("#find-show", Keys.ARROW_DOWN);
        browser.until("one run", () -> names().equals(List.of("odd-" + DAMAGED)));
        assertThat(browser.text("table.runs li")).isEqualTo("1 file left out");
        browser.until("an address", () -> browser.address().contains("show=attention"));
        browser.click("table.runs th[scope=row] a");
        assertThat(browser.text("h1")).isEqualTo("odd-" + DAMAGED);
    }

    @ParameterizedTest
    @CsvSource({"/?sort=size, Unknown sort size", "/?show=some, Unknown show some"})
    void saysWhatAnAddressCannotAskFor(String path, String says) {
        open(path);
        assertThat(browser.text("main p.warning")).startsWith(says);
        assertThat(names()).isNotEmpty();
        browser.complaints(); // of a 400
    }

    @Test
    void whatNeedsAttentionIsSeenOnATelephone() {
        browser.look("light", 390, 900);
        open("/?show=attention");
        assertThat((Boolean) browser.script("const seen = document.querySelector('table.runs li')"
                        + ".getBoundingClientRect(); return seen.width > 0 && seen.right <= innerWidth"))
                .isTrue();
    }

    @Test
    void anAddressWithoutAPageIsAPage() {
        open("/nowhere");
        assertThat(browser.text("h1")).isEqualTo("Not Found");
        assertThat(browser.text("main p")).isEqualTo("There is no page at /nowhere.");
        browser.complaints(); // of a 404
    }

    @ParameterizedTest
    @CsvSource({"light, 1280", "dark, 1280", "light, 390", "dark, 390"})
    void isForEverybody(String theme, int width) {
        browser.look(theme, width, 900);
        open("/");
        browser.click("#runs-table-copies summary");
        assertThat(browser.barriers()).isEmpty();
        assertThat((Boolean) browser.script("return document.documentElement.scrollWidth <= innerWidth"))
                .isTrue();
    }
}
