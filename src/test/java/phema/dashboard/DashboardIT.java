package phema.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.openqa.selenium.Keys;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.w3c.dom.Document;
import phema.PhemaApplication;

/** The pages in a real browser, on the demo run. */
@SpringBootTest(
        classes = PhemaApplication.class,
        webEnvironment = WebEnvironment.RANDOM_PORT,
        properties = {
            "phema.roots=snapshots",
            "phema.home=target/dashboard-home",
            "phema.catalog.settle=0s",
            "spring.datasource.url=jdbc:sqlite::memory:",
            "spring.datasource.hikari.maximum-pool-size=1"
        })
class DashboardIT {
    @TempDir
    private static Path downloads;

    private static Browser browser;

    @LocalServerPort
    private int port;

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

    private void open(String path) {
        browser.open("http://localhost:" + port + path);
    }

    @Test
    void leadsFromTheStartPageToARun() {
        open("/");
        assertThat(browser.text("h2")).isEqualTo("demo");
        assertThat(browser.findAll("#timeline-demo path.point")).isNotEmpty();
        browser.click("h2 a");
        assertThat(browser.text("h1")).isEqualTo("demo");
    }

    @Test
    void theSliderMovesEverythingWithIt() {
        open("/runs/demo?sigmaRel=0.1");
        String curve = path("#profile .s1 path");
        String error = browser.text("#fit dd");
        browser.type("#slider", Keys.PAGE_UP, Keys.PAGE_UP, Keys.PAGE_UP, Keys.ARROW_RIGHT);
        browser.until("weights of 0.131", () -> browser.text("#weights caption").equals("Weights ema-0.131"));
        assertThat(path("#profile .s1 path")).isNotEqualTo(curve);
        assertThat(browser.text("#fit dd")).isNotEqualTo(error);
        assertThat(browser.text("#weights code")).contains("weights.safetensors?sigmaRel=0.131'");
        browser.until("an address to keep", () -> browser.address().endsWith("?sigmaRel=0.131&solver=blup"));
        browser.reload();
        assertThat(browser.find("#sigmaRel").getAttribute("value")).isEqualTo("0.131");
    }

    @Test
    void theSliderCanBeDragged() {
        open("/runs/demo?sigmaRel=0.1");
        browser.click("#slider"); // in its middle: halfway between 0.010 and 0.280 on a logarithmic scale
        browser.until("weights of 0.053", () -> browser.text("#weights caption").equals("Weights ema-0.053"));
    }

    @Test
    void comparesSolversOverTheWholeRange() {
        open("/runs/demo?sigmaRel=0.1");
        browser.until(
                "both curves", () -> browser.findAll("#errors .layer path.line").size() == 2);
        String mark = browser.find("#errors circle.marker[cy]").getAttribute("cx");
        browser.click("input[value=paper]");
        browser.until(
                "the paper's weights", () -> browser.text("#weights caption").equals("Weights paper-0.100"));
        assertThat(browser.text("#weights code")).contains("solver=paper");
        assertThat(mark).isNotNull();
    }

    @Test
    void anotherTimeGivesOtherWeights() {
        open("/runs/demo?sigmaRel=0.1");
        String errors = browser.find("[data-for=errors]").getAttribute("textContent");
        browser.type("#time", Keys.ARROW_DOWN);
        browser.until(
                "an earlier revision", () -> browser.text("#weights caption").matches("Weights ema-0\\.100@\\d+k?"));
        assertThat(browser.find("[data-for=errors]").getAttribute("textContent"))
                .isNotEqualTo(errors);
    }

    @Test
    void saysWhatIsWrongWithALength() {
        open("/runs/demo?sigmaRel=0.1");
        browser.script("const field = document.querySelector('#sigmaRel'); field.removeAttribute('max'); return field");
        browser.type("#sigmaRel", "9");
        browser.until("a complaint", () -> browser.text("#problem").contains("sigma_rel must lie in (0, 0.288675)"));
        assertThat(browser.complaints()).singleElement().asString().contains("400");
        browser.type("#sigmaRel", Keys.BACK_SPACE);
        browser.until("no complaint", () -> browser.text("#problem").isEmpty());
    }

    @Test
    void plansRetention() {
        open("/runs/demo");
        browser.click("form[hx-target='#retention'] button");
        browser.until("a plan", () -> browser.text("#retention").contains("may be deleted"));
        assertThat(browser.findAll("#retention tbody tr")).isNotEmpty();
    }

    @Test
    void chartsAreReadByKeyboard() {
        open("/runs/demo?sigmaRel=0.1");
        browser.type("#profile .plot", Keys.END);
        assertThat(browser.text("#profile .tip")).contains("Training time", "target", "fitted");
        String last = browser.text("#profile .tip");
        browser.type("#profile .plot", Keys.ARROW_LEFT);
        assertThat(browser.text("#profile .tip")).isNotEqualTo(last);
        assertThat(browser.find("#profile [role=status]").getAttribute("textContent"))
                .contains(", target ");
    }

    @Test
    void chartsAreSavedAndShownAsTables() throws Exception {
        open("/runs/demo?sigmaRel=0.1");
        List<String> buttons = browser.findAll("#coefficients .tools button").stream()
                .map(b -> b.getText())
                .toList();
        assertThat(buttons).containsExactly("Table", "SVG", "PNG", "CSV");
        for (int i = 1; i <= 4; i++) browser.click("#coefficients .tools button:nth-child(" + i + ")");

        int rows = browser.findAll("#coefficients tbody tr").size();
        assertThat(rows).isPositive();
        assertThat(Files.readAllLines(browser.saved("coefficients.csv")))
                .hasSize(rows + 1)
                .first()
                .asString()
                .startsWith("Training time (kimg),0.050,0.100");
        Document svg = DocumentBuilderFactory.newDefaultNSInstance()
                .newDocumentBuilder()
                .parse(browser.saved("coefficients.svg").toFile());
        assertThat(svg.getElementsByTagName("rect").getLength()).isGreaterThan(1);
        assertThat(svg.getDocumentElement().getTextContent()).contains("Coefficients by snapshot");
        assertThat(ImageIO.read(browser.saved("coefficients.png").toFile()).getWidth())
                .isGreaterThan(1000);
    }

    @ParameterizedTest
    @CsvSource({
        "/, light, 1280",
        "/, dark, 1280",
        "/, light, 360",
        "/runs/demo, light, 1280",
        "/runs/demo, dark, 1280",
        "/runs/demo, light, 360"
    })
    void isFreeOfBarriers(String page, String theme, int width) {
        browser.look(theme, width, 900);
        open(page);
        browser.findAll(".tools button:first-child, summary").forEach(opener -> browser.press(opener));
        assertThat(browser.barriers()).isEmpty();
        assertThat((Long) browser.script("return document.documentElement.scrollWidth"))
                .isLessThanOrEqualTo(width);
    }

    private static String path(String selector) {
        return String.valueOf(browser.find(selector).getAttribute("d"));
    }
}
