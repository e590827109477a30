package phema.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Unmatched;

/** Runs {@code phema worker}. */
@Command(
        name = "worker",
        description = {
            "Joins the fleet: takes trials and syntheses from the database and runs them, until it is stopped; then "
                    + "it finishes or hands back what it has begun.",
            "Any other setting can be given as --name=value, such as "
                    + "--spring.datasource.url=jdbc:postgresql://host/phema."
        })
final class WorkerCommand implements Callable<Integer> {
    private final Class<?> application;

    @Option(names = "--threads", description = "Trials at once; 1 unless configured otherwise.")
    private @Nullable Integer threads;

    @Unmatched
    private List<String> settings = new ArrayList<>();

    @Spec
    private @Nullable CommandSpec spec;

    WorkerCommand(Class<?> application) {
        this.application = application;
    }

    @Override
    public Integer call() {
        ServeCommand.requireSettings(settings, spec);
        List<String> args = new ArrayList<>(settings);
        if (threads != null) args.add("--phema.worker.threads=" + threads);
        args.add("--phema.worker.enabled=true");
        args.add("--spring.main.keep-alive=true");
        new SpringApplicationBuilder(application).web(WebApplicationType.NONE).run(args.toArray(String[]::new));
        return Cli.FINE;
    }
}
