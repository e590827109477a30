package phema.edm2;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is decided from what nvidia-smi says, by programs that say the same. */
@DisabledOnOs(OS.WINDOWS)
class GpuTest {
    @TempDir
    private Path folder = Path.of("");

    private Device saying(String output, int status) throws IOException {
        Path program = Files.writeString(folder.resolve("nvidia-smi"), """
                #!/bin/sh
                [ "$*" = "--query-gpu=name,compute_cap,memory.total --format=csv,noheader,nounits" ] || exit 3
                echo '%s'
                exit %d
                """.formatted(output, status));
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
        return Device.choose(true, program.toString());
    }

    /** Capabilities as NVIDIA's list of CUDA GPUs has them. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            Tesla K80, 3.7, 81559               | true  | Tesla K80 (sm_37), covered by this build
            Tesla K40m, 3.5, 81559              | false | Tesla K40m (sm_35) not used
            Tesla V100-SXM2-16GB, 7.0, 81559    | true  | Tesla V100-SXM2-16GB (sm_70), covered by this build
            Tesla T4, 7.5, 81559                | true  | Tesla T4 (sm_75), covered by this build
            NVIDIA A100-SXM4-40GB, 8.0, 81559   | true  | NVIDIA A100-SXM4-40GB (sm_80), covered by this build
            NVIDIA GeForce RTX 4090, 8.9, 81559 | true  | NVIDIA GeForce RTX 4090 (sm_89), covered by this build
            NVIDIA H100 80GB HBM3, 9.0, 81559   | false | NVIDIA H100 80GB HBM3 (sm_90) not used: this build has code for sm_37 to sm_86 only, so the CPU computes
            NVIDIA B200, 10.0, 81559            | false | NVIDIA B200 (sm_100) not used
            """)
    void knowsWhichArchitecturesItHasCodeFor(String line, boolean gpu, String remark) throws IOException {
        Device device = saying(line, 0);
        assertThat(device.gpu()).isEqualTo(gpu);
        assertThat(device.remark()).startsWith(remark);
    }

    @Test
    void takesSeveralOnlyTogether() throws IOException {
        String a100 = "NVIDIA A100-SXM4-40GB, 8.0, 40960";
        assertThat(saying(a100 + "\n" + a100, 0))
                .isEqualTo(new Device(
                        true, "NVIDIA A100-SXM4-40GB (sm_80), NVIDIA A100-SXM4-40GB (sm_80), covered by this build"));
        Device mixed = saying(a100 + "\nNVIDIA H100 PCIe, 9.0, 81559", 0);
        assertThat(mixed.gpu()).isFalse();
        assertThat(mixed.remark()).startsWith("NVIDIA H100 PCIe (sm_90) not used");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            No devices were found | 6
            NVIDIA-SMI has failed because it couldnt communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is installed and running. | 9
            Field "compute_cap" is not a valid field to query. | 2
            """)
    void usesNoneWhereTheDriverShowsNone(String complaint, int status) throws IOException {
        assertThat(saying(complaint, status)).isEqualTo(new Device(false, "no GPU: " + complaint));
    }

    @Test
    void usesNoneWhereTheAnswerIsNotUnderstood() throws IOException {
        assertThat(saying("NVIDIA A100-SXM4-40GB, [N/A], 40960", 0).remark())
                .endsWith("says: NVIDIA A100-SXM4-40GB, [N/A], 40960");
        assertThat(saying("", 0).remark()).endsWith("nvidia-smi says nothing");
    }

    @Test
    void usesNoneWithoutADriver() {
        assertThat(Device.choose(true, "nvidia-smi-of-nobody"))
                .isEqualTo(new Device(false, "no GPU: nvidia-smi-of-nobody cannot be started"));
    }

    @Test
    void looksForNoneInABuildWithoutCuda() {
        assertThat(Device.choose(false, "nvidia-smi-of-nobody")).isEqualTo(new Device(false, ""));
    }
}
