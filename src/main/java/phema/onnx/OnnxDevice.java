package phema.onnx;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;

/**
 * Says where this process runs graphs: on the first NVIDIA GPU in builds with {@code -Pgpu} where it can be used, else
 * on the CPU.
 *
 * @param remark for users: which GPU, or why none; empty in builds without CUDA
 * @param memory in bytes that the values of a graph that runs are meant to take at most, its weights not counted
 */
public record OnnxDevice(boolean gpu, String remark, long memory) {
    private static final String PROVIDER = "/ai/onnxruntime/native/linux-x64/libonnxruntime_providers_cuda.so";

    /** The variable that says how many threads libraries may use: ONNX Runtime does not look at it itself. */
    private static final String THREADS = "OMP_NUM_THREADS";

    private static final int FIRST = 0;
    private static final int SHARE = 4;

    /** The memory on a CPU beyond which more images at once are not faster. */
    private static final long MOST_ON_CPU = 1L << 30;

    /** The class loader sees to it that this happens once, whichever thread is first. */
    private static final class Chosen {
        private static final OnnxDevice DEVICE =
                choose(OnnxDevice.class.getResource(PROVIDER) != null, "nvidia-smi", () -> {
                    CudaLibraries.load();
                    environment();
                    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
                        options.addCUDA(FIRST);
                    }
                });

        private static OnnxDevice once() {
            return DEVICE;
        }
    }

    /** Loads what computes on GPUs. */
    interface Provider {
        void load() throws OrtException, IOException;
    }

    /** The one that graphs of this process run on. */
    public static OnnxDevice get() {
        return Chosen.once();
    }

    /**
     * @param cuda whether this build has CUDA
     * @param program {@code nvidia-smi}
     */
    static OnnxDevice choose(boolean cuda, String program, Provider provider) {
        if (!cuda) return onCpu("");
        try {
            Gpu gpu = Gpu.listedBy(program).getFirst();
            try {
                provider.load();
            } catch (OrtException | IOException e) {
                return onCpu(gpu + " not used, so the CPU computes: " + OnnxGraph.line(e));
            }
            return new OnnxDevice(true, gpu.toString(), gpu.memory() / SHARE);
        } catch (IOException e) {
            return onCpu("no GPU: " + e.getMessage());
        }
    }

    private static OnnxDevice onCpu(String remark) {
        long memory = ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean machine
                ? machine.getTotalMemorySize()
                : Runtime.getRuntime().maxMemory();
        return new OnnxDevice(false, remark, Math.min(MOST_ON_CPU, memory / SHARE));
    }

    /**
     * What computes, for users: {@code CPU, 2 threads, ONNX Runtime 1.28.0, f32}, and in builds with CUDA why no GPU
     * is used; or which one is.
     *
     * @param precision {@code f32}
     */
    public String describe(String precision) {
        String version = "ONNX Runtime " + environment().getVersion() + ", " + precision;
        if (gpu) return remark + ", " + version;
        return "CPU, " + threads() + (threads() == 1 ? " thread, " : " threads, ") + version
                + (remark.isEmpty() ? "" : "; " + remark);
    }

    static OrtEnvironment environment() {
        return OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
    }

    /** The settings of a session that runs here. */
    OrtSession.SessionOptions options() throws OrtException {
        environment(); // CUDA asks for it
        OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        options.setIntraOpNumThreads(threads());
        // Threads that wait in loops take processor time from whoever else computes here.
        options.addConfigEntry("session.intra_op.allow_spinning", "0");
        if (gpu) options.addCUDA(FIRST);
        return options;
    }

    /** As many as this process may use: the runtime would count the cores of the machine, whatever a container has. */
    static int threads() {
        String limit = System.getenv(THREADS);
        int cores = Runtime.getRuntime().availableProcessors();
        return limit != null && limit.matches("[1-9]\\d{0,3}") ? Math.min(cores, Integer.parseInt(limit)) : cores;
    }
}
