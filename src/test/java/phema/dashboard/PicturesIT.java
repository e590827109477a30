package phema.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.Color;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import javax.imageio.ImageIO;
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
import phema.TestImages;
import phema.evaluation.Axes;
import phema.evaluation.AxisValues;
import phema.solver.FilesToRead;
import phema.solver.SolverKind;
import phema.sweep.Sweep;
import phema.sweep.SweepSpec;
import phema.sweep.Sweeps;
import phema.time.Await;

/** Images of trials in a real browser: the contact sheet, two lengths side by side, the strip below the chart. */
@SpringBootTest(
        classes = PhemaApplication.class,
        webEnvironment = WebEnvironment.RANDOM_PORT,
        properties = {"phema.roots=snapshots", "phema.catalog.settle=0s"})
class PicturesIT extends PagesInBrowser {
    @TempDir
    private static Path folder;

    @Autowired
    private Sweeps sweeps;

    private String sweep = "";

    /** Three images of each length, of which one is none; the least value is at 0.08. */
    @DynamicPropertySource
    static void properties(DynamicPropertyRegistry registry) throws Exception {
        registry.add("phema.home", () -> folder.resolve("home").toString());
        Path made = Files.createDirectories(folder.resolve("made"));
        Files.write(made.resolve("000000.png"), TestImages.of(8, 8, "png", Color.RED));
        Files.write(made.resolve("000001.png"), TestImages.of(300, 300, "png", Color.BLUE));
        Files.write(made.resolve("000002.png"), TestImages.hugePng(40_000, 25_000));
        String script = "cp -r " + made + " {workdir}/samples; awk -F'\"sigmaRel\":' "
                + "'{d = log($2 / 0.08); printf \"{\\\"fid\\\": %f}\\n\", d * d + 2}' {trial}";
        evaluator(registry, "painter", script);
    }

    /** Of one name, so that all tests have the same. */
    @BeforeEach
    void measure() {
        SweepSpec spec = new SweepSpec(
                "demo",
                SweepSpec.SweepMode.GRID,
                AxisValues.NONE.with(Axes.LENGTH, List.of(0.04, 0.06, 0.08, 0.12)),
                "painter",
                "fid",
                SolverKind.BLUP,
                FilesToRead.FEWEST,
                0.05,
                0);
        Sweep made = sweeps.create(spec, Optional.of("pictures"));
        Await.until(() -> sweeps.sweep(made.id()).state().isEnd());
        sweep = made.id();
    }

    private static String focused() {
        return String.valueOf(
                browser.script("return document.activeElement.dataset.caption ?? document.activeElement.id"));
    }

    private static boolean isLoaded(String selector) {
        return (Boolean) browser.script("return [...document.querySelectorAll('" + selector
                + "')].every(i => i.complete && i.naturalWidth > 0)");
    }

    @Test
    void aContactSheetIsReadWithTheKeyboard() {
        open("/sweeps/" + sweep);
        browser.until(
                "the sheet is there", () -> browser.findAll(".contact .sample").size() == 8);
        browser.script("document.querySelectorAll('img').forEach(i => i.loading = 'eager'); return 1");
        browser.until("the images are loaded", () -> isLoaded(".contact img"));
        assertThat(browser.text(".contact tbody tr:nth-of-type(3) th")).contains("0.080", "fid 2", "best");
        assertThat(browser.text(".problems"))
                .isEqualTo("000002.png: has 40,000 x 25,000 pixels; an image may have 16,777,216 in all"
                        + " (EMA length 0.040, 0.060, 0.080, 0.120)");
        assertThat(browser.findAll(".contact .sample[tabindex='0']")).hasSize(1);

        browser.type(".contact .sample", Keys.ARROW_DOWN);
        assertThat(focused()).isEqualTo("Seed 0, EMA length 0.060, fid 2.083");
        browser.type(".contact .sample[tabindex='0']", Keys.ARROW_RIGHT);
        assertThat(focused()).isEqualTo("Seed 1, EMA length 0.060, fid 2.083");
        browser.type(".contact .sample[tabindex='0']", Keys.ENTER);
        browser.until("the image is enlarged", () -> isLoaded(".zoom img"));
        assertThat(browser.script("return document.querySelector('.zoom img').naturalWidth"))
                .isEqualTo(300L);
        browser.type(".zoom button", Keys.ARROW_DOWN);
        assertThat(browser.text(".zoom figcaption")).isEqualTo("Seed 1, EMA length 0.080, fid 2");
        assertThat(browser.barriers()).isEmpty();
        browser.type(".zoom button", Keys.ESCAPE);
        browser.until("it is closed", () -> browser.findAll(".zoom").isEmpty());
        assertThat(focused()).isEqualTo("Seed 1, EMA length 0.080, fid 2");
    }

