package phema.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GenerateBenchCommandTest {
    @TempDir
    private Path folder;

    /** Benchmarks shall measure what is done with real runs, and nothing that only doubts about files take. */
    @Test
    void writesNetworksThatCanBeRunAndAveragesThatNobodyDoubts() {
        Path run = folder.resolve("run");
        assertThat(Shell.phema("bench generate --files 16 --mb 1 " + run).fine().out())
                .startsWith("wrote 16 files");
        String fit =
                Shell.phema("fit --indir " + run + " --outstd 0.075").fine().out();
        assertThat(fit)
                .contains("trajectory model: leaving out each of 16 files")
                .doesNotContain("belong", "doubt");

        Path latents = folder.resolve("latents.safetensors");
        Shell.Result drawn = Shell.phema("generate --net " + run.resolve("network-snapshot-0067108-0.100.pkl")
                + " --seeds 0 --steps 1 --out " + latents);
        assertThat(drawn.status()).as(drawn.err()).isZero();
        assertThat(latents).isRegularFile();
    }
}
