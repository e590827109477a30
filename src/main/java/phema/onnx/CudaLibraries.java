package phema.onnx;

import java.io.File;
import java.io.IOException;
import java.util.List;
import org.bytedeco.javacpp.Loader;

/**
 * Loads the libraries of CUDA 12 and cuDNN 9 that builds with {@code -Pgpu -Pgpu-libraries} bring along, before ONNX
 * Runtime asks the system for them. Where the build has none, the system's are used.
 */
final class CudaLibraries {
    private static final String FOLDER = "/org/bytedeco/cuda/linux-x86_64/";

    /** The files in the order in which they need each other. */
    private static final List<String> NAMES = List.of(
            "libcudart.so.12",
            "libnvJitLink.so.12",
            "libcublasLt.so.12",
            "libcublas.so.12",
            "libcurand.so.10",
            "libcufft.so.11",
            "libnvrtc.so.12",
            "libcudnn.so.9",
            "libcudnn_graph.so.9",
            "libcudnn_ops.so.9",
            "libcudnn_adv.so.9",
            "libcudnn_cnn.so.9",
            "libcudnn_engines_precompiled.so.9",
            "libcudnn_engines_runtime_compiled.so.9",
            "libcudnn_heuristic.so.9");

    private CudaLibraries() {}

    static void load() throws IOException {
        for (String name : NAMES) {
            File file = CudaLibraries.class.getResource(FOLDER + name) == null
                    ? null
                    : Loader.cacheResource(CudaLibraries.class, FOLDER + name);
            if (file == null) continue;
            try {
                System.load(file.getPath());
            } catch (UnsatisfiedLinkError e) {
                throw new IOException(name + " of this build cannot be loaded: " + e.getMessage(), e);
            }
        }
    }
}
