package phema.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import phema.evaluation.Seeds;
import phema.problem.Problem;
import phema.solver.FilesToRead;
import phema.solver.SolverKind;
import phema.sweep.SweepSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The options that say what a sweep evaluates; the words of the REST API. */
final class SweepAxisOptions {
    private static final Pattern GUIDE = Pattern.compile("([^@]+)@([^@]+)(?:@([^@]+))?");

    @Option(
            names = "--outstd",
            paramLabel = "LIST",
            required = true,
            description =
                    "EMA lengths (sigma_rel), such as 0.05,0.10 or 0.010,0.015,...,0.250; of a search, the least and the greatest bound it.")
    private NumberList outstd = new NumberList(List.of());

    @Option(
            names = "--time",
            paramLabel = "LIST",
            description =
                    "Where averages end, on the training job's clock (images seen for EDM2); the latest snapshot's time by default.")
    private @Nullable NumberList time;

    @Option(
            names = "--guidance",
            paramLabel = "LIST",
            description = "Strengths of guidance; 1, which is none, by default. Of a search, the bounds.")
    private @Nullable NumberList guidance;

    @Option(
            names = "--guide",
            paramLabel = "RUN@LIST",
            description =
                    "Guiding networks: EMA lengths of a run, at its latest snapshot or at times as in RUN@LIST@TIMES; may be given several times.")
    private List<SweepSpec.GuideAxis> guides = new ArrayList<>();

    @Option(
            names = "--seeds",
            paramLabel = "RANGE",
            description =
                    "Seeds of the images of one evaluation (default: 0-49999); given several times, each point is evaluated with each, which tells noise from differences.")
    private List<Seeds> seeds = new ArrayList<>();

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
                    "grid: all combinations (default). search: those that a model of the metric asks for, until the best is known.")
    private SweepSpec.SweepMode mode = SweepSpec.SweepMode.GRID;

    @Option(
            names = "--tolerance",
            paramLabel = "SHARE",
            defaultValue = "0.02",
            description =
                    "Of a search: the share by which what it finds may be worse than the best (default: ${DEFAULT-VALUE}).")
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

    SweepSpec spec(String run) {
        return new SweepSpec(
                run,
                mode,
                outstd.values(),
                values(time),
                values(guidance),
                guides,
                seeds,
                evaluator,
                metric,
                solver,
                files,
                tolerance,
                priority);
    }

    private static List<Double> values(@Nullable NumberList list) {
        return list == null ? List.of() : list.values();
    }

    static SweepSpec.GuideAxis guides(String text) {
        Matcher matcher = GUIDE.matcher(text);
        if (!matcher.matches())
            throw new TypeConversionException(
                    "'" + text + "' is not of the form RUN@0.05,0.10, or RUN@0.05,0.10@65536 with times");
        return new SweepSpec.GuideAxis(
                matcher.group(1),
                NumberList.parse(matcher.group(2)).values(),
                matcher.group(3) == null
                        ? List.of()
                        : NumberList.parse(matcher.group(3)).values());
    }

    static Seeds seeds(String text) {
        try {
            return Seeds.parse(text);
        } catch (Problem e) {
            throw new TypeConversionException(e.getMessage());
        }
    }
}
