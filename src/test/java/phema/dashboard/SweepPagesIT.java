package phema.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
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
import phema.evaluation.Axes;
import phema.evaluation.AxisValues;
import phema.evaluation.Seeds;
import phema.fleet.WorkState;
import phema.solver.FilesToRead;
import phema.solver.SolverKind;
import phema.sweep.DescriptionChange;
import phema.sweep.Sweep;
import phema.sweep.SweepSpec;
import phema.sweep.Sweeps;
import phema.time.Await;

/** Lists of sweeps, what went wrong with one, and the table of its trials, in a real browser. */
@SpringBootTest(
        classes = PhemaApplication.class,
        webEnvironment = WebEnvironment.RANDOM_PORT,
        properties = {"phema.roots=snapshots", "phema.catalog.settle=0s"})
class SweepPagesIT extends PagesInBrowser {
    /** Falls with the length, and fails from 0.2 on. */
    private static final String FALLS = """
            awk '{ match($0, /"sigmaRel":[0-9.]+/); s = substr($0, RSTART + 11, RLENGTH - 11)
              if (s >= 0.2) { print "no memory for " s > "/dev/stderr"; exit 3 }
              printf "{\\"fid\\": %f, \\"accuracy\\": %f}\\n", 1 / s, s }' "$1\"""";

    @TempDir
    private static Path home;

    @Autowired
    private Sweeps sweeps;

    @DynamicPropertySource
    static void properties(DynamicPropertyRegistry registry) {
        registry.add("phema.home", () -> home.toString());
        evaluator(registry, "falls", FALLS);
        evaluator(registry, "slow", "sleep 60");
    }

    private Sweep start(String evaluator, double... lengths) {
        return start(SweepSpec.SweepMode.GRID, evaluator, lengths);
    }

    private Sweep start(SweepSpec.SweepMode mode, String evaluator, double... lengths) {
        return sweeps.create(new SweepSpec(
                "demo",
                mode,
                AxisValues.NONE
                        .with(Axes.LENGTH, DoubleStream.of(lengths).boxed().toList())
                        .with(Axes.GUIDANCE, List.of(1.0))
                        .with(Axes.SEEDS, List.of(new Seeds(0, 7))),
                evaluator,
                "fid",
                SolverKind.BLUP,
                FilesToRead.FEWEST,
                0.02,
                0));
    }

    private Sweep ended(Sweep sweep) {
        Await.until(() -> sweeps.sweep(sweep.id()).state().isEnd());
        return sweeps.sweep(sweep.id());
    }

    @Test
    void whatWentWrongIsSaidFirstAndNothingIsRecommendedWithoutIt() {
        Sweep sweep = ended(start("falls", 0.05, 0.1, 0.15, 0.2, 0.22, 0.25));
        open("/sweeps/" + sweep.id());
        assertThat(browser.text("#live > :first-child"))
                .startsWith("3 of 6 trials failed\nno memory for 0.2 · 3 trials, first trial 3");
        assertThat(browser.text(".progress .state")).isEqualTo("done, 3 failed");
        assertThat(browser.text("#live .figures"))
                .startsWith("Best EMA length, at the longest tried\n0.150")
                .contains("Between the neighbours")
                .doesNotContain("90 %");
        assertThat(browser.text("#live div.warning"))
                .contains("Caution: 3 of 6 trials of its sweep failed", "it is the longest length that was tried");
        assertThat(browser.findAll("#action-beyond")).isEmpty(); // those beyond failed
        assertThat(browser.script("return document.title")).isEqualTo("done, 3 failed · fid of demo · phema");
        browser.click("#only-failed");
        browser.until("three rows", () -> browser.findAll("#trials tbody tr").size() == 3);
        assertThat(browser.findAll("#trials td.reason"))
                .extracting(WebElement::getText)
                .containsExactly("no memory for 0.2", "no memory for 0.22", "no memory for 0.25");
        open("/sweeps");
        assertThat(browser.text("tr:has(#sweep-" + sweep.id() + ")"))
                .contains("done, 3 failed", "by falls, 6 EMA lengths, 0.050 to 0.250")
                .contains("3 of 6 trials missing, longest tried");
    }

    @Test
    void anOptimumAtTheEdgeLeadsBeyond() {
        Sweep sweep = ended(start("falls", 0.04, 0.06, 0.08));
        open("/sweeps/" + sweep.id());
        assertThat(browser.text("#action-beyond")).isEqualTo("Extend beyond: 0.100, 0.120, 0.140");
        browser.click("#action-beyond");
        browser.until("more", () -> sweeps.sweep(sweep.id()).count() == 6);
        browser.until("the end", () -> browser.text(".progress .state").equals("done"));
        assertThat(browser.text("#live .figures")).startsWith("Best EMA length, at the longest tried\n0.140");
    }

    @Test
    void anOptimumAtTheEdgeOfASearchLeadsBeyond() {
        Sweep sweep = ended(start(SweepSpec.SweepMode.SEARCH, "falls", 0.06, 0.12));
        int trials = sweep.count();
        open("/sweeps/" + sweep.id());
        assertThat(browser.text("#live .figures")).startsWith("Best EMA length, at the longest tried\n0.12");
        assertThat(browser.text("#action-beyond")).isEqualTo("Extend beyond: 0.135, 0.151, 0.170");
        browser.click("#action-beyond");
        browser.until("more", () -> sweeps.sweep(sweep.id()).count() >= trials + 3);
        browser.until("the end", () -> browser.text(".progress .state").equals("done"));
        assertThat(browser.text("#live .figures")).startsWith("Best EMA length, at the longest tried\n0.170");
        open("/sweeps");
        assertThat(browser.text("tr:has(#sweep-" + sweep.id() + ")")).contains("0.060 to 0.170");
    }

