package phema.cli;

import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.convert.DurationStyle;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import phema.format.Format;
import phema.format.FormatException;
import phema.problem.Problem;
import phema.solver.SolverKind;
import phema.storage.Locations;
import phema.text.ByteSize;
import phema.text.Labels;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/**
 * Runs the command line. Only {@code serve}, {@code worker}, {@code sweep}, {@code measurements} and
 * {@code bench scheduler} start Spring; everything else answers at once.
 */
@Command(
        name = "phema",
        description = "Post-hoc EMA: reconstructs weights averaged over any length from stored snapshots.",
        mixinStandardHelpOptions = true,
        scope = ScopeType.INHERIT,
        versionProvider = Version.class,
        usageHelpAutoWidth = true)
public final class Cli {
    /** The exit status of a command that ended as it should. */
    static final int FINE = 0;

    /** The exit status when something went wrong that is not the user's doing. */
    static final int FAILED = 1;

    /** The exit status for wrong usage or bad input. */
    static final int BAD_INPUT = 2;

    /** The exit status when a condition that the user set was not met. */
    static final int GATE = 3;

    /** The exit status when a limit of time or of trials that the user set was reached. */
    static final int LIMIT = 4;

    /** The options that are answered of all commands, without any of them. */
    private static final Set<String> DESCRIBED = Set.of("-h", "--help", "-V", "--version");

    @Option(names = "--verbose", scope = ScopeType.INHERIT, description = "Show stack traces of errors.")
    private boolean verbose;

    private Cli() {}

    /**
     * Runs a command.
     *
     * @param application the Spring application that {@code serve} and {@code worker} start
     * @return the exit status: 0 fine, 1 failed, 2 usage error or bad input, 3 a condition was not met, 4 a limit was
     *     reached
     */
    public static int run(Class<?> application, String... args) {
        return run(
                application,
                new PrintWriter(System.out, true, System.out.charset()),
                new PrintWriter(System.err, true, System.err.charset()),
                args);
    }

    static int run(Class<?> application, PrintWriter out, PrintWriter err, String... args) {
        Cli cli = new Cli();
        CommandLine line = new CommandLine(cli);
        String[] words = MeasurementsCommand.unabbreviated(args);
        SequencedMap<String, Maker> commands = commands(application);
        // Where one is named, the others are not even looked at, and what describes all of them says no more of each
        // than the help does: their options take longer than many a command.
        boolean named = words.length > 0 && commands.containsKey(words[0]);
        boolean described = words.length == 0 || DESCRIBED.contains(words[0]);
        commands.forEach((name, command) -> {
            if (described) line.addSubcommand(name, command.description());
            else if (!named || name.equals(words[0]))
                line.addSubcommand(name, command.make().get());
        });
        line.setCaseInsensitiveEnumValuesAllowed(true)
                .setExpandAtFiles(false)
                .registerConverter(Path.class, Cli::path)
                .registerConverter(Format.class, Cli::format)
                .registerConverter(ReconstructCommand.FormatWord.class, Cli::formatWord)
                .registerConverter(NumberList.class, NumberList::parse)
                .registerConverter(ByteSize.class, Cli::size)
                .registerConverter(ImageCount.class, ImageCount::parse)
                .registerConverter(SeedList.class, SeedList::parse)
                .registerConverter(Count.class, Count::parse)
                .registerConverter(SolverKind.class, Cli::solver)
                .registerConverter(Gate.class, Gate::parse)
                .registerConverter(Duration.class, Cli::duration)
                .setParameterExceptionHandler(Cli::usageError)
                .setOut(out)
                .setErr(err);
        line.setExecutionExceptionHandler((e, command, parsed) -> {
            if (cli.verbose) e.printStackTrace(command.getErr());
            else command.getErr().println("phema: " + complaint(e, command.getCommandSpec()));
            return StartProblems.behind(e).isPresent()
                            || e instanceof FormatException
                            || e instanceof FileSystemException
                            || e instanceof InvalidPathException
                    ? BAD_INPUT
                    : FAILED;
        });
        if (args.length == 0) {
            line.usage(line.getOut());
            return BAD_INPUT;
        }
        return line.execute(words);
    }

    /** @param make the command with its options, or what runs it */
    private record Maker(Class<?> type, Supplier<Object> make) {
        CommandSpec description() {
            CommandSpec spec = CommandSpec.create();
            spec.usageMessage().description(type.getAnnotation(Command.class).description());
            return spec;
        }
    }

