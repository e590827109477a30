package phema.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.w3c.dom.Document;
import phema.PhemaApplication;
import phema.evaluation.Axes;
import phema.evaluation.AxisValues;
import phema.evaluation.Seeds;
import phema.fleet.WorkState;
import phema.solver.SolverKind;
import phema.sweep.Sweep;
import phema.sweep.SweepSpec;
import phema.sweep.SweepState;
import phema.sweep.Sweeps;

/** The pages in a real browser, on the demo run. */
@SpringBootTest(
        classes = PhemaApplication.class,
        webEnvironment = WebEnvironment.RANDOM_PORT,
        properties = {"phema.roots=snapshots", "phema.catalog.settle=0s"})
class DashboardIT extends PagesInBrowser {
    private static final String VALLEY = """
            sleep 0.2; echo measuring; awk '{
              match($0, /"sigmaRel":[0-9.]+/); s = substr($0, RSTART + 11, RLENGTH - 11)
              match($0, /"guidance":[0-9.]+/); g = substr($0, RSTART + 11, RLENGTH - 11)
              d = log(s / 0.12 * g); printf "{\\"fid\\": %f}\\n", 1 + g + d * d }' "$1\"""";

    /** How often a page that asks for news was told that there are none. */
    private static final String UNCHANGED =
            "return performance.getEntriesByType('resource').filter(r => r.responseStatus === 204).length";

    @TempDir
    private static Path home;

    @DynamicPropertySource
    static void properties(DynamicPropertyRegistry registry) {
        registry.add("phema.home", () -> home.toString());
        // Its least value is 2, at guidance 1 and an EMA length of 0.12.
        evaluator(registry, "valley", VALLEY);
        evaluator(registry, "broken", "echo 'out of memory' >&2; exit 3");
        evaluator(registry, "slow", "sleep 60");
    }

    @Autowired
    private Sweeps sweeps;

    private Sweep start(String evaluator, Double... sigmaRel) {
        return sweeps.create(new SweepSpec(
                "demo",
                SweepSpec.SweepMode.GRID,
                AxisValues.NONE
                        .with(Axes.LENGTH, List.of(sigmaRel))
                        .with(Axes.GUIDANCE, List.of(1.0, 1.5))
                        .with(Axes.SEEDS, List.of(new Seeds(0, 7), new Seeds(8, 15))),
                evaluator,
                "fid",
                SolverKind.BLUP,
                phema.solver.FilesToRead.FEWEST,
                0.02,
                0));
    }

    /** Begun once for all tests that look at one. */
    private Sweep finished() {
        Sweep sweep = sweeps.sweeps(Optional.of("demo")).stream()
                .filter(s -> s.state() == SweepState.DONE
                        && s.spec().axes().get(Axes.PARAMS).isEmpty())
                .findFirst()
                .orElseGet(() -> start("valley", 0.03, 0.06, 0.12, 0.24));
        browser.until("an end", () -> sweeps.sweep(sweep.id()).state().isEnd());
        return sweeps.sweep(sweep.id());
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
        assertThat(browser.attribute("#sigmaRel", "value")).isEqualTo("0.131");
    }

    @Test
    void theSliderCanBeDragged() {
        open("/runs/demo?sigmaRel=0.1");
        browser.click("#slider"); // in its middle: halfway between 0.010 and 0.280 on a logarithmic scale
        browser.until("weights of 0.053", () -> browser.text("#weights caption").equals("Weights ema-0.053"));
    }

