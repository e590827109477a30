package phema.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static phema.Fixtures.fixture;
import static phema.format.Samples.assertRefused;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class WeightFilesTest {
    @TempDir
    Path folder;

    @Test
    void theContentTellsTheFormat() throws IOException {
        Path pickle = Files.copy(fixture("edm2/network-snapshot-0000016-0.050.pkl"), folder.resolve("a.safetensors"));
        Path safetensors =
                Files.copy(fixture("safetensors/network-snapshot-0000016-0.050.safetensors"), folder.resolve("a.pkl"));
        assertThat(WeightFiles.read(pickle).format()).isEqualTo(Format.EDM2_PICKLE);
        assertThat(WeightFiles.read(safetensors).format()).isEqualTo(Format.SAFETENSORS);
    }

    @Test
    void whatIsNoWeightFileIsNamed() throws IOException {
        assertRefused(Files.writeString(folder.resolve("a.txt"), "hello, world"), "is neither safetensors");
        assertRefused(Files.write(folder.resolve("a.pkl"), new byte[0]), "is empty");
        assertRefused(
                Files.writeString(folder.resolve("a.pt"), "PK\u0003\u0004 and so on"),
                "has no zip directory at its end");
        assertRefused(folder, "is a folder");
        assertRefused(folder.resolve("gone.pkl"), "does not exist");
    }

    @Test
    @Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void aPipeIsRefusedWithoutWaitingForItsWriter() throws Exception {
        Path pipe = folder.resolve("pipe.pkl");
        assumeTrue(isMade("mkfifo", pipe.toString()), "no named pipes here");
        assertRefused(pipe, "is a pipe or a device, not a regular file");
    }

    @Test
    void aDeviceIsRefused() {
        Path device = Path.of("/dev/zero");
        assumeTrue(Files.exists(device), "no devices here");
        assertRefused(device, "is a pipe or a device, not a regular file");
    }

    private static boolean isMade(String... command) throws InterruptedException {
        try {
            Process process = new ProcessBuilder(command).start();
            return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0;
        } catch (IOException e) {
            return false;
        }
    }
}
