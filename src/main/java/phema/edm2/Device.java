package phema.edm2;

import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;
import phema.onnx.Gpu;

/**
 * Decides whether ND4J is to compute on a GPU. That is decided before it is loaded, because it keeps to the first
 * backend that starts, and CUDA starts on GPUs for which it then has no code.
 *
 * @param remark for users: which GPU, or why none; empty in builds without CUDA
 */
record Device(boolean gpu, String remark) {
    /**
     * The architectures for which libnd4jcuda.so of ND4J 1.0.0-M2.1 holds machine code. It holds no PTX, from which
     * the driver could compile for other architectures.
     */
    private static final List<Integer> CODE = List.of(37, 50, 52, 60, 61, 70, 75, 80, 86);

    private static final String COVERED = "sm_" + CODE.getFirst() + " to sm_" + CODE.getLast();

    /**
     * The GPUs, if there is code for all of them, since ND4J sets up every one.
     *
     * @param cuda whether this build has CUDA
     * @param program {@code nvidia-smi}
     */
    static Device choose(boolean cuda, String program) {
        if (!cuda) return new Device(false, "");
        try {
            List<Gpu> gpus = Gpu.listedBy(program);
            List<Gpu> foreign = gpus.stream().filter(gpu -> !covered(gpu)).toList();
            return foreign.isEmpty()
                    ? new Device(true, names(gpus) + ", covered by this build")
                    : new Device(
                            false,
                            names(foreign) + " not used: this build has code for " + COVERED
                                    + " only, so the CPU computes");
        } catch (IOException e) {
            return new Device(false, "no GPU: " + e.getMessage());
        }
    }

    /**
     * Whether there is code for it: machine code of one capability runs on those of the same major number and a minor
     * one that is not less.
     */
    private static boolean covered(Gpu gpu) {
        return CODE.stream().anyMatch(code -> code / 10 == gpu.capability() / 10 && code <= gpu.capability());
    }

    private static String names(List<Gpu> gpus) {
        return gpus.stream().map(Gpu::toString).collect(Collectors.joining(", "));
    }
}
