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
import phema.problem.Problem;
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
            names = "--evaluator",
            paramLabel = "NAME",
            defaultValue = "builtin",
            description = "Who evaluates, a name below phema.evaluators (default: ${DEFAULT-VALUE}).")
    private String evaluator = "";

    @Option(
            names = "--metric",
            paramLabel = "NAME",
            defaultValue = "fid",
            description = "Which of its metrics is minimised (default: ${DEFAULT-VALUE}).")
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

    String metric() {
        return metric;
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
                .required(axis.isRequired())
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

    SweepSpec spec(String run) {
        return new SweepSpec(
                run, mode, AxisValues.of(this::asked), evaluator, metric, solver, files, tolerance, priority);
    }
}