    /** What makes each command, by its name, in the order of the help. */
    private static SequencedMap<String, Maker> commands(Class<?> application) {
        SequencedMap<String, Maker> commands = new LinkedHashMap<>();
        commands.put("serve", new Maker(ServeCommand.class, () -> new ServeCommand(application)));
        commands.put("worker", new Maker(WorkerCommand.class, () -> new WorkerCommand(application)));
        commands.put("sweep", new Maker(SweepCommand.class, () -> SweepCommand.line(application)));
        commands.put("optimum", new Maker(OptimumCommand.class, OptimumCommand::new));
        commands.put("measurements", new Maker(MeasurementsCommand.class, () -> MeasurementsCommand.line(application)));
        commands.put("token", new Maker(TokenCommand.class, TokenCommand::new));
        commands.put("inspect", new Maker(InspectCommand.class, InspectCommand::new));
        commands.put("fit", new Maker(FitCommand.class, FitCommand::new));
        commands.put("reconstruct", new Maker(ReconstructCommand.class, ReconstructCommand::new));
        commands.put("plan", new Maker(PlanCommand.class, PlanCommand::new));
        commands.put("diff", new Maker(DiffCommand.class, DiffCommand::new));
        commands.put("train", new Maker(TrainCommand.class, TrainCommand::new));
        commands.put("generate", new Maker(GenerateCommand.class, GenerateCommand::new));
        commands.put("metrics", new Maker(MetricsCommand.class, MetricsCommand::new));
        commands.put(
                "bench",
                new Maker(
                        BenchCommand.class,
                        () -> new CommandLine(new BenchCommand())
                                .addSubcommand(new SchedulerBenchCommand(application))
                                .addSubcommand(new AllBenchCommand(application))));
        return commands;
    }

    /** What a command that could not do its work says of the reason, in a line. */
    static String complaint(Exception e, CommandSpec command) {
        if (e instanceof MarkedYAMLException yaml && command.commandLine() != null)
            return SettingFiles.broken(
                            yaml, command.commandLine().getParseResult().unmatched())
                    .getMessage();
        return StartProblems.behind(e)
                .map(problem -> OptionNames.in(problem, command))
                .orElseGet(() -> message(e));
    }

    private static int usageError(CommandLine.ParameterException e, String[] args) {
        PrintWriter err = e.getCommandLine().getErr();
        String complaint = words(String.valueOf(e.getMessage()).replaceFirst("^Error: ", ""));
        err.println("phema: " + complaint + "; see "
                + e.getCommandLine().getCommandSpec().qualifiedName() + " --help");
        if (e.getCommandLine().getCommand() instanceof SweepCommand) SweepCommand.refuse(args, complaint, err);
        return BAD_INPUT;
    }

    private static Duration duration(String text) {
        try {
            Duration duration = DurationStyle.detectAndParse(text);
            if (duration.isPositive()) return duration;
        } catch (IllegalArgumentException | ArithmeticException e) {
            // Said below.
        }
        throw new CommandLine.TypeConversionException("'" + text + "' is no time such as 90m, 2h or PT1H30M");
    }

    static Path path(String location) {
        try {
            return Locations.path(location);
        } catch (InvalidPathException e) {
            throw new CommandLine.TypeConversionException(message(e));
        }
    }

    /**
     * Refuses what lies in object storage where that will not do.
     *
     * @param why the rest of a sentence: why not, and what to do
     */
    static void requireLocal(String option, @Nullable Path path, String why) {
        if (path != null && !Locations.isLocal(path))
            throw Problem.invalid(option, "--" + option + " " + path + ": " + why);
    }

    private static String message(InvalidPathException e) {
        return "'" + e.getInput() + "' is " + e.getReason();
    }

    private static ByteSize size(String text) {
        try {
            return ByteSize.of(text);
        } catch (IllegalArgumentException e) {
            throw new CommandLine.TypeConversionException(e.getMessage());
        }
    }

    private static SolverKind solver(String word) {
        return SolverKind.SOLVERS.stream()
                .filter(solver -> solver.name().equalsIgnoreCase(word))
                .findFirst()
                .orElseThrow(() -> new CommandLine.TypeConversionException("expected one of "
                        + SolverKind.SOLVERS.stream().map(Labels::of).toList() + " but was '" + word + "'"));
    }

    private static Format format(String word) {
        try {
            return Format.parse(word);
        } catch (IllegalArgumentException unknown) {
            throw new CommandLine.TypeConversionException(String.valueOf(unknown.getMessage()));
        }
    }

    private static ReconstructCommand.FormatWord formatWord(String word) {
        try {
            return ReconstructCommand.FormatWord.parse(word);
        } catch (IllegalArgumentException unknown) {
            throw new CommandLine.TypeConversionException(
                    String.valueOf(unknown.getMessage()).replace("there are ", "there are same, "));
        }
    }

    /** Choices as users write them, not as our enums are named. */
    private static String words(String message) {
        return Pattern.compile("\\[[A-Z0-9, ]+] \\(case-insensitive\\)")
                .matcher(message)
                .replaceAll(choices ->
                        choices.group().replace(" (case-insensitive)", "").toLowerCase(Locale.ROOT));
    }

    /** The subclasses say in their names what went wrong, and in their messages only where. */
    static String message(FileSystemException e) {
        return e.getFile()
                + switch (e) {
                    case NoSuchFileException missing -> ": does not exist";
                    case AccessDeniedException denied -> ": permission denied";
                    case FileAlreadyExistsException exists -> ": is a file, not a folder";
                    default -> ": " + e.getReason();
                };
    }

    private static String message(Exception e) {
        if (e instanceof FileSystemException file) return message(file);
        if (e instanceof InvalidPathException location) return message(location);
        if (e instanceof FormatException) return String.valueOf(e.getMessage());
        @Nullable String message = e.getMessage();
        return e.getClass().getSimpleName() + (message == null ? "" : ": " + message) + " (--verbose shows where)";
    }
}
