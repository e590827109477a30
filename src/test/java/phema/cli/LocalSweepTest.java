package phema.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import phema.PhemaApplication;
import phema.fleet.Queue;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Sweeps in the command's own process; commands evaluate. */
@DisabledOnOs(OS.WINDOWS)
class LocalSweepTest {
    /** {@code fid} has its minimum of 2 at an EMA length of 0.1; of 0.2 there is none, but a control character. */
    private static final String VALLEY = """
            s=$(sed -n 's/.*"sigmaRel":\\([0-9.]*\\).*/\\1/p' "$1")
            if [ "$s" = 0.2 ]; then printf 'out of \\033 memory'; exit 3; fi
            echo run >> "$2"
            awk -v s="$s" 'BEGIN { x = log(s / 0.1); printf "{\\"fid\\": %.6f, \\"recall\\": %.6f}\\n", 2 * exp(x * x / 2), s }'
            """;

    @TempDir
    private static Path folder = Path.of("");

    @BeforeAll
    static void write() throws IOException {
        Files.writeString(folder.resolve("valley.sh"), VALLEY);
    }

    /** Spring keeps it for the process. */
    @AfterAll
    static void logAgain() {
        System.clearProperty("CONSOLE_LOG_THRESHOLD");
    }

    static List<String> settings(Path home) {
        return List.of(
                "--phema.home=" + home,
                "--phema.evaluators.valley.type=command",
                "--phema.evaluators.valley.retries=0",
                "--phema.evaluators.valley.command=sh,%s,{trial},%s"
                        .formatted(folder.resolve("valley.sh"), folder.resolve("runs")),
                "--phema.evaluators.missing.type=command",
                "--phema.evaluators.missing.command=no-such-program");
    }

    private static Shell.Result sweep(String... more) {
        List<String> args = new ArrayList<>(List.of("sweep", Shell.EDM2, "--evaluator", "valley"));
        boolean ownHome = more.length > 0 && more[0].startsWith("--phema.home=");
        settings(folder.resolve("home")).stream().skip(ownHome ? 1 : 0).forEach(args::add);
        args.addAll(List.of(more));
        return Shell.phema(args.toArray(String[]::new));
    }

    @Test
    void findsTheBestAndTellsWhetherItIsGoodEnough() throws Exception {
        Path junit = folder.resolve("sweep.xml");
        Path markdown = folder.resolve("sweep.md");
        Path csv = Files.writeString(folder.resolve("sweep.csv"), "of another sweep");
        Shell.Result result = sweep(
                "--outstd=0.05,0.08,0.1,0.125,0.16",
                "--gate=fid<=2.05",
                "--gate=recall>=0.2",
                "--junit=" + junit,
                "--markdown=" + markdown,
                "--csv=" + csv);

        assertThat(result.status()).isEqualTo(3);
        assertThat(result.err()).endsWith("phema: gate recall>=0.2 is not met: recall is 0.1\n");
        assertThat(result.out())
                .startsWith("edm2: 5 trials of valley\nsigma_rel     fid  recall\n0.050      2.5431    0.05\n")
                .contains("best: sigma_rel 0.1", "gate fid<=2.05 is met")
                .containsPattern(
                        "\nrecommended for edm2: sigma_rel 0\\.\\d+, fid 2[.0-9]* \\(standard error 0\\.\\d+\\) by"
                                + " valley, without guidance, from 5 trials of 5 EMA lengths, 50,000 images each; ")
                .doesNotContain("only offered")
                .doesNotContain("note:");
        assertThat(csv)
                .content()
                .startsWith("trial,sigmaRel,")
                .contains(",done,false,2.543")
                .hasLineCount(6);
        assertThat(markdown)
                .content()
                .contains("| recall\\>=0.2 | 0.1 | not met |", "| 0.050 | 2.5431 | 0.05 |", "```text\n");
        Element suite = suite(junit);
        assertThat(List.of(suite.getAttribute("tests"), suite.getAttribute("failures"), suite.getAttribute("errors")))
                .containsExactly("7", "1", "0");
        assertThat(tests(suite)).hasSize(7).doesNotHaveDuplicates().contains("fid<=2.05", "recall>=0.2");
        Element failure = (Element) suite.getElementsByTagName("failure").item(0);
        assertThat(failure.getAttribute("message")).isEqualTo("gate recall>=0.2 is not met: recall is 0.1");
        assertThat(((Element) failure.getParentNode()).getAttribute("name")).isEqualTo("recall>=0.2");

        // Again, and two more.
        long before = Files.lines(folder.resolve("runs")).count();
        JsonNode again = sweep("--outstd=0.05,0.063,0.08,0.1,0.125,0.16,0.18", "--gate", "fid < 2.05", "--json")
                .json();
        assertThat(Files.lines(folder.resolve("runs")).count() - before).isEqualTo(2);
        assertThat(again.at("/sweep/state").asString()).isEqualTo("done");
        assertThat(again.at("/sweep/optimum/sigmaRel").asDouble()).isCloseTo(0.1, within(0.01));
        assertThat(again.at("/sweep/optimum/value").asDouble()).isCloseTo(2, within(0.03));
        assertThat(again.at("/trials").size()).isEqualTo(7);
        assertThat(again.at("/gates/0/met").asBoolean()).isTrue();
        assertThat(again.at("/recommended/trials").asInt()).isEqualTo(7);
        assertThat(Shell.names(folder)).noneMatch(name -> name.endsWith(".tmp"));
    }

