package phema;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import phema.time.Await;

/** The script that Slurm runs, with something else in the place of a worker. */
@DisabledOnOs(OS.WINDOWS)
class SlurmTest {
    private static final String SCRIPT = "docker/slurm/workers.sbatch";

    @TempDir
    private Path folder;

    private Process start(String worker) throws IOException {
        Path phema = Files.writeString(folder.resolve("phema"), "#!/bin/bash\n" + worker + "\n");
        assertThat(phema.toFile().setExecutable(true)).isTrue();
        ProcessBuilder builder = new ProcessBuilder("bash", SCRIPT)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile());
        builder.environment().put("PHEMA", phema.toString());
        builder.environment().put("SPRING_DATASOURCE_URL", "jdbc:postgresql://db/phema");
        builder.environment().put("PHEMA_ROOTS", "/runs");
        return builder.start();
    }

    private int end(Process process) throws InterruptedException {
        assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        return process.exitValue();
    }

    @Test
    void bashReadsIt() throws Exception {
        assertThat(end(new ProcessBuilder("bash", "-n", SCRIPT).inheritIO().start()))
                .isZero();
    }

    @Test
    void aWorkerThatIsToldToEndFinishesWhatItHasBegun() throws Exception {
        Path begun = folder.resolve("begun");
        Path ended = folder.resolve("ended");
        Process script = start("trap 'sleep 1; echo $1 $PHEMA_WORKER_DRAIN > " + ended + "; exit 143' TERM; touch "
                + begun + "; while true; do sleep 0.1; done");
        Await.until(() -> Files.exists(begun));
        script.destroy();
        assertThat(end(script)).isZero();
        assertThat(Files.readString(ended)).isEqualTo("worker 540s\n");
    }

    @Test
    void aWorkerThatFailsIsSeenToFail() throws Exception {
        assertThat(end(start("exit 2"))).isEqualTo(2);
    }

    @Test
    void whatIsMissingIsSaid() throws Exception {
        ProcessBuilder builder = new ProcessBuilder("bash", SCRIPT)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile());
        builder.environment().remove("SPRING_DATASOURCE_URL");
        assertThat(end(builder.start())).isNotZero();
        assertThat(Files.readString(folder.resolve("log"))).contains("SPRING_DATASOURCE_URL: names the database");
    }
}