    @Test
    void theSliderTakesAnyFamily() {
        open("/runs/demo?sigmaRel=0.1&solver=blup");
        browser.type("#family", Keys.ARROW_DOWN, Keys.ARROW_DOWN);
        browser.until("windows", () -> browser.address().contains("profile=decay%3Acosine%3A%7B%7D"));
        browser.until("its weights", () -> browser.text("#weights caption").equals("Weights decay:cosine:14750"));
        browser.until(
                "the errors of windows",
                () -> browser.findAll("#errors .layer path.line").size() == 2
                        && browser.text("#errors").contains("Window (kimg)"));
        assertThat(browser.text("#errors figcaption")).isEqualTo("Predicted error by window");
        assertThat(browser.attribute("#errors circle.marker[cy]", "cx")).isNotNull();
        String curve = path("#profile .s1 path");

        browser.type("#slider", Keys.PAGE_UP, Keys.ARROW_LEFT);

        browser.until("a longer window", () -> browser.text("#weights caption").equals("Weights decay:cosine:14840"));
        assertThat(path("#profile .s1 path")).isNotEqualTo(curve);
        assertThat(browser.text("#weights code")).contains("weights.safetensors?profile=decay:cosine:14840'");
        assertThat(browser.text("#weights")).doesNotContain("Hugging Face");
        browser.until("an address to keep", () -> browser.address().contains("length=14840"));
        browser.reload();
        assertThat(browser.attribute("#length-field", "value")).isEqualTo("14840");

        open("/runs/demo?profile=decay:linear:%7B%7D,floor%3D0.1&length=3000");
        assertThat(browser.text("#weights caption")).isEqualTo("Weights decay:linear:3000,floor=0.1");
        assertThat(browser.attribute("#family", "value")).isEqualTo("decay:linear:{},floor=0.1");
    }

    @Test
    void theSliderEndsWhereTheAverageDoes() {
        open("/runs/demo?profile=decay:cosine:{}&length=70000");
        browser.type("#time", Keys.END);
        browser.until("the first file", () -> browser.text("#weights caption").equals("Weights decay:cosine:6144"));
        assertThat(browser.attribute("#length-field", "value")).isEqualTo("6144");
        assertThat(browser.attribute("#slider", "max")).isEqualTo("3.788451208");
        browser.type("#slider", Keys.ARROW_LEFT);
        browser.until("a step less", () -> browser.text("#weights caption").equals("Weights decay:cosine:6143"));
        browser.until("its pin", () -> "decay:cosine:6143".equals(browser.attribute("#pin-profile", "value")));
    }

    @Test
    void anyProfileIsPinnedAndShownAgain() {
        open("/runs/demo?profile=impulse");
        browser.click("#pin-button");
        browser.until(
                "a pin", () -> browser.text("#recommended").contains("impulse, and so main: pinned by the run's user"));
        browser.click("#recommended p a");
        browser.until("its page", () -> browser.address().contains("profile=impulse"));
        assertThat(browser.text("#weights caption")).isEqualTo("Weights impulse");
        browser.type("#time", Keys.ARROW_DOWN);
        browser.until("an address to keep", () -> browser.address().contains("profile=impulse&time="));
        browser.click("#unpin");
        browser.until("no pin", () -> browser.findAll("#unpin").isEmpty());
    }

    @Test
    void comparesSolversOverTheWholeRange() {
        open("/runs/demo?sigmaRel=0.1");
        browser.until(
                "both curves", () -> browser.findAll("#errors .layer path.line").size() == 2);
        String mark = browser.attribute("#errors circle.marker[cy]", "cx");
        browser.click("input[value=paper]");
        browser.until(
                "the paper's weights", () -> browser.text("#weights caption").equals("Weights paper-0.100"));
        assertThat(browser.text("#weights code")).contains("solver=paper");
        assertThat(mark).isNotNull();
    }

    @Test
    void showsTheTrajectory() {
        open("/runs/demo");
        browser.until(
                "the rate", () -> browser.findAll("#rates .layer path.line").size() == 1);
        assertThat(browser.findAll("#surprises .layer path.point")).hasSize(24 + 2); // and two in the legend
        assertThat(browser.text("#trajectory p"))
                .startsWith("Each file predicted from all others: the actual error was");
    }

