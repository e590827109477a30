package phema.edm2;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.stream.Stream;
import org.nd4j.common.config.ND4JClassLoading;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.factory.Nd4jBackend;
import org.slf4j.LoggerFactory;

/**
 * Finds ND4J's backend: the CPU's, a GPU's in builds with {@code -Pcuda}, or in builds with {@code -Ponednn} one for
 * this CPU that trains three times faster.
 */
final class Backend {
    private static final String EXTENSION = "org.bytedeco.javacpp.platform.extension";
    private static final String LIBRARY = "/org/nd4j/linalg/cpu/nativecpu/bindings/linux-x86_64%s/libnd4jcpu.so";

    private static final String MEMORY = "org.bytedeco.javacpp.maxPhysicalBytes";
    private static final String CUDA = "/org/nd4j/linalg/jcublas/JCublasBackend.class";

    private Backend() {}

    /** Loads the native library on first use; takes about a second. */
    static void start() {
        Started.once();
    }

    /** The class loader sees to it that this happens once, whichever thread is first. */
    private static final class Started {
        private static final Device DEVICE = load();

        static Device once() {
            return DEVICE;
        }
    }

    private static Device load() {
        // Duplicate mappings of TensorFlow's operations, which nothing here uses, are none of the user's business.
        if (LoggerFactory.getLogger("org.nd4j") instanceof Logger logger && logger.getLevel() == null)
            logger.setLevel(Level.ERROR);
        Device device = Device.choose(Backend.class.getResource(CUDA) != null, "nvidia-smi");
        if (!device.gpu()) {
            ND4JClassLoading.setNd4jClassloader(new WithoutCuda());
            chooseExtension();
        }
        limitMemory();
        Nd4j.getBackend();
        return device;
    }

    /**
     * What a step does not use again is left to garbage collection, which knows nothing of its size outside of the
     * heap. JavaCPP starts it when the process grows beyond a limit, but that is all of the machine's memory unless it
     * is set.
     */
    private static void limitMemory() {
        if (System.getProperty(MEMORY) == null
                && ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean machine)
            System.setProperty(
                    MEMORY,
                    String.valueOf(Math.min(4 * Runtime.getRuntime().maxMemory(), machine.getTotalMemorySize() / 2)));
    }

    /**
     * Hides the backend for GPUs. ND4J's own way of preferring another, BACKEND_PRIORITY_GPU, is an environment
     * variable, which a running process cannot set.
     */
    private static final class WithoutCuda extends ClassLoader {
        private static final String SERVICE = "META-INF/services/" + Nd4jBackend.class.getName();

        WithoutCuda() {
            super(Backend.class.getClassLoader());
        }

        @Override
        public Enumeration<URL> getResources(String name) throws IOException {
            Enumeration<URL> all = super.getResources(name);
            if (!name.equals(SERVICE)) return all;
            return Collections.enumeration(Collections.list(all).stream()
                    .filter(url -> !url.toString().contains("nd4j-cuda"))
                    .toList());
        }
    }

    /**
     * Runs something without what it prints: SameDiff prints a line for every operation that it differentiates, and has
     * no switch against it.
     */
    static void silently(Runnable action) {
        PrintStream out = System.out;
        System.setOut(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8));
        try {
            action.run();
        } finally {
            System.setOut(out);
        }
    }

    /** {@code CpuBackend, 2 threads}, and in builds with CUDA which GPU is used, or why none. */
    static String describe() {
        Device device = Started.once();
        String name = Nd4j.getBackend().getClass().getSimpleName();
        if (name.equals("JCublasBackend")) return name + " on " + device.remark();
        return name
                + System.getProperty(EXTENSION, "").replace('-', ' ') + ", "
                + Nd4j.getEnvironment().maxThreads() + " threads"
                + (device.remark().isEmpty() ? "" : "; " + device.remark() + (device.gpu() ? ", but not used" : ""));
    }

    /** The fastest binary that is there and that this processor can run, unless the user has chosen. */
    private static void chooseExtension() {
        if (System.getProperty(EXTENSION) != null) return;
        List<String> flags = processorFlags();
        Stream.of("avx512", "avx2")
                .filter(set -> flags.contains(set.equals("avx512") ? "avx512vl" : set))
                .map(set -> "-onednn-" + set)
                .filter(extension -> Backend.class.getResource(LIBRARY.formatted(extension)) != null)
                .findFirst()
                .ifPresent(extension -> System.setProperty(EXTENSION, extension));
    }

    private static List<String> processorFlags() {
        try {
            return List.of(Files.readString(Path.of("/proc/cpuinfo")).split("\\s+"));
        } catch (IOException e) {
            // No Linux: the plain binary runs everywhere.
            return List.of();
        }
    }
}
