package phema.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import phema.evaluation.Axes;
import phema.evaluation.Axis;
import phema.evaluation.AxisNames;
import phema.evaluation.AxisValues;
import phema.evaluation.LengthFields;
import phema.evaluation.MetricGoals;
import phema.problem.Problem;
import phema.profile.ProfileFamily;
import phema.solver.FilesToRead;
import phema.solver.SolverKind;
import phema.sweep.SweepSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Reads the options that say what a sweep evaluates; the words of the REST API. */
final class SweepAxisOptions {
    private final Map<Axis<?, ?>, OptionSpec> axes = new LinkedHashMap<>();

    @Option(
            names = "--profile",
            paramLabel = "TEMPLATE",
            description = "Averages of another kind than EDM2's, with {} in the place of the length: decay:cosine:{}, "
                    + "decay:linear:{},floor=0.1, uniform:{}, exponential:halflife={} (default: power:{}).")
    private String profile = ProfileFamily.POWER.template();

    @Option(
            names = "--lengths",
            paramLabel = "LIST",
            description = "Lengths of these, such as 200,400,...,1600; windows and half-lives are on the training job's"
                    + " clock. Of a search, the least and the greatest bound it.")
    private @Nullable NumberList lengths;

    @Option(
            names = "--evaluator",
            paramLabel = "NAME",
            defaultValue = "builtin",
            description =
                    "Who evaluates, a name below phema.evaluators, or remote:NAME[@VERSION] for clients that ask a"
                            + " service for trials (default: ${DEFAULT-VALUE}).")
    private String evaluator = "";

    @Option(
            names = "--metric",
            paramLabel = "NAME",
            defaultValue = "fid",
            description = "Which of its metrics is minimised, or maximised as accuracy:max; of several, as in"
                    + " fid,accuracy:max, the first (default: ${DEFAULT-VALUE}).")
    private String metric = "";

    @Option(
            names = "--mode",
            defaultValue = "grid",
            description =
                    "grid: all combinations (default). search: those that a model of the metric asks for, until the "
                            + "best is known.")
    private SweepSpec.SweepMode mode = SweepSpec.SweepMode.GRID;

    @Option(
            names = "--tolerance",
            paramLabel = "SHARE",
            defaultValue = "0.02",
            description = "Of a search: the share by which what it finds may be worse than the best (default: "
                    + "${DEFAULT-VALUE}).")
    private double tolerance;

    @Option(names = "--solver", defaultValue = "blup", description = "blup (default) or paper, as for reconstruct.")
    private SolverKind solver = SolverKind.BLUP;

    @Option(names = "--files", defaultValue = "fewest", description = "fewest (default) or all, as for reconstruct.")
    private FilesToRead files = FilesToRead.FEWEST;

    @Option(
            names = "--priority",
            paramLabel = "N",
            defaultValue = "0",
            description = "Trials of higher ones go first (default: ${DEFAULT-VALUE}).")
    private int priority;

    String evaluator() {
        return evaluator;
    }

    MetricGoals metrics() {
        return MetricGoals.parse(metric);
    }

    /** What one option says. */
    private record AxisArgument(List<?> asked) {}

    /** Adds an option for each axis, which annotations cannot. */
    void addTo(CommandSpec command) {
        for (Axis<?, ?> axis : Axes.ALL) {
            OptionSpec option = option(axis);
            axes.put(axis, option);
            command.addOption(option);
        }
    }

    private static OptionSpec option(Axis<?, ?> axis) {
        AxisNames names = axis.names();
        OptionSpec.Builder option = OptionSpec.builder(names.option())
                .paramLabel(names.paramLabel())
                .description(names.help())
                .arity("1")
                .converters(text -> argument(axis, text));
        return (names.repeatable()
                        ? option.type(List.class).auxiliaryTypes(AxisArgument.class)
                        : option.type(AxisArgument.class))
                .build();
    }

    private static AxisArgument argument(Axis<?, ?> axis, String text) {
        try {
            return new AxisArgument(axis.parse(text));
        } catch (Problem e) {
            throw new TypeConversionException(e.getMessage());
        }
    }

    @SuppressWarnings("unchecked") // the option's converter reads what its axis does
    private <S> List<S> asked(Axis<S, ?> axis) {
        @Nullable Object value = Objects.requireNonNull(axes.get(axis)).getValue();
        if (value == null) return List.of();
        List<?> arguments = value instanceof List<?> several ? several : List.of(value);
        return arguments.stream()
                .map(argument -> (List<S>) ((AxisArgument) argument).asked())
                .reduce(List.of(), axis::union);
    }

    /** What is varied. @throws Problem when it is not clear which lengths of which averages */
    AxisValues values() {
        AxisValues values = AxisValues.of(this::asked);
        ProfileFamily family = LengthFields.family(profile);
        boolean widths = !values.get(Axes.LENGTH).isEmpty();
        if (widths && lengths != null)
            throw Problem.invalid(
                    "lengths", "--outstd and --lengths exclude each other: --outstd means --lengths of power:{}");
        if (widths && !family.isPower())
            throw Problem.invalid(
                    "outstd", "--outstd is for power:{}; give the lengths of " + family.template() + " with --lengths");
        if (lengths != null) values = values.with(Axes.LENGTH, lengths.values());
        else if (!widths)
            throw Problem.invalid(
                    "outstd",
                    "Missing required option: '--outstd=LIST', or '--profile=TEMPLATE' with '--lengths=LIST'");
        return values.with(family);
    }

    SweepSpec spec(String run) {
        return new SweepSpec(run, mode, values(), evaluator, metrics(), solver, files, tolerance, priority);
    }
}