    @Test
    void gatesCompareWithWhatWasFoundBefore() {
        String home = "--phema.home=" + folder.resolve("before");
        String good = "--outstd=0.08,0.09,0.1,0.11,0.13";
        Shell.Result first = sweep(home, good, "--gate=fid<=last+1%", "--gate=fid<=recommended", "--json");
        assertThat(first.json().at("/gates/0/unjudged").asString())
                .isEqualTo("there is nothing to compare with: no sweep of this run, evaluator and metric ended before");
        assertThat(first.json().at("/gates/1/met").asBoolean()).isTrue();
        double value = first.json().at("/sweep/optimum/value").asDouble();
        double error = first.json().at("/sweep/optimum/standardError").asDouble();

        Shell.Result worse = sweep(home, "--outstd=0.15", "--gate=fid<=last+1%", "--gate=fid<=recommended+20%");
        assertThat(worse.status()).isEqualTo(3);
        assertThat(worse.out()).contains("gate fid<=recommended+20% is met: fid is 2.1");
        assertThat(worse.err())
                .containsPattern(
                        "gate fid<=last\\+1% is not met: fid is 2\\.1\\d+ \\+- 0\\.\\d+, and the bound 2\\.0\\d+"
                                + " of sweep \\w+ of 5 EMA lengths\n");
        Shell.Result other = sweep(home, "--outstd=0.15", "--gate=recall>=recommended");
        assertThat(other.complaint())
                .endsWith("cannot be compared with what is recommended for edm2, which has the fid of valley");

        String near = "--gate=fid<=" + (value - error / 2);
        assertThat(sweep(home, good, near).fine().out()).contains(" is met: fid is 2", ", within noise\n");
        assertThat(sweep(home, good, near, "--within-noise=fail").status()).isEqualTo(3);
        assertThat(sweep(home, good, "--gate=fid<=" + (value + error / 2), "--within-noise=fail")
                        .status())
                .isEqualTo(3);
        assertThat(sweep(home, good, "--gate=fid<=" + (value - 2 * error)).status())
                .isEqualTo(3);
    }

    /** As {@code valley}, and greater by 0.5 for seeds from 110 on, by 10 for 4 steps. */
    private static final String DRIFT = """
            s=$(sed -n 's/.*"sigmaRel":\\([0-9.]*\\).*/\\1/p' "$1")
            grep -q '"seeds":"110' "$1" && worse=0.5
            grep -q '"steps":4' "$1" && worse=10
            awk -v s="$s" -v w="${worse:-0}" \\
                'BEGIN { x = log(s / 0.1); printf "{\\"fid\\": %.6f}\\n", 2 * exp(x * x / 2) + w }'
            """;

    private static final String LENGTHS = "--outstd=0.06,0.08,0.1,0.125,0.16";

