package phema.cli;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import phema.security.Role;
import phema.security.Tokens;
import phema.text.Labels;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs {@code phema token}. */
@Command(
        name = "token",
        description = {
            "Makes a token for the service and prints it, with the configuration that lets its bearer in.",
            "Only the token's hash is in the configuration: the token itself is shown this once."
        })
final class TokenCommand implements Callable<Integer> {
    @Option(names = "--name", required = true, description = "Name of the token's owner, for logs.")
    private String name = "";

    @Option(
            names = "--role",
            defaultValue = "read",
            description = "What it allows: ${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}.")
    private Role role = Role.READ;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = CommandOutput.of(spec);
        String token = Tokens.random();
        out.println(token);
        out.println();
        out.println("# in application.yaml of the service:");
        out.println("phema.security.tokens:");
        out.println("  - name: '" + name.replace("'", "''") + "'");
        out.println("    role: " + Labels.of(role));
        out.println("    hash: " + Tokens.hash(token));
        return Cli.FINE;
    }
}
