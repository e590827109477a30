package phema.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import phema.time.Await;

/** However a sweep ends, its reports say so. */
@DisabledOnOs(OS.WINDOWS)
class SweepEndsTest {
    /** Fails at 0.2, and takes long from 0.12 on. */
    private static final String SLOW = """
            s=$(sed -n 's/.*"sigmaRel":\\([0-9.]*\\).*/\\1/p' "$1")
            if [ "$s" = 0.2 ]; then echo out of memory; exit 3; fi
            case "$s" in 0.12*|0.13*) : > "${0%/*}/sleeping"; sleep 60;; esac
            echo "{\\"fid\\": $s}"
            """;

    @TempDir
    private static Path folder = Path.of("");

    private final Path junit = folder.resolve("sweep.xml");
    private final Path markdown = folder.resolve("sweep.md");
    private final Path csv = folder.resolve("sweep.csv");

    @BeforeAll
    static void write() throws IOException {
        Files.writeString(folder.resolve("slow.sh"), SLOW);
    }

    /** Spring keeps it for the process. */
    @AfterAll
    static void logAgain() {
        System.clearProperty("CONSOLE_LOG_THRESHOLD");
    }

    @BeforeEach
    void begin() throws IOException {
        for (Path report : List.of(junit, markdown, csv)) Files.deleteIfExists(report);
    }

    private List<String> args(String... more) {
        List<String> args = new ArrayList<>(List.of("sweep", Shell.EDM2, "--evaluator=slow"));
        args.addAll(List.of("--junit=" + junit, "--markdown=" + markdown, "--csv=" + csv));
        args.add("--phema.home=" + folder.resolve("home"));
        args.add("--phema.evaluators.slow.type=command");
        args.add("--phema.evaluators.slow.retries=0");
        args.add("--phema.evaluators.slow.command=sh," + folder.resolve("slow.sh") + ",{trial}");
        args.addAll(List.of(more));
        return args;
    }

    private Shell.Result sweep(String... more) {
        return Shell.phema(args(more).toArray(String[]::new));
    }

    @Test
    void aLimitOfTimeIsStatusFourAndWhatWasFoundIsJudged() {
        Shell.Result result = sweep("--outstd=0.05,0.12", "--time-limit=8s", "--gate=fid<=0.04");
        assertThat(result.status()).isEqualTo(4);
        assertThat(result.out()).contains("best so far: sigma_rel 0.050", "gate fid<=0.04 is not met: fid is 0.05");
        assertThat(result.err())
                .containsPattern("phema: the time limit of 8s is reached, and sweep \\w+ is cancelled; 1 of 2 trials");
        assertThat(junit)
                .content()
                .contains("tests=\"4\" failures=\"1\" errors=\"1\" skipped=\"1\"", "<skipped message=\"cancelled\"/>")
                .contains("<error message=\"the time limit of 8s is reached");
        assertThat(markdown).content().contains("**the time limit of 8s is reached", "| 0.050 | 0.05 | done |");
        assertThat(csv).content().contains(",cancelled,false,");
    }

    @Test
    void aLimitOfTrialsCountsWhatIsEvaluatedNow() {
        assertThat(sweep("--outstd=0.06").status()).isZero();
        Shell.Result result = sweep("--outstd=0.06,0.07,0.121,0.122", "--max-trials=1");
        assertThat(result.status()).isEqualTo(4);
        assertThat(result.err()).contains("phema: the limit of 1 trials is reached", "; 2 of 4 trials are done");
        assertThat(junit).content().contains("tests=\"5\" failures=\"0\" errors=\"1\" skipped=\"2\"");
    }

    @Test
    void someTrialsMayFail() {
        Shell.Result result = sweep("--outstd=0.05,0.2", "--allow-failures=1", "--gate=fid<=0.1");
        assertThat(result.status()).isZero();
        assertThat(result.err())
                .contains("trial 1 failed: ended with status 3", "is failed, which --allow-failures 1 allows; 1 of 2");
        assertThat(junit)
                .content()
                .contains("tests=\"3\" failures=\"0\" errors=\"0\" skipped=\"1\"")
                .contains("<skipped message=\"failed, which is allowed: ended with status 3");
        assertThat(sweep("--outstd=0.05,0.2", "--allow-failures=1", "--gate=fid<=0.01")
                        .status())
                .isEqualTo(3);
        assertThat(sweep("--outstd=0.2", "--allow-failures=1").status()).isEqualTo(1);
    }

