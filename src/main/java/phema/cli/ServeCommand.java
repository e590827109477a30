package phema.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.SpringApplication;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Unmatched;

/** Runs {@code phema serve}. */
@Command(
        name = "serve",
        description = {
            "Starts the service on localhost, until it is stopped.",
            "Any other setting can be given as --name=value, such as --phema.roots=/data/runs or "
                    + "--server.address=0.0.0.0."
        })
final class ServeCommand implements Callable<Integer> {
    private final Class<?> application;

    @Option(names = "--port", description = "Port to listen on; 8080 unless configured otherwise.")
    private @Nullable Integer port;

    @Unmatched
    private List<String> settings = new ArrayList<>();

    @Spec
    private @Nullable CommandSpec spec;

    ServeCommand(Class<?> application) {
        this.application = application;
    }

    @Override
    public Integer call() {
        requireSettings(settings, spec);
        List<String> args = new ArrayList<>(settings);
        if (port != null) args.add("--server.port=" + port);
        SpringApplication.run(application, args.toArray(String[]::new));
        return Cli.FINE;
    }

    /** What Spring would silently ignore. */
    static void requireSettings(List<String> settings, @Nullable CommandSpec spec) {
        for (String setting : settings)
            if (!setting.matches("--[a-z][\\w.\\[\\]-]*=.*") && spec != null)
                throw new CommandLine.ParameterException(
                        spec.commandLine(), "'" + setting + "' is not a setting of the form --name=value");
    }
}
