package phema.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

class PlanCommandTest {
    @TempDir
    private Path folder;

    @Test
    void printsFilesThatXargsCanTakeAndDeletesNone() throws IOException {
        Path run = Shell.copy("edm2", folder.resolve("a run"));
        Shell.Result result = Shell.phema("plan", "--indir", run.toString(), "--max-error", "0.003", "--print0");
        assertThat(result.status()).isZero();
        assertThat(result.out()).endsWith("\0").doesNotContain("\n");
        List<String> files = List.of(result.out().split("\0"));
        assertThat(files).hasSizeBetween(16, 31).doesNotHaveDuplicates();
        assertThat(result.err()).contains(files.size() + " of 32 snapshots may be deleted");
        assertThat(Shell.names(run)).hasSize(32);

        for (String file : files) Files.delete(Path.of(file));
        for (JsonNode fit : Shell.phema(
                        "fit", "--indir", run.toString(), "--outstd", "0.05,0.15,0.25", "--files", "all", "--json")
                .json()
                .at("/fits"))
            assertThat(fit.at("/predictedRelativeErrors/blup").asDouble(1)).isLessThan(0.0031);
    }

    @Test
    void listsTheSameFilesLineByLine() {
        String plan = "plan --indir " + Shell.EDM2 + " --max-error 0.003 ";
        List<String> lines = Shell.phema(plan + "--list").out().lines().toList();
        assertThat(lines).isEqualTo(List.of(Shell.phema(plan + "--print0").out().split("\0")));
        String explained = Shell.phema(plan).fine().out();
        assertThat(explained).contains("predicted error now").contains(lines);
    }

    @Test
    void speaksTheWordsOfTheRestInterfaceInJsonAndAlwaysInTheSameOrder() {
        JsonNode plan = Shell.phema("plan --indir " + Shell.EDM2 + " --max-error 0.003 --outstd 0.1,0.2 --json")
                .json();
        assertThat(plan.propertyNames()).containsExactly("deletable", "deletableBytes", "targets", "notices");
        assertThat(plan.at("/notices/0").asString())
                .startsWith("Only averages that end at the newest snapshot are looked at")
                .endsWith("Name all times with --time.");
        assertThat(plan.at("/deletable").size()).isPositive();
        assertThat(plan.at("/deletableBytes").asLong()).isPositive();
        JsonNode target = plan.at("/targets/1");
        assertThat(target.propertyNames()).containsExactly("target", "errorNow", "errorAfter", "limit");
        assertThat(target.at("/target/spec").asString()).isEqualTo("power:0.2");
        assertThat(target.at("/errorAfter").asDouble())
                .isBetween(
                        target.at("/errorNow").asDouble(), target.at("/limit").asDouble());
    }

    @Test
    void keepsWhatAveragesOfEarlierTimesNeed() {
        String plan = "plan --indir " + Shell.EDM2 + " --max-error 0.003 --outstd 0.2 ";
        assertThat(Shell.phema(plan).fine().out()).contains("note: Only averages that end at the newest snapshot");
        String early = "network-snapshot-0000049-0.100.pkl";
        assertThat(Shell.phema(plan + "--list").out()).contains(early);
        JsonNode both = Shell.phema(plan + "--time 49152,262k --json").json();
        assertThat(both.at("/notices").size()).isZero();
        assertThat(both.at("/targets").findValuesAsString("time")).containsExactly("49152.0", "262144.0");
        assertThat(both.at("/deletable").toString()).doesNotContain(early);
    }

