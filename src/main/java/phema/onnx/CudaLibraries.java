package phema.onnx;

import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.bytedeco.javacpp.Loader;

/**
 * Loads the libraries of CUDA 12 and cuDNN 9 that builds with {@code -Pgpu -Pgpu-libraries} bring along, before ONNX
 * Runtime asks the system for them. Where the build has none, the system's are used.
 */
final class CudaLibraries {
    private static final String FOLDER = "/org/bytedeco/cuda/linux-x86_64/";

    private static final List<String> NAMES = List.of(
            "libcudart.so.12",
            "libnvJitLink.so.12",
            "libnvrtc-builtins.so.12.6",
            "libnvrtc.so.12",
            "libcublasLt.so.12",
            "libcublas.so.12",
            "libcurand.so.10",
            "libcufft.so.11",
            "libcudnn_graph.so.9",
            "libcudnn_ops.so.9",
            "libcudnn_adv.so.9",
            "libcudnn_cnn.so.9",
            "libcudnn_engines_precompiled.so.9",
            "libcudnn_engines_runtime_compiled.so.9",
            "libcudnn_heuristic.so.9",
            "libcudnn.so.9");

    private CudaLibraries() {}

    /** @throws IOException naming a library that cannot be loaded */
    static void load() throws IOException {
        List<File> files = new ArrayList<>();
        for (String name : NAMES)
            if (CudaLibraries.class.getResource(FOLDER + name) != null)
                files.add(Loader.cacheResource(CudaLibraries.class, FOLDER + name));
        load(files, file -> System.load(file.getPath()));
    }

    /**
     * Loads files that need each other, in any order.
     *
     * @param loader throws an {@link UnsatisfiedLinkError} where what a file needs is not loaded yet
     */
    static void load(List<File> files, Consumer<File> loader) throws IOException {
        List<File> waiting = List.copyOf(files);
        while (!waiting.isEmpty()) {
            List<File> failed = new ArrayList<>();
            String reason = "";
            for (File file : waiting) {
                try {
                    loader.accept(file);
                } catch (UnsatisfiedLinkError e) {
                    failed.add(file);
                    reason = file.getName() + " of this build cannot be loaded: " + e.getMessage();
                }
            }
            if (failed.size() == waiting.size()) throw new IOException(reason);
            waiting = failed;
        }
    }
}
