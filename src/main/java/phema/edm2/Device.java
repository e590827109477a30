package phema.edm2;

import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Decides whether ND4J is to compute on a GPU. That is decided before it is loaded, because it keeps to the first
 * backend that starts, and CUDA starts on GPUs for which it then has no code.
 *
 * @param remark for users: which GPU, or why none; empty in builds without CUDA
 */
record Device(boolean gpu, String remark) {
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
            List<Gpu> foreign = gpus.stream().filter(gpu -> !gpu.covered()).toList();
            return foreign.isEmpty()
                    ? new Device(true, names(gpus) + ", covered by this build")
                    : new Device(
                            false,
                            names(foreign) + " not used: this build has code for " + Gpu.COVERED
                                    + " only, so the CPU computes");
        } catch (IOException e) {
            return new Device(false, "no GPU: " + e.getMessage());
        }
    }

    private static String names(List<Gpu> gpus) {
        return gpus.stream().map(Gpu::toString).collect(Collectors.joining(", "));
    }
}