    private static Shell.Result drift(String home, String... more) throws IOException {
        Path script = Files.writeString(folder.resolve("drift.sh"), DRIFT);
        List<String> args = new ArrayList<>(List.of("sweep", Shell.EDM2, "--evaluator=drift"));
        args.add("--phema.home=" + folder.resolve(home));
        args.add("--phema.evaluators.drift.type=command");
        args.add("--phema.evaluators.drift.command=sh," + script + ",{trial}");
        args.addAll(List.of(more));
        return Shell.phema(args.toArray(String[]::new));
    }

    /** {@code of sweep ID}, with the sweep that a command printed as JSON. */
    private static String of(Shell.Result result) {
        return " of sweep " + result.json().at("/sweep/id").asString();
    }

    @Test
    void aGateThatIsNotMetIsNotMetByTheSameCommandAgain() throws Exception {
        Shell.Result good = drift("again", LENGTHS, "--seeds=0-9", "--json");
        String[] worse = {LENGTHS, "--seeds=110-119", "--gate=fid<=last+1%", "--gate=fid<=recommended+1%"};
        for (int time = 0; time < 3; time++) {
            Shell.Result result = drift("again", worse);
            assertThat(result.status()).isEqualTo(3);
            assertThat(result.err())
                    .containsPattern("gate fid<=last\\+1% is not met: fid is 2\\.[45].*, and the bound 2\\.0\\d+"
                            + of(good) + " of 5 EMA lengths\n")
                    .containsPattern("gate fid<=recommended\\+1% is not met: .*, and the bound 2\\.0\\d+ of what was"
                            + " recommended, by" + of(good).substring(3) + " of 5 EMA lengths\n");
        }
        // What was found since by others is compared.
        Shell.Result more = drift("again", LENGTHS, "--seeds=20-29", "--json");
        assertThat(drift("again", worse).err()).contains(of(more) + " of 5 EMA lengths\n");
    }

    @Test
    void noNamedSweepIsComparedWithItself() throws Exception {
        Shell.Result good = drift("named", LENGTHS, "--seeds=0-9", "--name=nightly", "--json");
        for (int time = 0; time < 2; time++) {
            Shell.Result result = drift(
                    "named",
                    LENGTHS,
                    "--seeds=110-119",
                    "--name=nightly",
                    "--gate=fid<=last+1%",
                    "--gate=fid<=recommended+1%");
            assertThat(result.status()).isEqualTo(3);
            assertThat(result.err()).contains(of(good) + " of 5 EMA", "recommended, by" + of(good).substring(3));
        }
    }

    @Test
    void whatCannotBeComparedIsPassedOver() throws Exception {
        Shell.Result good = drift("passed", LENGTHS, "--seeds=0-9", "--param=steps=32", "--json");
        Path markdown = folder.resolve("passed.md");
        drift("passed", LENGTHS, "--seeds=0-9", "--param=steps=4");
        drift("passed", LENGTHS, "--seeds=0-9", "--param=steps=32", "--guidance=1.5");
        drift("passed", "--outstd=0.17", "--seeds=20-29", "--param=steps=32");
        String[] worse = {
            LENGTHS, "--seeds=110-119", "--param=steps=32", "--gate=fid<=last+1%", "--markdown=" + markdown
        };
        Shell.Result result = drift("passed", worse);
        assertThat(result.status()).isEqualTo(3);
        assertThat(result.err()).contains(of(good) + " of 5 EMA lengths");
        assertThat(markdown).content().containsPattern("\\| not met, the bound 2\\.0\\d+" + of(good) + " of 5 EMA");

        for (String[] other : new String[][] {
            {LENGTHS, "--seeds=0-9", "--param=steps=4"},
            {LENGTHS, "--seeds=0-9", "--param=steps=32", "--guidance=1.5"},
            {"--outstd=0.17", "--seeds=20-29", "--param=steps=32"}
        }) drift("nothing" + other.length + other[0].length(), other);
        assertThat(drift("nothing" + 3 + LENGTHS.length(), worse).out())
                .containsPattern("is met, as there is nothing to compare with: the last sweep, \\w+, has steps=4, and"
                        + " this sweep steps=32\n");
        assertThat(drift("nothing" + 4 + LENGTHS.length(), worse).out())
                .contains("has guidance 1.5, and this sweep no guidance\n");
        assertThat(drift("nothing" + 3 + "--outstd=0.17".length(), worse).out())
                .contains("is of 1 length, too few to tell a best one, and this sweep of 5\n");
    }

