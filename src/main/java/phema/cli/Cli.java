package phema.cli;

import java.io.PrintWriter;
import java.nio.file.NoSuchFileException;
import org.jspecify.annotations.Nullable;
import phema.format.FormatException;
import phema.problem.Problem;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The command line. Only {@code serve} starts Spring; everything else answers at once. */
@Command(
        name = "phema",
        description = "Post-hoc EMA: reconstructs weights averaged over any length from stored snapshots.",
        mixinStandardHelpOptions = true,
        scope = ScopeType.INHERIT,
        version = "phema 0.1.0",
        usageHelpAutoWidth = true)
public final class Cli {
    /** A command ended as it should. */
    static final int FINE = 0;

    /** Something went wrong that is not the user's doing. */
    static final int FAILED = 1;

    /** Wrong usage or bad input. */
    static final int BAD_INPUT = 2;

    @Option(names = "--verbose", scope = ScopeType.INHERIT, description = "Show stack traces of errors.")
    private boolean verbose;

    private Cli() {}

    /**
     * Runs a command.
     *
     * @param application the Spring application that {@code serve} starts
     * @return the exit status: 0 fine, 1 failed, 2 usage error or bad input
     */
    public static int run(Class<?> application, String... args) {
        Cli cli = new Cli();
        CommandLine line = new CommandLine(cli)
                .addSubcommand(new ServeCommand(application))
                .addSubcommand(new InspectCommand())
                .addSubcommand(new FitCommand())
                .addSubcommand(new ReconstructCommand())
                .addSubcommand(new TrainCommand())
                .addSubcommand(new GenerateCommand())
                .addSubcommand(new BenchCommand())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExpandAtFiles(false)
                .registerConverter(NumberList.class, NumberList::parse)
                .registerConverter(ByteSize.class, ByteSize::parse)
                .registerConverter(ImageCount.class, ImageCount::parse)
                .registerConverter(SeedList.class, SeedList::parse)
                .setParameterExceptionHandler(Cli::usageError);
        line.setExecutionExceptionHandler((e, command, parsed) -> {
            if (cli.verbose) e.printStackTrace(command.getErr());
            else command.getErr().println("phema: " + message(e));
            return e instanceof Problem || e instanceof FormatException || e instanceof NoSuchFileException
                    ? BAD_INPUT
                    : FAILED;
        });
        if (args.length == 0) {
            line.usage(line.getOut());
            return BAD_INPUT;
        }
        return line.execute(args);
    }

    private static int usageError(CommandLine.ParameterException e, String[] args) {
        PrintWriter err = e.getCommandLine().getErr();
        err.println("phema: " + e.getMessage() + "; see phema "
                + e.getCommandLine().getCommandSpec().qualifiedName().replaceFirst("^phema ?", "") + " --help");
        return BAD_INPUT;
    }

    private static String message(Exception e) {
        if (e instanceof NoSuchFileException) return e.getMessage() + " does not exist";
        if (e instanceof Problem || e instanceof FormatException) return String.valueOf(e.getMessage());
        @Nullable String message = e.getMessage();
        return e.getClass().getSimpleName() + (message == null ? "" : ": " + message) + " (--verbose shows where)";
    }
}
