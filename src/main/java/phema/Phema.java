package phema;

import phema.cli.Cli;

/** The entry point of every command. */
public final class Phema {
    private Phema() {}

    public static void main(String[] args) {
        int status = Cli.run(PhemaApplication.class, args);
        // The service goes on in threads of its own when its command returns.
        if (status != 0) System.exit(status);
    }
}