    @Test
    void aMetricThatTheEvaluatorLacksIsBadInput() {
        String home = "--phema.home=" + folder.resolve("lacking");
        for (String metric : List.of("--metric=fid,nope", "--metric=nope")) {
            Shell.Result result = sweep(home, "--outstd=0.08,0.1,0.12", metric);
            assertThat(result.status()).isEqualTo(2);
            assertThat(result.err()).contains("gave fid, recall, but not the sweep's metric nope");
        }
        assertThat(sweep(home, "--outstd=0.08,0.1,0.12", "--gate=nope<=1").status())
                .isEqualTo(2);
        assertThat(sweep(home, "--outstd=0.2").status()).isEqualTo(1);
    }

    @Test
    void gatesCompareOnlyWhatCanBeCompared() {
        String home = "--phema.home=" + folder.resolve("incomparable");
        String lengths = "--outstd=0.08,0.09,0.1,0.11,0.13";
        String[] gates = {"--gate=fid<=last-1", "--gate=fid<=recommended-1"};
        sweep(home, lengths, "--seeds=0-49").fine();
        Shell.Result more = sweep(home, lengths, "--seeds=0-99", gates[0], gates[1]);
        assertThat(more.fine().out())
                .containsPattern("gate fid<=last-1 is met, as there is nothing to compare with: the last sweep, \\w+,"
                        + " has evaluations of 50 images each, and this sweep of 100\n")
                .contains("gate fid<=recommended-1 is met, as there is nothing to compare with: what is recommended has"
                        + " evaluations of 50 images each, and this sweep of 100\n");

        String settings = "--phema.evaluators.valley.command=sh,%s,{trial},%s,other"
                .formatted(folder.resolve("valley.sh"), folder.resolve("runs"));
        assertThat(sweep(home, lengths, "--seeds=0-49", settings, gates[1])
                        .fine()
                        .out())
                .contains("the evaluator of what is recommended had other settings");

        assertThat(sweep(home, lengths, "--seeds=0-49", "--time=200000", gates[1])
                        .fine()
                        .out())
                .contains("what is recommended is of a later time, 262144, and this sweep of 200000");
        assertThat(sweep(home, lengths, "--seeds=0-49", gates[0], gates[1]).status())
                .isEqualTo(3); // of a later time, and the same otherwise
    }

    @Test
    void aTrialNamesAFileWithTheWeights() throws Exception {
        Path script = Files.writeString(folder.resolve("weights.sh"), """
                w=$(sed -n 's/.*"weights":"\\([^"]*\\)".*/\\1/p' "$1")
                test -s "$w" && echo '{"fid": 1}'
                """);
        List<String> args = new ArrayList<>(List.of("sweep", Shell.EDM2, "--evaluator=weights", "--outstd=0.1"));
        args.add("--phema.home=" + folder.resolve("weights"));
        args.add("--phema.evaluators.weights.type=command");
        args.add("--phema.evaluators.weights.retries=0");
        args.add("--phema.evaluators.weights.command=sh," + script + ",{trial}");
        Shell.Result result = Shell.phema(args.toArray(String[]::new));
        assertThat(result.status()).as(result.err()).isZero();
    }

    /** {@code fid} has its minimum of 2 at a window of 80000, {@code accuracy} its maximum of 0.9. */
    private static final String WINDOWS = """
            w=$(sed -n 's/.*"length":\\([0-9.]*\\).*/\\1/p' "$1")
            awk -v w="$w" 'BEGIN { x = log(w / 80000); printf "{\\"fid\\": %.6f, \\"accuracy\\": %.6f}\\n", 2 * exp(x * x / 2), 0.9 - x * x / 10 }'
            """;

