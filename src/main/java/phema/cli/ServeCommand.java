package phema.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.web.server.WebServer;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.Environment;
import phema.problem.Problem;
import phema.text.NearestWord;
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
    private static final int GREATEST_PORT = 65_535;

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
        if (port != null && !(port >= 0 && port <= GREATEST_PORT))
            throw Problem.invalid("port", "port must lie in 1..65535, or be 0 for any that is free, not " + port);
        List<String> args = new ArrayList<>(settings);
        if (port != null) args.add("--server.port=" + port);
        SpringApplication starting = new SpringApplication(application);
        // Thousands of files are looked at beside the first requests.
        starting.setDefaultProperties(Map.of("phema.catalog.first-look", "1s"));
        ConfigurableApplicationContext service = starting.run(args.toArray(String[]::new));
        if (service instanceof WebServerApplicationContext web && web.getWebServer() != null)
            CommandOutput.of(spec).println(greeting(service.getEnvironment(), web.getWebServer()));
        return Cli.FINE;
    }

    /** The log says all that happens; this is for whoever wants to know where to look. */
    private static String greeting(Environment settings, WebServer server) {
        String address = settings.getProperty("server.address", "");
        boolean ofThisMachine = address.isEmpty() || address.equals("127.0.0.1") || address.equals("::1");
        return "phema listens on %s://%s:%d%s, keeps what it knows in %s, and reads the runs below %s; Ctrl-C ends it"
                .formatted(
                        settings.getProperty("server.ssl.enabled", Boolean.class, false) ? "https" : "http",
                        ofThisMachine ? "localhost" : address,
                        server.getPort(),
                        settings.getProperty("server.servlet.context-path", ""),
                        settings.getRequiredProperty("phema.home"),
                        settings.getRequiredProperty("phema.roots"));
    }

    /** What Spring would silently ignore; what is below {@code phema} is looked at when it starts. */
    static void requireSettings(List<String> settings, @Nullable CommandSpec spec) {
        if (spec == null) return;
        for (String setting : settings) {
            if (!setting.matches("--[a-z][\\w.\\[\\]-]*=.*"))
                throw refusal(spec, "'" + setting + "' is not a setting of the form --name=value");
            String name = setting.substring(0, setting.indexOf('='));
            if (!name.contains("."))
                throw refusal(
                        spec,
                        "Unknown option: '" + name + "'"
                                + NearestWord.among(spec.optionsMap().keySet(), name)
                                        .map(near -> "; " + near + " may be meant")
                                        .orElse(""));
            String first = name.substring(2, name.indexOf('.'));
            if (!first.equals("phema"))
                NearestWord.among(List.of("phema"), first).ifPresent(ours -> {
                    throw refusal(
                            spec,
                            "Unknown setting: '" + name + "'; --phema" + name.substring(2 + first.length())
                                    + " may be meant");
                });
        }
    }

    private static CommandLine.ParameterException refusal(CommandSpec spec, String complaint) {
        return new CommandLine.ParameterException(spec.commandLine(), complaint);
    }
}
