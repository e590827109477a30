package phema.worker;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.nd4j.linalg.factory.Nd4j;
import org.slf4j.LoggerFactory;

/** ND4J's backend: the CPU's, a GPU's in builds with {@code -Pcuda}, or in builds with {@code -Ponednn} one for this CPU that trains three times faster. */
final class Backend {
    private static final String EXTENSION = "org.bytedeco.javacpp.platform.extension";
    private static final String LIBRARY = "/org/nd4j/linalg/cpu/nativecpu/bindings/linux-x86_64%s/libnd4jcpu.so";

    private Backend() {}

    /** Loads the native library on first use; takes about a second. */
    static void start() {
        // Duplicate mappings of TensorFlow's operations, which nothing here uses, are none of the user's business.
        if (LoggerFactory.getLogger("org.nd4j") instanceof Logger logger && logger.getLevel() == null)
            logger.setLevel(Level.ERROR);
        chooseExtension();
        Nd4j.getBackend();
    }

    /** Runs something without what it prints: SameDiff prints a line for every operation that it differentiates, and has no switch against it. */
    static void silently(Runnable action) {
        PrintStream out = System.out;
        System.setOut(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8));
        try {
            action.run();
        } finally {
            System.setOut(out);
        }
    }

    /** {@code CpuBackend, 2 threads}. */
    static String describe() {
        start();
        return Nd4j.getBackend().getClass().getSimpleName()
                + System.getProperty(EXTENSION, "").replace('-', ' ') + ", "
                + Nd4j.getEnvironment().maxThreads() + " threads";
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