    @Test
    void lengthsMayBeThoseOfAnyFamily() throws Exception {
        Files.writeString(folder.resolve("windows.sh"), WINDOWS);
        Path csv = folder.resolve("windows.csv");
        Path junit = folder.resolve("windows.xml");
        List<String> args = new ArrayList<>(List.of(
                "sweep",
                Shell.EDM2,
                "--evaluator=windows",
                "--profile=decay:cosine:{}",
                "--gate=fid<=2.05",
                "--csv=" + csv,
                "--junit=" + junit,
                "--phema.home=" + folder.resolve("windows"),
                "--phema.evaluators.windows.type=command",
                "--phema.evaluators.windows.command=sh," + folder.resolve("windows.sh") + ",{trial}"));
        List<String> grid = new ArrayList<>(args);
        grid.add("--lengths=40000,60000,...,140000");
        Shell.Result result = Shell.phema(grid.toArray(String[]::new));
        assertThat(result.status()).as(result.err()).isZero();
        assertThat(result.out())
                .startsWith("edm2: 6 trials of windows\nwindow  accuracy     fid\n40000    0.85196  2.5431\n")
                .containsPattern("\nbest: decay:cosine:\\d+(\\.\\d+)? \\(\\d+[.\\d]* to \\d+[.\\d]*\\), fid 2")
                .containsPattern(
                        "\nrecommended for edm2: decay:cosine:\\d+[.\\d]*, fid 2.* from 6 trials of 6 windows, 50,000"
                                + " images each; the best window lies between ")
                .contains("gate fid<=2.05 is met");
        assertThat(csv).content().startsWith("trial,profile,length,time,").contains("1,decay:cosine:60000,60000.0,");
        assertThat(tests(suite(junit))).contains("decay:cosine:60000, time 262144, seeds 0-49999");

        List<String> search = new ArrayList<>(args);
        search.addAll(List.of("--lengths=10000,250000", "--mode=search", "--json"));
        JsonNode found = JsonMapper.shared()
                .readTree(Shell.phema(search.toArray(String[]::new)).out());
        assertThat(found.at("/sweep/optimum/length").asDouble()).isBetween(68_000.0, 93_000.0);
        assertThat(found.at("/sweep/profile").asString()).isEqualTo("decay:cosine:{}");
    }

    @Test
    void metricsHaveDirectionsAndTheFirstIsOptimised() throws Exception {
        Files.writeString(folder.resolve("windows.sh"), WINDOWS);
        Path markdown = folder.resolve("directions.md");
        List<String> args = new ArrayList<>(List.of(
                "sweep",
                Shell.EDM2,
                "--evaluator=windows",
                "--profile=uniform:{}",
                "--metric=accuracy:max,fid",
                "--phema.home=" + folder.resolve("directions"),
                "--phema.evaluators.windows.type=command",
                "--phema.evaluators.windows.command=sh," + folder.resolve("windows.sh") + ",{trial}"));
        List<String> grid = new ArrayList<>(args);
        grid.addAll(List.of(
                "--lengths=40000,60000,...,140000",
                "--gate=accuracy>=0.89",
                "--gate=fid<=2.01",
                "--markdown=" + markdown));
        Shell.Result result = Shell.phema(grid.toArray(String[]::new));
        assertThat(result.status()).as(result.out() + result.err()).isZero();
        assertThat(result.out())
                .startsWith("edm2: 6 trials of windows\nwindow  accuracy     fid\n")
                .containsPattern(
                        "\nbest: uniform:[678]\\d{4}(\\.\\d+)? \\(.*\\), accuracy 0\\.[89]\\d*( \\+- 0\\.0\\d+)?, fid 2\n")
                .contains("\naccuracy\n", "\nfid\n", "gate accuracy>=0.89 is met")
                .containsPattern("recommended for edm2: uniform:[678]\\d{4}.*, accuracy 0\\.");
        assertThat(markdown).content().contains("| window | accuracy | fid |");

        List<String> search = new ArrayList<>(args);
        search.addAll(List.of("--lengths=10000,250000", "--mode=search", "--json"));
        JsonNode found = JsonMapper.shared()
                .readTree(Shell.phema(search.toArray(String[]::new)).out());
        assertThat(found.at("/sweep/optimum/length").asDouble()).isBetween(60_000.0, 105_000.0);
        assertThat(found.at("/sweep/optimum/value").asDouble()).isBetween(0.88, 0.92);
        assertThat(found.at("/sweep/metrics").toString())
                .isEqualTo("[{\"name\":\"accuracy\",\"direction\":\"max\"},{\"name\":\"fid\",\"direction\":\"min\"}]");
        assertThat(found.at("/recommended/direction").asString()).isEqualTo("max");
    }

