package phema.dashboard;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import phema.PhemaApplication;
import phema.evaluation.Axes;
import phema.evaluation.AxisValues;
import phema.evaluation.Seeds;
import phema.solver.FilesToRead;
import phema.solver.SolverKind;
import phema.sweep.Sweep;
import phema.sweep.SweepSpec;
import phema.sweep.Sweeps;

/** What people do with charts, and with several sweeps at once, in a real browser on the demo run. */
@SpringBootTest(
        classes = PhemaApplication.class,
        webEnvironment = WebEnvironment.RANDOM_PORT,
        properties = {"phema.roots=snapshots", "phema.catalog.settle=0s"})
class ChartsIT extends PagesInBrowser {
    /** Without guidance fid is best, with more of it accuracy is; both have their best EMA length at 0.12. */
    private static final String MEASURE = """
            awk '{
              match($0, /"sigmaRel":[0-9.]+/); s = substr($0, RSTART + 11, RLENGTH - 11)
              match($0, /"guidance":[0-9.]+/); g = substr($0, RSTART + 11, RLENGTH - 11)
              match($0, /"seeds":"[0-9]+/); k = substr($0, RSTART + 9, RLENGTH - 9)
              d = log(s / 0.12); d = d * d
              printf "{\\"fid\\": %f, \\"accuracy\\": %f}\\n", 1 + g + d + k / 1000, 0.9 - 0.1 / g - d / 20 }' "$1\"""";

    private static final String TICKS =
            "return [...document.querySelectorAll('.tall .grid text')].map(t => t.textContent).join(' ')";

    @TempDir
    private static Path home;

    @DynamicPropertySource
    static void properties(DynamicPropertyRegistry registry) {
        registry.add("phema.home", () -> home.toString());
        for (String name : List.of("one", "another")) evaluator(registry, name, MEASURE);
    }

    @Autowired
    private Sweeps sweeps;

    private Sweep sweep(String evaluator, String metrics, List<Double> guidance) {
        return sweep(evaluator, metrics, guidance, List.of(new Seeds(0, 7), new Seeds(8, 15)));
    }

    private Sweep sweep(String evaluator, String metrics, List<Double> guidance, List<Seeds> seeds) {
        Sweep sweep = sweeps.create(new SweepSpec(
                "demo",
                SweepSpec.SweepMode.GRID,
                AxisValues.NONE
                        .with(Axes.LENGTH, List.of(0.03, 0.06, 0.12, 0.24))
                        .with(Axes.GUIDANCE, guidance)
                        .with(Axes.SEEDS, seeds),
                evaluator,
                metrics,
                SolverKind.BLUP,
                FilesToRead.FEWEST,
                0.02,
                0));
        browser.until("an end", () -> sweeps.sweep(sweep.id()).state().isEnd());
        return sweep;
    }

    private Sweep both() {
        return sweep("one", "fid,accuracy:max", List.of(1.0, 1.5));
    }

    private static String ticks() {
        return (String) browser.script(TICKS);
    }

    private static String plot(Sweep sweep) {
        return "#metric-" + sweep.id() + " .plot";
    }

