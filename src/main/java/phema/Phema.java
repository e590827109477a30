package phema;

import phema.cli.Cli;

/** Holds the entry point of every command. */
public final class Phema {
    private static final String CARRIERS = "jdk.virtualThreadScheduler.parallelism";

    private Phema() {}

    public static void main(String[] args) {
        // SQLite waits for locks in native code, and while it does a virtual thread keeps its carrier: one per
        // processor would be few.
        if (System.getProperty(CARRIERS) == null)
            System.setProperty(
                    CARRIERS, String.valueOf(Math.max(16, Runtime.getRuntime().availableProcessors())));
        int status = Cli.run(PhemaApplication.class, args);
        // The service goes on in threads of its own when its command returns.
        if (status != 0) System.exit(status);
    }
}