    @Test
    void aSheetIsSavedWithTheAddressesOfItsPictures() throws Exception {
        open("/sweeps/" + sweep + "/pictures");
        browser.click("#pictures .copies-of summary");
        browser.click("#pictures .save-table");
        List<String> rows = Files.readAllLines(browser.saved("demo-fid-pictures.csv"));
        assertThat(rows).hasSize(1 + 4).first().isEqualTo(",Seed 0,Seed 1");
        for (String address :
                rows.getLast().substring(rows.getLast().indexOf("http")).split(","))
            try (InputStream image = URI.create(address).toURL().openStream()) {
                assertThat(ImageIO.read(image).getWidth()).isPositive();
            }
        assertThat(browser.findAll("#pictures .copies code"))
                .extracting(WebElement::getText)
                .first()
                .asString()
                .matches("curl -o '#1-#2.png' 'http://[^ ]+/trials/\\{0,1,2,3}/images/\\{000000}'"
                        + " -o '#1-#2.jpg' 'http://[^ ]+/trials/\\{0,1,2,3}/images/\\{000001}'");
    }

    @Test
    void twoLengthsLieSideBySide() {
        open("/sweeps/" + sweep);
        browser.until("two sides are there", () -> browser.findAll(".sides").size() == 1);
        assertThat(browser.text(".sides figcaption")).contains("0.040");
        assertThat(browser.text(".sides figcaption.right")).contains("0.080", "best");
        browser.type(".divider", Keys.HOME);
        assertThat(browser.script("return document.querySelector('.stack').style.getPropertyValue('--at')"))
                .isEqualTo("0%");

        browser.type("#pictures-right", "0.12");
        browser.until(
                "the other side is another",
                () -> browser.text(".sides figcaption.right").contains("0.120"));
        assertThat(focused()).isEqualTo("pictures-right");
        browser.click("#pictures-seeds");
        browser.until(
                "seeds are rows", () -> browser.text(".contact tbody tr th").contains("Seed 0"));
        browser.type("#pictures-seed", "Seed 1");
        browser.until(
                "one image is compared",
                () -> browser.findAll(".stack.one .samples li").size() == 2);

        // The address can be passed on; what of it is gone is said.
        open("/sweeps/" + sweep + "/pictures?left=0.12&right=0.5&seed=9&rows=seeds");
        assertThat(browser.findAll("#pictures .warning"))
                .extracting(WebElement::getText)
                .startsWith(
                        "There are no pictures of EMA length 0.5; another one is shown.",
                        "There are no pictures of seed 9; those of all are shown.");
        assertThat(browser.text("h1")).isEqualTo("Pictures of demo");
        assertThat(browser.text(".sides figcaption")).contains("0.120");
        assertThat(browser.text(".sides figcaption.right")).contains("0.080");
        assertThat(browser.findAll(".contact .sample")).hasSize(8);
    }

    @Test
    void picturesLieBelowThePointsOfTheChart() {
        open("/sweeps/" + sweep);
        browser.until(
                "the strip is placed", () -> browser.findAll(".film.placed li").size() == 4);
        browser.until("at the points of the chart", () -> (Boolean) browser.script("""
                const at = item => { const box = item.getBoundingClientRect(); return box.left + box.width / 2; };
                const points = [...document.querySelectorAll(".chart .point")].map(at);
                return [...document.querySelectorAll(".film li:not(.covered)")]
                    .every(item => points.some(point => Math.abs(point - at(item)) < 2));"""));
    }

    @Test
    void theRunShowsWhatItsBestLengthMakes() {
        open("/runs/demo");
        browser.until(
                "the grid is there",
                () -> browser.findAll("section[aria-labelledby='pictures-title'] .sample")
                                .size()
                        == 2);
        assertThat(browser.text("#pictures-title")).isEqualTo("What EMA length 0.080 makes");
        open("/sweeps/" + sweep + "/trials/0");
        browser.until(
                "the trial has its own",
                () -> browser.findAll(".samples .sample").size() == 2);
        assertThat(browser.text(".problems")).contains("40,000 x 25,000 pixels");
    }

    @ParameterizedTest
    @CsvSource({"light, 1280", "dark, 1280", "light, 390", "dark, 390"})
    void allCanReadThem(String theme, int width) {
        browser.look(theme, width, 900);
        for (String path : List.of("/sweeps/" + sweep, "/sweeps/" + sweep + "/pictures", "/runs/demo")) {
            open(path);
            browser.until(
                    "pictures are there", () -> !browser.findAll(".sample").isEmpty());
            browser.script("document.querySelectorAll('.copies-of').forEach(menu => menu.open = true); return 1");
            assertThat(browser.barriers()).as(path).isEmpty();
            assertThat(browser.script("return document.documentElement.scrollWidth <= window.innerWidth"))
                    .as(path)
                    .isEqualTo(true);
        }
    }
}
