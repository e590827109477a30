package phema.dashboard;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import phema.evaluation.Seeds;
import phema.problem.Problem;
import phema.profile.Numbers;
import phema.solver.FilesToRead;
import phema.solver.SolverKind;
import phema.sweep.SweepSpec;

/** A sweep as people write it: lists with commas. Empty fields take the service's defaults. */
record SweepForm(
        String mode,
        String sigmaRel,
        String guidance,
        String seeds,
        String evaluator,
        String metric,
        String tolerance,
        String time,
        String guideRun,
        String guideSigmaRel,
        String guideTime) {
    private static final String SEARCH = "search";
    private static final double TOLERANCE = 0.02;

    /** Fields that a request leaves out are null. */
    SweepForm(
            @Nullable String mode,
            @Nullable String sigmaRel,
            @Nullable String guidance,
            @Nullable String seeds,
            @Nullable String evaluator,
            @Nullable String metric,
            @Nullable String tolerance,
            @Nullable String time,
            @Nullable String guideRun,
            @Nullable String guideSigmaRel,
            @Nullable String guideTime) {
        this.mode = text(mode);
        this.sigmaRel = text(sigmaRel);
        this.guidance = text(guidance);
        this.seeds = text(seeds);
        this.evaluator = text(evaluator);
        this.metric = text(metric);
        this.tolerance = text(tolerance);
        this.time = text(time);
        this.guideRun = text(guideRun);
        this.guideSigmaRel = text(guideSigmaRel);
        this.guideTime = text(guideTime);
    }

    private static String text(@Nullable String given) {
        return Objects.requireNonNullElse(given, "").strip();
    }

    /** Where nothing was evaluated yet: what every installation can do. */
    static SweepForm first() {
        return new SweepForm(
                "grid", "0.05, 0.07, 0.10, 0.14, 0.20", "1", "0-1023", "builtin", "fd_random", "0.02", "", "", "", "");
    }

    /** To be repeated or extended. */
    static SweepForm of(SweepSpec spec, boolean withTime) {
        List<SweepSpec.GuideAxis> guides = spec.guides();
        return new SweepForm(
                Show.word(spec.mode()),
                list(spec.sigmaRel()),
                list(spec.guidance()),
                spec.seeds().stream().map(Seeds::toString).collect(Collectors.joining(", ")),
                spec.evaluator(),
                spec.metric(),
                FitPanel.plain(spec.tolerance()),
                withTime ? list(spec.time()) : "",
                guides.isEmpty() ? "" : guides.getFirst().run(),
                guides.isEmpty() ? "" : list(guides.getFirst().sigmaRel()),
                guides.isEmpty() ? "" : list(guides.getFirst().time()));
    }

    boolean isSearch() {
        return mode.equals(SEARCH);
    }

    /** Whether something is set that most sweeps leave alone. */
    public boolean isUnusual() {
        return time.contains(",") || !guideRun.isEmpty() || !guideSigmaRel.isEmpty() || !guideTime.isEmpty();
    }

    /** @throws Problem naming the field that cannot be read */
    SweepSpec spec(String run) {
        return new SweepSpec(
                run,
                isSearch() ? SweepSpec.SweepMode.SEARCH : SweepSpec.SweepMode.GRID,
                numbers("sigmaRel", sigmaRel),
                numbers("time", time),
                numbers("guidance", guidance),
                guides(),
                seeds.isEmpty()
                        ? List.of()
                        : Arrays.stream(seeds.split(",", -1)).map(Seeds::parse).toList(),
                evaluator,
                metric,
                SolverKind.BLUP,
                FilesToRead.FEWEST,
                tolerance.isEmpty()
                        ? TOLERANCE
                        : numbers("tolerance", tolerance).getFirst(),
                0);
    }

    /** Points that are to be added to this sweep, reconstructed as its own are. The form has its first guiding run only; others stay as they are. */
    SweepSpec extending(SweepSpec spec) {
        SweepSpec more = spec(spec.run());
        List<SweepSpec.GuideAxis> guides = Stream.concat(
                        more.guides().stream(), spec.guides().stream().skip(1))
                .toList();
        return new SweepSpec(
                spec.run(),
                SweepSpec.SweepMode.GRID,
                more.sigmaRel(),
                more.time(),
                more.guidance(),
                guides,
                more.seeds(),
                spec.evaluator(),
                spec.metric(),
                spec.solver(),
                spec.files(),
                spec.tolerance(),
                spec.priority());
    }

    private List<SweepSpec.GuideAxis> guides() {
        if (guideRun.isEmpty()) {
            if (!guideSigmaRel.isEmpty() || !guideTime.isEmpty())
                throw Problem.invalid("guides.run", "which run do the guiding networks come from?");
            return List.of();
        }
        return List.of(new SweepSpec.GuideAxis(
                guideRun, numbers("guides.sigmaRel", guideSigmaRel), numbers("guides.time", guideTime)));
    }

    private static List<Double> numbers(String field, String text) {
        if (text.isEmpty()) return List.of();
        try {
            return Numbers.parse(text);
        } catch (IllegalArgumentException e) {
            throw Problem.invalid(field, String.valueOf(e.getMessage()));
        }
    }

    private static String list(List<Double> values) {
        return values.stream().map(FitPanel::plain).collect(Collectors.joining(", "));
    }

    /** The name of the form's field for a field of the service. */
    static String fieldOf(Problem problem) {
        String field = Objects.requireNonNullElse(problem.field(), "");
        List<String> fields = new ArrayList<>();
        for (var component : SweepForm.class.getRecordComponents()) fields.add(component.getName());
        return switch (field) {
            case "guides", "guides.run" -> "guideRun";
            case "guides.sigmaRel" -> "guideSigmaRel";
            case "guides.time" -> "guideTime";
            default -> fields.contains(field) ? field : "";
        };
    }
}