    @Test
    void comparesWaysToStoreARunAndRecommendsTheSmallestThatWillDo() {
        String plan = "plan --times 16,32 --params 280M --instd 0.05,0.1 --max-error 0.002 ";
        JsonNode ways = Shell.phema(plan + "--json").json();
        assertThat(ways.size()).isEqualTo(6);
        JsonNode smallest = ways.valueStream()
                .filter(way -> way.at("/withinMaxError").asBoolean())
                .findFirst()
                .orElseThrow();
        assertThat(smallest.at("/times").asInt()).isEqualTo(16);
        assertThat(smallest.at("/dtype").asString()).isEqualTo("f16");
        assertThat(smallest.at("/bytes").asLong()).isEqualTo(16L * 2 * 2 * 280_000_000);
        assertThat(Shell.phema(plan).fine().out())
                .contains("recommended, the smallest within 2.0e-03: 16 times 0.050+0.100 in f16, 17.9 GB");
        assertThat(Shell.phema(plan + "--outstd 0.005 --like " + Shell.EDM2)
                        .fine()
                        .out())
                .contains("none is within");
    }

    @Test
    void plansForWindowsAndForWhatTorchtitanStores() {
        String plan = "plan --times 32 --dtype f32 --end 100000 --profile decay:cosine:20000 ";
        JsonNode ways = Shell.phema(plan + "--json").json();
        assertThat(ways.size()).isEqualTo(5);
        double raw = ways.valueStream()
                .filter(way -> way.at("/stored/0").asString().equals("impulse"))
                .findFirst()
                .orElseThrow()
                .at("/errors/decay:cosine:20000")
                .asDouble();
        JsonNode titan = Shell.phema(plan + "--stored impulse --stored halflife-fraction:0.05 --json")
                .json();
        assertThat(titan.size()).isEqualTo(1);
        assertThat(titan.at("/0/bytes").asLong()).isEqualTo(32 * 2 * 4);
        assertThat(titan.at("/0/errors/decay:cosine:20000").asDouble()).isLessThan(raw / 2);
        assertThat(Shell.phema("plan --times 32 --profile decay:cosine:0.2 --outstd 0.03 --max-error 0.02 "
                                + "--stored halflife-fraction:0.05 --dtype f32")
                        .fine()
                        .out())
                .contains("at 0.03  at decay:cosine:0.2")
                .contains("recommended, the smallest within 2.0e-02: 32 times halflife-fraction:0.05 in f32");
    }

    @Test
    void saysWhichCheckpointsAWindowNeeds() {
        String plan = "plan --indir " + Shell.FIXTURES.resolve("checkpoints") + " --profile decay:linear:131072 ";
        JsonNode deletable = Shell.phema(plan + "--json").json();
        assertThat(deletable.at("/targets/0/target/spec").asString()).isEqualTo("uniform:131072");
        assertThat(deletable.at("/targets").size()).isEqualTo(1);
        assertThat(deletable.at("/deletable").size()).isBetween(5, 8);
        assertThat(Shell.phema(plan + "--list").out()).contains("step-00016384").doesNotContain("step-00262144");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            '' | either --indir DIR
            --indir nowhere --times 8                      | either --indir DIR
            --indir nowhere                                | nowhere
            --indir EDM2 --max-error -1                    | --max-error
            --indir EDM2 --outstd 0.4                      | 0.288675
            --indir EDM2 --outkimg 900                     | reach from
            --indir EDM2 --outkimg 65.9                    | whole thousands of images
            --indir EDM2 --time 900k                       | --time
            --indir EDM2 --time 65k --outkimg 65           | say the same
            --times 1                                      | 2..1024
            --times 16.5                                   | 2..1024
            --times 16 --instd 0.4                         | --instd
            --times 16 --outstd 0.4                        | --outstd
            --times 16 --profile decay:cosine:2            | window must lie in (0, 1.0]
            --times 16 --end 0                             | --end must be a number above 0
            --times 16 --stored ema:0.9                    | --stored
            --times 16 --stored decay:cosine:0.2           | --stored
            --indir EDM2 --profile decay:cosine            | --profile
            --times 16 --params many                       | 280M
            --times 16 --like nowhere                      | nowhere
            """)
    void refusesWhatMakesNoSense(String options, String says) {
        assertThat(Shell.phema(("plan " + options.replace("EDM2", Shell.EDM2)).strip())
                        .complaint())
                .contains(says);
    }
}
