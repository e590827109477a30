package phema.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnxruntime.OrtException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What is decided from what nvidia-smi and ONNX Runtime say, by stand-ins for both. */
class OnnxDeviceTest {
    private static final OnnxDevice.Provider FINE = () -> {};

    @TempDir
    private Path folder = Path.of("");

    private String saying(String output) throws IOException {
        Path program = Files.writeString(folder.resolve("nvidia-smi"), "#!/bin/sh\necho '" + output + "'\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
        return program.toString();
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void takesTheFirstGpuAndAShareOfItsMemory() throws IOException {
        OnnxDevice device = OnnxDevice.choose(true, saying("NVIDIA H200, 9.0, 143771\nTesla T4, 7.5, 15360"), FINE);
        assertThat(device).isEqualTo(new OnnxDevice(true, "NVIDIA H200 (sm_90)", (143_771L << 20) / 4));
        assertThat(device.describe("f32")).matches("NVIDIA H200 \\(sm_90\\), ONNX Runtime \\d+\\.\\d+\\.\\d+, f32");
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void saysWhyAGpuIsNotUsed() throws IOException {
        OnnxDevice device = OnnxDevice.choose(true, saying("NVIDIA H200, 9.0, 143771"), () -> {
            throw new OrtException("Failed to load library:\n libcudnn.so.9: cannot open shared object file");
        });
        assertThat(device.gpu()).isFalse();
        assertThat(device.describe("f32"))
                .startsWith("CPU, ")
                .endsWith("; NVIDIA H200 (sm_90) not used, so the CPU computes: Failed to load library: libcudnn.so.9:"
                        + " cannot open shared object file");
        assertThat(OnnxDevice.choose(true, "nvidia-smi-of-nobody", FINE).remark())
                .isEqualTo("no GPU: nvidia-smi-of-nobody cannot be started");
    }

    @Test
    void looksForNoneInABuildWithoutCuda() {
        OnnxDevice device = OnnxDevice.choose(false, "nvidia-smi-of-nobody", () -> {
            throw new AssertionError("nothing to load");
        });
        assertThat(device.remark()).isEmpty();
        assertThat(device.memory()).isBetween(1L << 26, 1L << 30);
        assertThat(device.describe("f32")).matches("CPU, \\d+ threads?, ONNX Runtime \\d+\\.\\d+\\.\\d+, f32");
    }

    @Test
    void librariesAreLoadedWhateverTheirOrder() throws IOException {
        List<File> files = Stream.of("cudnn", "cublas", "cudart").map(File::new).toList();
        List<File> loaded = new ArrayList<>();
        CudaLibraries.load(files, file -> {
            if (file.getName().equals("cudnn") && !loaded.contains(new File("cublas"))
                    || file.getName().equals("cublas") && !loaded.contains(new File("cudart")))
                throw new UnsatisfiedLinkError("cannot open shared object file");
            loaded.add(file);
        });
        assertThat(loaded).hasToString("[cudart, cublas, cudnn]");
        assertThatThrownBy(() -> CudaLibraries.load(files, file -> {
                    throw new UnsatisfiedLinkError("not for this processor");
                }))
                .isInstanceOf(IOException.class)
                .hasMessage("cudart of this build cannot be loaded: not for this processor");
    }
}