    private static WebElement button(String text) {
        return browser.findAll(".tall .legend button").stream()
                .filter(button -> button.getText().equals(text))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void zoomsByDragWheelAndKeysAndBack() {
        Sweep sweep = both();
        open("/sweeps/" + sweep.id());
        String all = ticks();
        browser.drag(plot(sweep), new int[] {-200, 20}, new int[] {100, 25});
        assertThat(ticks()).isNotEqualTo(all);
        browser.doubleClick(plot(sweep));
        assertThat(ticks()).isEqualTo(all);

        browser.wheel(plot(sweep), -200);
        assertThat(ticks()).isNotEqualTo(all);
        browser.press(button("Show all"));
        assertThat(ticks()).isEqualTo(all);
        browser.wheel(plot(sweep), 200);
        browser.until("the page goes on", () -> ticks().equals(all));

        browser.type(plot(sweep), "+");
        String nearer = ticks();
        assertThat(nearer).isNotEqualTo(all);
        browser.type(plot(sweep), "+");
        browser.type(plot(sweep), "-");
        browser.type(plot(sweep), Keys.HOME);
        assertThat(browser.text("#metric-" + sweep.id() + " .tip")).doesNotContain("0.030");
        browser.type(plot(sweep), Keys.ESCAPE);
        assertThat(ticks()).isEqualTo(all);
    }

    @Test
    void legendEntriesHideTheirLineAndKeepItHidden() {
        Sweep sweep = both();
        open("/sweeps/" + sweep.id());
        assertThat(browser.findAll("#metric-" + sweep.id() + " .layer path.line"))
                .hasSize(2);
        button("guidance 1.5").sendKeys(Keys.ENTER);
        assertThat(button("guidance 1.5").getAttribute("aria-pressed")).isEqualTo("false");
        assertThat(browser.findAll("#metric-" + sweep.id() + " .layer path.line"))
                .hasSize(1);
        browser.click("input[value=off]"); // data come anew
        browser.until("no marks", () -> browser.findAll("path.reference").isEmpty());
        assertThat(browser.findAll("#metric-" + sweep.id() + " .layer path.line"))
                .hasSize(1);
        browser.press(button("guidance 1.5"));
        assertThat(browser.findAll("#metric-" + sweep.id() + " .layer path.line"))
                .hasSize(2);
    }

    @Test
    void bothAxesMayBeLogarithmic() {
        Sweep sweep = both();
        open("/sweeps/" + sweep.id());
        String marked = "return document.querySelector('circle.marker[cy]').getAttribute('%s')";
        Object linear = browser.script(marked.formatted("cy"));
        browser.press(button("log y"));
        assertThat(browser.script(marked.formatted("cy"))).isNotEqualTo(linear);
        Object logarithmic = browser.script(marked.formatted("cx"));
        browser.press(button("log x"));
        assertThat(browser.script(marked.formatted("cx"))).isNotEqualTo(logarithmic);
        browser.press(button("log y"));
        assertThat(browser.script(marked.formatted("cy"))).isEqualTo(linear);
    }

    @Test
    void anyMetricIsShownTwoAtOnceAndAgainstEachOther() {
        Sweep sweep = both();
        open("/sweeps/" + sweep.id());
        assertThat(browser.findAll("#pareto-" + sweep.id() + " path.line")).hasSize(1);
        browser.type("#view-metric", "acc");
        browser.until(
                "accuracy",
                () -> browser.text("#metric-" + sweep.id() + " figcaption").equals("accuracy by EMA length"));
        browser.type("#view-second", "fid");
        browser.until(
                "both",
                () -> browser.findAll("#metric-" + sweep.id() + " .layer path.line")
                                .size()
                        == 4);
        assertThat(browser.text("#metric-" + sweep.id() + " .legend")).contains("right: fid", "guidance 1.5, fid");
        assertThat(browser.address()).contains("metric=accuracy", "second=fid");
        browser.type(plot(sweep), Keys.HOME);
        assertThat(browser.text("#metric-" + sweep.id() + " .tip")).contains("0.7", "3.9");

        open("/sweeps/" + sweep.id() + "?metric=accuracy&second=fid");
        assertThat(browser.text("#metric-" + sweep.id() + " figcaption")).isEqualTo("accuracy and fid by EMA length");
        assertThat(browser.text("#pareto-" + sweep.id() + " figcaption")).isEqualTo("accuracy and fid of every point");
        browser.type("#pareto-" + sweep.id() + " .plot", Keys.END);
        assertThat(browser.text("#pareto-" + sweep.id() + " .tip"))
                .contains("beaten by none", "EMA length 0.120, guidance 1.5");
    }

    @Test
    void manyGuidancesHaveAScaleOfColours() {
        List<Double> guidance =
                IntStream.range(0, 25).mapToObj(i -> 1 + i / 10.0).toList();
        Sweep sweep = sweep("one", "fid", guidance, List.of(new Seeds(0, 7)));
        open("/");
        browser.until(
                "a curve", () -> browser.findAll("#curve-demo .layer path.line").size() == 25);
        assertThat(browser.attribute("#curve-demo svg .base", "y1"))
                .satisfies(y -> assertThat(Double.parseDouble(y)).isGreaterThan(60));
        assertThat(browser.text("#curve-demo .ramp")).contains("Guidance 1", "3.4");
        assertThat(browser.findAll("#curve-demo .legend button")).hasSizeLessThan(9);
        open("/sweeps/" + sweep.id());
        browser.type(plot(sweep), Keys.HOME);
        assertThat(browser.text("#metric-" + sweep.id() + " .tip")).contains("guidance 1", "more; the table has all");
    }

    @Test
    void comparesWhatIsChosenInTheListAndSaysWhatCannotBe() {
        Sweep first = both();
        Sweep second = sweep("one", "fid", List.of(1.0, 1.25));
        Sweep other = sweep("another", "fid", List.of(1.0));
        open("/sweeps");
        for (Sweep each : List.of(second, first)) browser.click("input[value='" + each.id() + "']");
        browser.click("#compare button");
        browser.until("the comparison", () -> browser.text("h1").equals("Compare"));
        assertThat(browser.findAll("#best-points tbody tr")).hasSize(2);
        assertThat(browser.findAll("#compare .layer path.line")).hasSize(2);
        browser.press(browser.find("#compare .tools button:last-child"));
        assertThat(browser.findAll("#compare .copies code"))
                .extracting(WebElement::getText)
                .satisfiesExactly(
                        command -> assertThat(command.split(" && "))
                                .hasSize(2)
                                .allMatch(each -> each.startsWith("phema sweep demo --outstd "))
                                .anyMatch(each -> each.endsWith(" --csv " + first.id() + ".csv"))
                                .anyMatch(each -> each.endsWith(" --csv " + second.id() + ".csv")),
                        curl -> assertThat(curl).contains("curl -o '#1.csv' ", first.id(), second.id()),
                        python -> assertThat(python).contains("pandas.read_csv(f"));

        open("/compare?sweep=" + first.id() + "&sweep=" + other.id() + "&sweep=nowhere&run=gone&metric=fd");
        assertThat(browser.findAll(".warning").stream().map(WebElement::getText))
                .anyMatch(said -> said.endsWith("its evaluator is another, not one."))
                .contains(
                        "There is no sweep nowhere any more.",
                        "There is no run gone any more.",
                        "Nothing here has the metric fd; fid is shown.");
        assertThat(browser.findAll("#best-points tbody tr")).hasSize(1);
        browser.type("#compare-metric", "accuracy");
        browser.until(
                "accuracy",
                () -> browser.address().contains("metric=accuracy")
                        && browser.text("#compare figcaption").startsWith("accuracy"));
        browser.type("#compare-against", "best by g");
        browser.until("by guidance", () -> browser.text("#compare figcaption").equals("accuracy, best by guidance"));
        browser.type("#compare .plot", Keys.END);
        assertThat(browser.text("#compare .tip")).contains("Guidance 1.5", "0.83");

        open("/compare?run=demo&against=time");
        assertThat(browser.findAll("#best-points tbody tr")).hasSizeGreaterThan(1);
        assertThat(browser.text("#compare figcaption")).isEqualTo("fid, best by training time");
    }

    @Test
    void givesLinesThatFetchWhatAChartShows() throws Exception {
        Sweep sweep = both();
        open("/sweeps/" + sweep.id());
        String figure = "#metric-" + sweep.id();
        browser.press(browser.find(figure + " .tools button:last-child"));
        List<WebElement> lines = browser.findAll(figure + " .copies code");
        assertThat(lines.stream().map(WebElement::getText))
                .satisfiesExactly(
                        command -> assertThat(command)
                                .startsWith(
                                        "phema sweep demo --outstd 0.03,0.06,0.12,0.24 --time 73728 --guidance 1,1.5 ")
                                .contains(
                                        " --seeds 0-7 --seeds 8-15 --evaluator one --metric fid,accuracy:max --url http://"),
                        curl -> assertThat(curl).startsWith("curl http://").endsWith("/results.csv"),
                        python -> assertThat(python).contains("pandas.read_csv("));
        String url = lines.get(1).getText().substring("curl ".length());
        assertThat(new String(URI.create(url).toURL().openStream().readAllBytes(), UTF_8))
                .startsWith("trial,")
                .hasLineCount(1 + 16);
    }
}
