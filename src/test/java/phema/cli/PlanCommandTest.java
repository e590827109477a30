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
        assertThat(plan.propertyNames()).containsExactly("deletable", "deletableBytes", "targets");
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

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            '' | either --indir DIR
            --indir nowhere --times 8                      | either --indir DIR
            --indir nowhere                                | nowhere
            --indir EDM2 --max-error -1                    | --max-error
            --indir EDM2 --outstd 0.4                      | 0.288675
            --indir EDM2 --outkimg 900                     | reach from
            --indir EDM2 --outkimg 65.9                    | whole thousands of images
            --times 1                                      | 2..1024
            --times 16.5                                   | 2..1024
            --times 16 --instd 0.4                         | --instd
            --times 16 --outstd 0.4                        | --outstd
            --times 16 --params many                       | 280M
            --times 16 --like nowhere                      | nowhere
            """)
    void refusesWhatMakesNoSense(String options, String says) {
        assertThat(Shell.phema(("plan " + options.replace("EDM2", Shell.EDM2)).strip())
                        .complaint())
                .contains(says);
    }
}