    @Test
    void aGateThatNamesNothingEndsTheSweepAtTheFirstResult() {
        Shell.Result result = sweep("--outstd=0.05,0.123,0.124,0.125,0.126", "--gate=precision>0");
        assertThat(result.complaint())
                .isEqualTo("phema: --gate precision>0 names no metric of this sweep; its trials reported fid");
        assertThat(junit)
                .content()
                .contains(
                        "<error message=\"no trial reported precision\"", "<error message=\"--gate precision>0 names");
        assertThat(markdown).content().contains("**--gate precision\\>0 names no metric");
        assertThat(csv).content().contains(",done,").contains(",cancelled,");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            --outstd=0.1 --gate=fid=<2            | 'fid=<2' is not a metric
            --outstd=0.1 --time-limit=soon        | 'soon' is no time such as 90m, 2h or PT1H30M
            --outstd=0.1 --time-limit=0s          | '0s' is no time
            --outstd=0.1 --max-trials=0           | --max-trials must be at least 1, not 0
            --outstd=0.1 --allow-failures=-1      | --allow-failures must not be negative
            --metric=fid                          | Missing required option: '--outstd=LIST'
            --outstd=0.1 --evaluator=nobody       | expected only one
            --outstd=0.1 --metric=fid:up          | the metric fid:up ends in :up
            --outstd=0.1 --phema.worker.threads=x | phema.worker.threads
            --outstd=0.5                          | sigma_rel must lie in (0, 0.288675), not 0.5
            """)
    void whatIsRefusedIsReported(String options, String complaint) {
        Shell.Result result = sweep(options.split(" "));
        String said =
                result.complaint().replace("&", "&amp;").replace("<", "&lt;").replace("\"", "&quot;");
        assertThat(result.complaint()).contains(complaint.equals("expected only one") ? "evaluator" : complaint);
        assertThat(junit)
                .content()
                .contains("tests=\"1\" failures=\"0\" errors=\"1\"")
                .contains(
                        "<error message=\"" + said.replaceFirst("^phema: ", "").replaceFirst("; see phema.*", ""));
        assertThat(markdown).content().startsWith("## phema sweep");
        assertThat(csv).content().isEqualTo("trial,state,cached\r\n");
    }

    @Test
    void oneThatCannotBeWrittenKeepsNoOtherFromIt() {
        Shell.Result result = sweep("--outstd=0.1", "--json", "--phema.roots=x", "--time-limit=");
        assertThat(result.complaint()).contains("'' is no time");
        List<String> args = args("--outstd=0.1");
        args.set(args.indexOf("--csv=" + csv), "--csv=" + folder.resolve("no/where.csv"));
        assertThat(Shell.phema(args.toArray(String[]::new)).complaint())
                .contains("is no folder that can be written to");
        assertThat(junit).content().contains("is no folder that can be written to");
    }

    /** As runners of CI jobs do when time is up. */
    @Test
    void aSignalLeavesReports() throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                "phema.Phema"));
        command.addAll(args("--outstd=0.05,0.127", "--gate=fid<=0.06"));
        Path err = folder.resolve("stderr");
        Path sleeping = folder.resolve("sleeping");
        Files.deleteIfExists(sleeping);
        Process job = new ProcessBuilder(command)
                .redirectError(err.toFile())
                .redirectOutput(folder.resolve("stdout").toFile())
                .start();
        try {
            Await.until(() -> !job.isAlive() || Files.exists(sleeping));
            job.destroy();
            assertThat(job.waitFor(1, TimeUnit.MINUTES)).isTrue();
        } finally {
            job.destroyForcibly();
        }
        assertThat(job.exitValue()).isEqualTo(128 + 15);
        assertThat(err).content().contains("is cancelled; the same command goes on where it was");
        assertThat(junit)
                .content()
                .contains("tests=\"4\" failures=\"0\" errors=\"1\" skipped=\"1\"")
                .contains("<error message=\"sweep ", "name=\"fid&lt;=0.06\"");
        assertThat(markdown).content().contains("| fid\\<=0.06 | 0.05 | met |", "| 0.127 |  | cancelled |");
        assertThat(csv).content().contains(",done,").contains(",cancelled,");
    }
}
