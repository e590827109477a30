package phema.cli;

import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Groups the commands for metrics that people have already. */
@Command(name = "measurements", description = "Metrics that were measured elsewhere.")
final class MeasurementsCommand implements Callable<Integer> {
    @Spec
    private @Nullable CommandSpec spec;

    private MeasurementsCommand() {}

    static CommandLine line(Class<?> application) {
        return new CommandLine(new MeasurementsCommand()).addSubcommand(new ImportCommand(application));
    }

    /** {@code phema sweep import RUN FILE}: of a run that is called import, an option follows. */
    static String[] unabbreviated(String... args) {
        if (args.length < 4 || !args[0].equals("sweep") || !args[1].equals("import")) return args;
        if (args[2].startsWith("-") || args[3].startsWith("-")) return args;
        String[] all = args.clone();
        all[0] = "measurements";
        return all;
    }

    @Override
    public Integer call() {
        throw new CommandLine.ParameterException(
                Objects.requireNonNull(spec).commandLine(), "measurements needs a subcommand: import RUN FILE");
    }
}