    @Test
    void anotherTimeGivesOtherWeights() {
        open("/runs/demo?sigmaRel=0.1");
        String errors = browser.attribute("[data-for=errors]", "textContent");
        browser.type("#time", Keys.ARROW_DOWN);
        browser.until(
                "an earlier revision", () -> browser.text("#weights caption").matches("Weights ema-0\\.100@\\d+k?"));
        assertThat(browser.attribute("[data-for=errors]", "textContent")).isNotEqualTo(errors);
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

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "0.5, 'sigma_rel must lie in (0, 0.288675), not 0.5'",
                "-1, 'sigma_rel must lie in (0, 0.288675), not -1'",
                "'', sigmaRel is missing",
            })
    void saysOfWhatTheBrowserTakesForWrongThatFiguresAreNotOfIt(String length, String complaint) {
        open("/runs/demo?sigmaRel=0.1");
        browser.until("a model", () -> !browser.findAll("#sigmaRel").isEmpty());
        browser.type("#sigmaRel", Keys.chord(Keys.CONTROL, "a"), Keys.BACK_SPACE, length);
        browser.until("a complaint", () -> browser.text("#problem").contains(complaint));
        assertThat(browser.complaints()).isNotEmpty().allMatch(line -> line.contains("400"));
        browser.until("a word", () -> browser.text("#earlier").equals("What follows is of an earlier choice."));
        for (String part : List.of("#fit", "#weights"))
            assertThat(browser.find(part).getDomProperty("inert")).as(part).isEqualTo("true");

        browser.type("#sigmaRel", Keys.chord(Keys.CONTROL, "a"), "0.12");
        browser.until("other weights", () -> browser.text("#weights caption").equals("Weights ema-0.120"));
        browser.until("no complaint", () -> browser.text("#problem").isEmpty());
        assertThat(browser.text("#earlier")).isEmpty();
        assertThat(browser.findAll("[inert]")).isEmpty();
        assertThat(browser.complaints()).allMatch(line -> line.contains("400"));
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
        assertThat(browser.attribute("#profile [role=status]", "textContent")).contains(", target ");
    }

    @Test
    void chartsAreSavedAndShownAsTables() throws Exception {
        open("/runs/demo?sigmaRel=0.1");
        browser.until(
                "its tools",
                () -> !browser.findAll("#coefficients .tools button").isEmpty());
        List<String> buttons = browser.findAll("#coefficients .tools button").stream()
                .map(b -> b.getText())
                .toList();
        assertThat(buttons).containsExactly("Table", "SVG", "PNG", "CSV", "Copy");
        for (int i = 1; i <= 4; i++) browser.click("#coefficients .tools button:nth-child(" + i + ")");

        int rows = browser.findAll("#coefficients tbody tr").size();
        assertThat(rows).isPositive();
        assertThat(Files.readAllLines(browser.saved("demo-0.100-coefficients.csv")))
                .hasSize(rows + 1)
                .first()
                .asString()
                .startsWith("Training time (kimg),0.");
        Document svg = DocumentBuilderFactory.newDefaultNSInstance()
                .newDocumentBuilder()
                .parse(browser.saved("demo-0.100-coefficients.svg").toFile());
        assertThat(svg.getElementsByTagName("rect").getLength()).isGreaterThan(1);
        assertThat(svg.getDocumentElement().getTextContent()).contains("Coefficients by snapshot");
        assertThat(ImageIO.read(browser.saved("demo-0.100-coefficients.png").toFile())
                        .getWidth())
                .isGreaterThan(1000);
    }

    @Test
    void startsASweepAndWatchesItFinish() {
        open("/runs/demo");
        browser.click("#new-sweep summary");
        fill("#sweep-sigmaRel", "0.04, 0.06, ..., 0.24");
        fill("#sweep-guidance", "1, 1.25");
        fill("#sweep-seeds", "0-7");
        browser.type("#sweep-evaluator", "valley");
        fill("#sweep-metric", "fid");
        browser.click("#new-sweep button");
        browser.until("its page", () -> browser.text("h1").equals("fid of demo"));
        browser.script("return window.samePage = true");
        browser.until("a first point", () -> !browser.findAll("path.point").isEmpty());
        browser.until("the end", () -> browser.text(".progress .state").equals("done"));

        assertThat(browser.script("return window.samePage")).isEqualTo(true);
        assertThat(browser.text(".progress [role=status]")).isEqualTo("22 of 22 trials done");
        assertThat(Double.parseDouble(browser.text("#live .figures dd"))).isBetween(0.11, 0.13);
        assertThat(browser.findAll("[id^=metric] .layer path.line")).hasSize(2);
        assertThat(browser.findAll("[id^=heat] rect.cell[x]")).hasSizeGreaterThanOrEqualTo(22);
        assertThat(browser.findAll("#trials tr .state.done")).hasSize(22);
        open("/");
        assertThat(browser.text(".card")).contains("Recommended EMA length 0.1");
        assertThat(browser.findAll("#curve-demo path.line")).isNotEmpty();
    }

    @Test
    void aLengthIsPinnedAndWhatIsOfferedByOneClick() {
        finished();
        open("/runs/demo");
        fill("#pin-sigmaRel", "0.15");
        browser.click("#pin-button");
        browser.until(
                "a pin", () -> browser.text("#recommended").contains("0.150, and so main: pinned by the run's user"));
        assertThat(browser.text("#offered")).contains("fid 2", "it is the one taken, but another length is pinned");
        browser.click("#offered button");
        browser.until(
                "another pin", () -> browser.text("#recommended").contains("main: pinned by the run's user; fid 2"));
        assertThat(browser.text("#recommended")).contains("by valley, without guidance, from");
        browser.click("#unpin");
        browser.until("no pin", () -> browser.findAll("#unpin").isEmpty());
        assertThat(browser.text("#recommended")).contains("and so main: fid 2").doesNotContain("pinned by");
    }

    @Test
    void aParameterMakesALineForEachOfItsValues() {
        open("/runs/demo/sweeps");
        fill("#sweep-sigmaRel", "0.06, 0.12");
        fill("#sweep-guidance", "1");
        fill("#sweep-seeds", "0-7");
        browser.type("#sweep-evaluator", "valley");
        fill("#sweep-metric", "fid");
        browser.click(".sweep-form summary");
        fill("#sweep-params", "steps=16,");
        browser.click(".sweep-form button");
        browser.until(
                "a complaint", () -> browser.text("#sweep-params-note").contains("params.steps must be a number"));
        assertThat(browser.complaints()).allMatch(complaint -> complaint.contains("400"));
        fill("#sweep-params", "steps=16,32; mode=fast");
        browser.click(".sweep-form button");
        browser.until("its page", () -> browser.text("h1").equals("fid of demo"));
        browser.until("the end", () -> browser.text(".progress .state").equals("done"));
        browser.until(
                "a line for each",
                () -> browser.findAll("[id^=metric] .layer path.line").size() == 2);
        assertThat(browser.findAll("#trials th").stream().map(th -> th.getText()))
                .contains("steps")
                .doesNotContain("mode");
        browser.click("#trial-0");
        assertThat(browser.text(".facts")).contains("steps", "16", "mode", "fast");
    }

    private static void fill(String selector, String text) {
        browser.find(selector).clear();
        browser.type(selector, text);
    }

    @Test
    void saysBesideTheFieldWhatIsWrongWithASweep() {
        open("/runs/demo/sweeps");
        fill("#sweep-sigmaRel", "0.05, 0.10");
        fill("#sweep-seeds", "many");
        browser.click(".sweep-form button");
        browser.until(
                "a complaint",
                () -> browser.text("#sweep-seeds-note").contains("seeds must be a range such as 0-49999, not many"));
        assertThat(browser.attribute("#sweep-seeds", "aria-invalid")).isEqualTo("true");
        assertThat(browser.attribute("#sweep-sigmaRel", "value")).isEqualTo("0.05, 0.10");
        assertThat(browser.complaints()).allMatch(complaint -> complaint.contains("400"));
        fill("#sweep-seeds", "0-7");
        fill("#sweep-sigmaRel", "0.05, 0.10, many");
        browser.click(".sweep-form button");
        browser.until(
                "a complaint",
                () -> browser.text("#sweep-sigmaRel-note").contains("' many' in '0.05, 0.10, many' is not a number"));
        assertThat(browser.complaints()).allMatch(complaint -> complaint.contains("400"));
    }

    @Test
    void pausesResumesCancelsAndExtends() {
        Sweep slow = start("slow", 0.05, 0.10);
        open("/sweeps/" + slow.id());
        for (String[] step :
                new String[][] {{"pause", "paused"}, {"resume", "running queued"}, {"cancel", "cancelled"}}) {
            browser.click("#action-" + step[0]);
            if (step[0].equals("cancel")) browser.accept();
            browser.until(step[1], () -> step[1].contains(browser.text(".progress .state")));
        }
        Sweep sweep = finished();
        open("/sweeps/" + sweep.id());
        fill("#sweep-sigmaRel", "0.12, 0.18");
        browser.click(".sweep-form button");
        browser.until("more trials", () -> sweeps.sweep(sweep.id()).count() > sweep.count());
        browser.until("the end", () -> browser.text(".progress .state").equals("done"));
    }

    @ParameterizedTest
    @CsvSource({"/sweeps/{id}", "/sweeps/{id}/trials/0", "/fleet"})
    void keepsWhatIsShownWhileNothingChanges(String page) {
        Sweep slow = start("slow", 0.05);
        browser.until("a trial runs", () -> sweeps.sweep(slow.id()).count(WorkState.RUNNING) > 0);
        open(page.replace("{id}", slow.id()));
        browser.until("two answers without news", () -> (Boolean) browser.script(UNCHANGED + " >= 2"));
        assertThat(browser.findAll("#live, #live *")).isNotEmpty();
        sweeps.cancel(slow.id());
    }

    @Test
    void publishedOptimaCanBeSwitchedOff() {
        open("/sweeps/" + finished().id());
        assertThat(browser.findAll("path.reference")).isNotEmpty();
        browser.click("input[value=off]");
        browser.until("no marks", () -> browser.findAll("path.reference").isEmpty());
    }

    @Test
    void aSweepsChartsAreReadAndSaved() throws Exception {
        Sweep sweep = finished();
        open("/sweeps/" + sweep.id());
        browser.type("#metric-" + sweep.id() + " .plot", Keys.HOME);
        assertThat(browser.text("#metric-" + sweep.id() + " .tip")).contains("EMA length 0.0", "guidance 1", "fitted");
        browser.type("#heat-" + sweep.id() + " .plot", Keys.HOME);
        assertThat(browser.text("#heat-" + sweep.id() + " .tip")).contains("Guidance 1");
        Map<String, String> files = Map.of(
                "metric-" + sweep.id(),
                "demo-fid-by-ema-length",
                "heat-" + sweep.id(),
                "demo-fid-by-ema-length-guidance");
        for (String chart : files.keySet()) {
            String file = files.get(chart);
            for (int i = 1; i <= 4; i++) browser.click("#" + chart + " .tools button:nth-child(" + i + ")");
            assertThat(Files.readAllLines(browser.saved(file + ".csv")))
                    .hasSize(browser.findAll("#" + chart + " tbody tr").size() + 1)
                    .first()
                    .asString()
                    .startsWith("EMA length,");
            DocumentBuilderFactory.newDefaultNSInstance()
                    .newDocumentBuilder()
                    .parse(browser.saved(file + ".svg").toFile());
            assertThat(ImageIO.read(browser.saved(file + ".png").toFile()).getWidth())
                    .isGreaterThan(1000);
        }
    }

    @Test
    void aTrialShowsItsLog() {
        open("/sweeps/" + finished().id());
        browser.click("#trial-0");
        assertThat(browser.text("h1")).isEqualTo("Trial 0");
        assertThat(browser.text(".log")).contains("measuring", "{\"fid\": ");
    }

    @Test
    void theFleetShowsItsWorkersAndWhatFailed() {
        open("/fleet");
        assertThat(browser.findAll("#workers tbody tr")).hasSize(1);
        Sweep broken = start("broken", 0.05);
        browser.until(
                "a failure",
                () -> browser.findAll("a[id^='failure-" + broken.id() + "']").size() == 4);
        assertThat(browser.text(".failure pre")).contains("ended with status 3", "out of memory");
    }

    @Test
    void whyAWorkerLeavesWorkAloneIsReadInANarrowWindow() {
        browser.look("light", 420, 900);
        Sweep others = start("remote:mine-on-the-cluster", 0.05);
        open("/fleet");
        browser.until("a reason", () -> browser.text("#workers").contains("for clients that ask for those of"));
        assertThat(browser.script("""
                        const region = document.querySelector("#workers").closest(".scroll");
                        return region.scrollWidth <= region.clientWidth""")).isEqualTo(true);
        sweeps.cancel(others.id());
    }

    @Test
    void whatIsOpenOfTheFleetStaysOpenWhileItChanges() throws Exception {
        open("/fleet");
        browser.click("#workers-copies summary");
        Sweep slow = start("slow", 0.05);
        browser.until(
                "it is seen", () -> !browser.findAll("#sweep-" + slow.id()).isEmpty());
        browser.click("#workers-copies .save-table");
        assertThat(Files.readAllLines(browser.saved("workers.csv")))
                .hasSize(2)
                .first()
                .isEqualTo("Host,Process,Version,Does,Since");
        browser.click("#sweeps-copies summary");
        browser.click("#sweeps-copies .save-table");
        assertThat(Files.readString(browser.saved("queue-sweeps.csv"))).contains("fid of demo");
        sweeps.cancel(slow.id());
    }

    /** Charts by their own buttons; tables by a file that the browser makes, or the server. */
    @Test
    void everyChartAndTableCanBeHadElsewhere() {
        String sweep = "/sweeps/" + finished().id();
        for (String page : List.of("/", "/?sort=name", "/runs/demo", "/sweeps", sweep, "/compare?run=demo", "/fleet")) {
            open(page);
            if (page.equals("/runs/demo")) {
                browser.click("form[hx-get$=retention] button");
                browser.until("a plan", () -> !browser.findAll("#effects").isEmpty());
            }
            browser.until(
                    "all charts of " + page,
                    () -> browser.findAll("figure.chart").size()
                            == browser.findAll("figure.chart .tools button:last-child:not([hidden])")
                                    .size());
            assertThat(browser.findAll("main table:not(.downloads, .chart-table table)"))
                    .as(page)
                    .allMatch(table -> !browser.findAll("[data-table='" + table.getAttribute("id") + "']")
                                    .isEmpty()
                            || !browser.findAll("section:has(#" + table.getAttribute("id") + ") a[download]")
                                    .isEmpty());
            assertThat(browser.findAll(".copies-of"))
                    .as(page)
                    .allMatch(each -> each.findElements(By.cssSelector("code")).size() >= 2);
        }
    }

    @ParameterizedTest
    @CsvSource({"light, 1280", "dark, 1280", "light, 360", "dark, 360"})
    void isFreeOfBarriers(String theme, int width) {
        String sweep = "/sweeps/" + finished().id();
        for (String page : List.of(
                "/",
                "/runs/demo",
                "/runs/demo/sweeps",
                "/sweeps",
                sweep,
                sweep + "/trials/0",
                "/compare?run=demo&sweep=gone",
                "/fleet")) {
            browser.look(theme, width, 900);
            open(page);
            browser.findAll(".tools button:first-child, .tools button:last-child:not([hidden]), summary")
                    .forEach(opener -> browser.press(opener));
            assertThat(browser.barriers()).as(page).isEmpty();
            assertThat((Long) browser.script("return document.documentElement.scrollWidth"))
                    .as(page)
                    .isLessThanOrEqualTo(width);
        }
    }

    private static String path(String selector) {
        return String.valueOf(browser.attribute(selector, "d"));
    }
}