    @Test
    void saysWhatItsRunDoesNotUse() throws Exception {
        Path run = Files.createDirectory(folder.resolve("damaged"));
        for (String name : Shell.names(Path.of(Shell.EDM2))) Files.copy(Path.of(Shell.EDM2, name), run.resolve(name));
        Path damaged = run.resolve("network-snapshot-0000131-0.050.pkl");
        Files.write(damaged, Arrays.copyOf(Files.readAllBytes(damaged), 1000));
        List<String> args = new ArrayList<>(List.of("sweep", run.toString(), "--evaluator=valley", "--outstd=0.1"));
        args.addAll(settings(folder.resolve("damaged-home")));
        Shell.Result result = Shell.phema(args.toArray(String[]::new));
        assertThat(result.status()).isZero();
        assertThat(result.err())
                .contains("note: 1 file of run damaged is not used; `phema inspect " + run + "` says why\n");
        assertThat(Shell.phema("inspect", run.toString()).out()).contains("not used (", damaged.getFileName() + ":");
    }

    @Test
    void saysWhatOthersLeftInItsQueue() {
        String home = "--phema.home=" + folder.resolve("left-home");
        List<String> settings = new ArrayList<>(settings(folder.resolve("left-home")));
        settings.addAll(List.of("--phema.worker.enabled=false", "--phema.roots=" + Path.of(Shell.EDM2)));
        try (ConfigurableApplicationContext killed = new SpringApplicationBuilder(PhemaApplication.class)
                .web(WebApplicationType.NONE)
                .run(settings.toArray(String[]::new))) {
            killed.getBean(Queue.class).add("trial", List.of("gone/0", "gone/1"), 0);
            killed.getBean(JdbcClient.class) // so that they are there until this process has looked
                    .sql("update scheduled_tasks set execution_time = ? where task_name = 'trial'")
                    .param(Timestamp.from(Instant.parse("2100-01-01T00:00:00Z")))
                    .update();
        }
        Shell.Result result = sweep(home, "--outstd=0.1");
        assertThat(result.status()).isZero();
        assertThat(result.err()).contains("note: 2 other trials or parts of syntheses wait in phema.home already");
    }

    @Test
    void failsWhenATrialDoes() throws Exception {
        Path junit = folder.resolve("failed.xml");
        Shell.Result result = sweep("--outstd=0.07,0.2", "--gate=fid<=1", "--junit=" + junit);
        assertThat(result.status()).isEqualTo(1);
        assertThat(result.err())
                .contains("trial 1 failed: ended with status 3\n", "out of ? memory")
                .contains("is failed; 1 of 2 trials are done");
        assertThat(result.out())
                .contains("0.200            ", "  failed\n", "best: sigma_rel 0.070, fid")
                .containsPattern("\nonly offered: sigma_rel 0\\.070, fid .*: 1 of 2 trials of its sweep failed or were"
                        + " cancelled; it rests on 1 EMA length, fewer than the 4");
        Element suite = suite(junit);
        assertThat(List.of(suite.getAttribute("tests"), suite.getAttribute("failures"), suite.getAttribute("errors")))
                .containsExactly("3", "1", "1");
        Element error = (Element) suite.getElementsByTagName("error").item(0);
        assertThat(error.getAttribute("message")).isEqualTo("ended with status 3");
        assertThat(error.getTextContent()).contains("out of ? memory");
    }

    @Test
    void aGateOnAMetricThatNoTrialReportedIsBadInput() throws Exception {
        Path junit = folder.resolve("unknown.xml");
        Shell.Result result = sweep("--outstd=0.055", "--gate=precision>0", "--junit=" + junit);
        assertThat(result.complaint())
                .isEqualTo("phema: --gate precision>0 names no metric of this sweep; its trials reported fid, recall");
        assertThat(suite(junit).getElementsByTagName("error").getLength()).isEqualTo(2);
    }

    private static Element suite(Path xml) throws Exception {
        return (Element) DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(xml.toFile())
                .getElementsByTagName("testsuite")
                .item(0);
    }

