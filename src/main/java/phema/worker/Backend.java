package phema.worker;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import org.nd4j.linalg.factory.Nd4j;
import org.slf4j.LoggerFactory;

/** ND4J's backend: the CPU's, or a GPU's in builds with {@code -Pcuda}. */
final class Backend {
    private Backend() {}

    /** Loads the native library on first use; takes about a second. */
    static void start() {
        // Duplicate mappings of TensorFlow's operations, which nothing here uses, are none of the user's business.
        if (LoggerFactory.getLogger("org.nd4j") instanceof Logger logger && logger.getLevel() == null)
            logger.setLevel(Level.ERROR);
        Nd4j.getBackend();
    }

    /** {@code CpuBackend, 2 threads}. */
    static String describe() {
        start();
        return Nd4j.getBackend().getClass().getSimpleName() + ", "
                + Nd4j.getEnvironment().maxThreads() + " threads";
    }
}