    @Test
    void trialsAreSortedInPagesAndTheAddressKeepsIt() {
        double[] many =
                IntStream.range(0, 55).mapToDouble(i -> 0.03 + i / 1000.0).toArray();
        Sweep sweep = ended(start("falls", many));
        open("/sweeps/" + sweep.id());
        browser.script("return window.samePage = true");
        assertThat(browser.findAll("#trials tbody tr")).hasSize(50);
        browser.click("#best-first");
        browser.until("the best first", () -> browser.text("#trials tbody th").equals("54"));
        assertThat(browser.address()).endsWith("?sort=metric.fid");
        browser.click("#trials-after");
        browser.until("another page", () -> browser.text("#trials tbody th").equals("4"));
        assertThat(browser.script("return window.samePage")).isEqualTo(true);
        assertThat(browser.address()).endsWith("?sort=metric.fid&page=1");
        browser.reload();
        assertThat(browser.text("#trials tbody th")).isEqualTo("4");
        assertThat(browser.text("th[aria-sort=ascending]")).startsWith("fid");

        // One stop of the tabulator for all rows.
        assertThat(browser.findAll("#trials tbody a:not([tabindex='-1'])")).hasSize(1);
        browser.type("#trial-4", Keys.ARROW_DOWN, Keys.ARROW_DOWN);
        assertThat(browser.script("return document.activeElement.id")).isEqualTo("trial-2");
        assertThat(browser.findAll("#trials tbody a:not([tabindex='-1'])"))
                .extracting(WebElement::getText)
                .containsExactly("2");

        open("/sweeps/" + sweep.id() + "?page=7&state=lost&sort=loss");
        assertThat(browser.text("#trials"))
                .contains("No trial can be lost", "called loss", "a page behind the last one");
        assertThat(browser.findAll("#trials tbody tr")).hasSize(5);
    }

    @Test
    void aSweepIsCalledTaggedAndArchived() throws Exception {
        Sweep sweep = ended(start("falls", 0.051, 0.052));
        open("/sweeps/" + sweep.id());
        browser.click("#said summary");
        browser.type("#said-name", "a b");
        browser.click("#said button");
        browser.until("a complaint", () -> browser.text("#said [role=alert]").startsWith("name must be"));
        assertThat(browser.complaints()).allMatch(complaint -> complaint.contains("400"));
        browser.find("#said-name").clear();
        browser.type("#said-name", "called");
        browser.type("#said-tags", "paper, of-mine");
        browser.type("#said-note", "one", Keys.ENTER, "two");
        browser.click("#said button");
        browser.until("its name", () -> browser.text("header.title").contains("called"));
        assertThat(browser.text("header.title")).contains("of-mine", "paper", "one\ntwo");
        browser.click("#action-archive");
        browser.until("archived", () -> browser.text("header.title").contains("archived"));

        open("/sweeps?tag=of-mine");
        assertThat(browser.findAll("#sweep-" + sweep.id())).isEmpty();
        browser.click("#archived");
        browser.until(
                "archived ones", () -> !browser.findAll("#sweep-" + sweep.id()).isEmpty());
        assertThat(browser.findAll("tbody tr, table > tr")).hasSize(1);
        assertThat(browser.findAll("#compare .copies code"))
                .extracting(line -> line.getAttribute("textContent"))
                .anyMatch(line -> line.endsWith("/api/v1/sweeps?tag=of-mine&archived=true&size=50'"));
        open("/runs/demo/sweeps?tag=of-mine&archived=true");
        browser.click("#compare summary");
        browser.click("#compare .save-table");
        assertThat(Files.readAllLines(browser.saved("demo-sweeps.csv")))
                .satisfiesExactly(
                        names -> assertThat(names).isEqualTo("Sweep,State,Trials,Best length,Metric there,Started"),
                        row -> assertThat(row)
                                .startsWith("\"fid of demo called")
                                .contains("; by falls")
                                .matches(".*,20\\d\\d-[0-9-]+T[0-9:.]+Z"));
        open("/sweeps?tag=gone&page=9");
        assertThat(browser.text("main")).contains("No sweep has the tag gone", "a page behind the last one");
    }

    @Test
    void theTabSaysHowFarItIs() {
        Sweep slow = start("slow", 0.06, 0.07);
        open("/sweeps/" + slow.id());
        browser.until(
                "its title", () -> browser.script("return document.title").equals("0 of 2 · fid of demo · phema"));
        sweeps.cancel(slow.id());
        browser.until(
                "another",
                () -> String.valueOf(browser.script("return document.title")).startsWith("cancelled · fid of demo"));
        assertThat(sweeps.sweep(slow.id()).count(WorkState.CANCELLED)).isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource({"light, 1280", "dark, 1280", "light, 390", "dark, 390"})
    void isFreeOfBarriers(String theme, int width) {
        Sweep failed = ended(start("falls", 0.05, 0.1, 0.15, 0.2, 0.22, 0.25));
        sweeps.describe(
                failed.id(),
                new DescriptionChange(
                        Optional.empty(), Optional.of("a note"), Optional.of(List.of("tagged")), Optional.empty()));
        for (String page : Stream.of("/sweeps", "/sweeps?tag=gone", "/sweeps/ID", "/sweeps/ID?state=failed&page=3")
                .map(address -> address.replace("ID", failed.id()))
                .toList()) {
            browser.look(theme, width, 900);
            open(page);
            browser.findAll("#said summary").forEach(opener -> browser.press(opener));
            assertThat(browser.barriers()).as(page).isEmpty();
            assertThat((Long) browser.script("return document.documentElement.scrollWidth"))
                    .as(page)
                    .isLessThanOrEqualTo(width);
        }
    }
}