    private static List<String> tests(Element suite) {
        NodeList cases = suite.getElementsByTagName("testcase");
        List<String> names = new ArrayList<>();
        for (int i = 0; i < cases.getLength(); i++) names.add(((Element) cases.item(i)).getAttribute("name"));
        return names;
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            --outstd=0.1 --gate=fid=<2      | 'fid=<2' is not a metric, one of <= >= < >, and a number, as in fid<=2.6, or last or recommended, as in fid<=last+1%
            --outstd=0.1 --gate=fid<=first  | 'fid<=first' is not a metric
            --outstd=0.1 --gate=fid<=1e999  | 'fid<=1e999' has a bound beyond all numbers
            --outstd=0.1 --gate=fid<=last+1e400 | 'fid<=last+1e400' has a bound beyond all numbers
            --outstd=0.1 --within-noise=no  | expected one of [pass, fail]
            --outstd=0.1 --gate=fid         | 'fid' is not a metric
            --outstd=0.1 --seeds=5-2        | --seeds' (RANGE): seeds go from a first to a last one, as in 0-49999, not 5-2
            --outstd=0.1 --guide=small      | 'small' is not of the form RUN@0.05,0.10
            --outstd=0.1 --guide=small@x    | 'x' in 'x' is not a number
            --outstd=0.1 --junit=/no/x.xml  | --junit: /no is no folder that can be written to
            --outstd=0.1 --mode=random      | expected one of [grid, search]
            --metric=fid                    | Missing required option: '--outstd=LIST'
            --lengths=0.1 --outstd=0.1      | --outstd and --lengths exclude each other
            --profile=uniform:{} --outstd=3 | --outstd is for power:{}; give the lengths of uniform:{} with --lengths
            --profile=uniform:3 --lengths=3 | the profile "uniform:3" must have exactly one {}
            --profile=swa:{} --lengths=3    | is no family of lengths; there are power:{}
            --profile=uniform:{}            | Missing required option: '--outstd=LIST', or '--profile=TEMPLATE' with '--lengths=LIST'
            --outstd=0.1 --metric=fid:up    | the metric fid:up ends in :up, which is no direction; there are min, max
            --outstd=0.1 --url=here         | --url here is not of the form http://host:8080
            --outstd=0.1 --frobnicate       | '--frobnicate' is not a setting of the form --name=value
            --outstd=0.1 --gates=fid<=1     | Unknown option: '--gates'; --gate may be meant; see phema sweep --help
            --outstd=0.1 --seed=0-9         | Unknown option: '--seed'; --seeds may be meant
            --outstd=0.1 --max-trail=1      | Unknown option: '--max-trail'; --max-trials may be meant
            --outstd=0.1 --frobnicate=1     | Unknown option: '--frobnicate'; see phema sweep --help
            """)
    void isRefusedBeforeAnythingIsStarted(String options, String complaint) {
        String[] args = ("sweep edm2 " + options).split(" ");
        assertThat(Shell.phema(args).complaint()).contains(complaint);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            --profile=uniform:{} --lengths=300000 --evaluator=valley | uniform:300000: the window must lie in (0, 262144.0], the end time, not 300000.0
            --outstd=0.1 --evaluator=nobody                       | no evaluator is named nobody; phema.evaluators has builtin, missing, valley; one whose trials clients ask for is named remote:nobody
            --outstd=0.00001,0.00002,...,0.2 --guidance=0.0001,0.0002,...,5 | the grid has 1000000000 points; phema.sweep.max-points allows 10000
            --outstd=0.1 --metric=fd_random --evaluator=builtin --gate=fid<=2 | --gate fid<=2 names no metric of this sweep; builtin reports fd_random
            """)
    void isRefusedBeforeAnythingIsRun(String options, String complaint) {
        List<String> args = new ArrayList<>(List.of("sweep", Shell.EDM2));
        args.addAll(settings(folder.resolve("refused")));
        args.addAll(List.of(options.split(" ")));
        assertThat(Shell.phema(args.toArray(String[]::new)).complaint()).isEqualTo("phema: " + complaint);
    }

    @Test
    void namesTheSettingThatItCannotUnderstand() {
        assertThat(sweep("--outstd=0.1", "--phema.worker.threads=many").complaint())
                .startsWith("phema: cannot start with these settings: phema.worker.threads: ")
                .contains("many");
    }
}
