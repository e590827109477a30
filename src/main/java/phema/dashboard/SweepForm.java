package phema.dashboard;

import static java.util.stream.Collectors.joining;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import phema.evaluation.Axes;
import phema.evaluation.Axis;
import phema.evaluation.AxisField;
import phema.evaluation.AxisField.FieldKind;
import phema.evaluation.AxisValues;
import phema.evaluation.LengthFields;
import phema.problem.Problem;
import phema.profile.Numbers;
import phema.solver.FilesToRead;
import phema.solver.SolverKind;
import phema.sweep.SweepSpec;
import phema.text.Labels;

/**
 * Holds a sweep as people write it: lists with commas. Empty fields take the service's defaults.
 *
 * @param axes texts by names of fields of axes
 */
record SweepForm(
        String mode, String evaluator, String metric, String tolerance, String priority, Map<String, String> axes) {
    private static final String SEARCH = "search";
    private static final double TOLERANCE = 0.02;

    /** A field of an axis with what is written there. */
    record AxisInput(AxisField field, String value) {
        public boolean isRun() {
            return field.kind() == FieldKind.RUN;
        }

        /** Whether most sweeps would have another text: several numbers, or anything else. */
        private boolean isUnusual() {
            return field.kind() == FieldKind.NUMBERS ? value.contains(",") : !value.isEmpty();
        }
    }

    /** @param fields of a request, which may leave some out */
    static SweepForm of(Map<String, String> fields) {
        Map<String, String> axes = new HashMap<>();
        for (Axis<?, ?> axis : Axes.ALL)
            for (AxisField field : axis.fields()) axes.put(field.name(), text(fields, field.name()));
        return new SweepForm(
                text(fields, "mode"),
                text(fields, "evaluator"),
                text(fields, "metric"),
                text(fields, "tolerance"),
                text(fields, "priority"),
                axes);
    }

    private static String text(Map<String, String> fields, String name) {
        return fields.getOrDefault(name, "").strip();
    }

    /** Where nothing was evaluated yet: what every installation can do. */
    static SweepForm first() {
        return of(Map.of(
                "mode", "grid",
                "sigmaRel", "0.05, 0.07, 0.10, 0.14, 0.20",
                "guidance", "1",
                "seeds", "0-1023",
                "evaluator", "builtin",
                "metric", "fd_random",
                "tolerance", "0.02",
                "priority", "0"));
    }

    /** To be repeated or extended. */
    static SweepForm of(SweepSpec spec, boolean withTime) {
        AxisValues values = withTime ? spec.axes() : spec.axes().with(Axes.TIME, List.of());
        Map<String, String> axes = new HashMap<>();
        for (Axis<?, ?> axis : Axes.ALL) axes.putAll(texts(axis, values));
        if (!values.family().isPower())
            axes.put(LengthFields.PROFILE, values.family().template());
        return new SweepForm(
                Labels.of(spec.mode()),
                spec.evaluator(),
                spec.metrics().text(),
                Labels.plain(spec.tolerance()),
                Integer.toString(spec.priority()),
                axes);
    }

    private static <S> Map<String, String> texts(Axis<S, ?> axis, AxisValues values) {
        return axis.toForm(values.get(axis));
    }

    boolean isSearch() {
        return mode.equals(SEARCH);
    }

    /** Fields that most sweeps fill. */
    public List<AxisInput> getUsual() {
        return inputs().filter(input -> input.field().usual()).toList();
    }

    /** Fields that most sweeps leave alone. */
    public List<AxisInput> getOthers() {
        return inputs().filter(input -> !input.field().usual()).toList();
    }

    /** What those fields are about: {@code Time, guiding network}. */
    public String getOthersTitle() {
        String names = Axes.ALL.stream()
                .filter(axis -> axis.fields().stream().noneMatch(AxisField::usual))
                .map(axis -> axis.names().shownAs())
                .collect(joining(", "));
        return names.substring(0, 1).toUpperCase(Locale.ROOT) + names.substring(1);
    }

    private Stream<AxisInput> inputs() {
        return Axes.ALL.stream()
                .flatMap(axis -> axis.fields().stream())
                .map(field -> new AxisInput(field, axes.getOrDefault(field.name(), "")));
    }

    /** Whether something is set that most sweeps leave alone, or wrong there. */
    public boolean opens(Map<String, String> errors) {
        return getOthers().stream()
                .anyMatch(input ->
                        input.isUnusual() || errors.containsKey(input.field().name()));
    }

    /** @throws Problem naming the field that cannot be read */
    SweepSpec spec(String run) {
        return new SweepSpec(
                run,
                isSearch() ? SweepSpec.SweepMode.SEARCH : SweepSpec.SweepMode.GRID,
                asked(),
                evaluator,
                metric,
                SolverKind.BLUP,
                FilesToRead.FEWEST,
                tolerance.isEmpty() ? TOLERANCE : tolerance(tolerance),
                priority(priority));
    }

    private AxisValues asked() {
        String profile = axes.getOrDefault(LengthFields.PROFILE, "");
        AxisValues values = AxisValues.of(this::asked);
        return profile.isEmpty() ? values : values.with(LengthFields.family(profile));
    }

    private <S> List<S> asked(Axis<S, ?> axis) {
        return axis.ofForm(name -> axes.getOrDefault(name, ""));
    }

    /**
     * Points that are to be added to this sweep, reconstructed as its own are. What the form has no room for stays as
     * it is.
     */
    SweepSpec extending(SweepSpec spec) {
        AxisValues more = asked();
        for (Axis<?, ?> axis : Axes.ALL) more = withRest(axis, more, spec.axes());
        return new SweepSpec(
                spec.run(),
                SweepSpec.SweepMode.GRID,
                more,
                spec.evaluator(),
                spec.metrics(),
                spec.solver(),
                spec.files(),
                spec.tolerance(),
                spec.priority());
    }

    private static <S> AxisValues withRest(Axis<S, ?> axis, AxisValues more, AxisValues present) {
        return more.with(axis, axis.union(more.get(axis), axis.beyondForm(present.get(axis))));
    }

    private static double tolerance(String text) {
        try {
            return Numbers.parse(text).getFirst();
        } catch (IllegalArgumentException e) {
            throw Problem.invalid("tolerance", String.valueOf(e.getMessage()));
        }
    }

    /** @throws Problem when it is no whole number; nothing is 0 */
    static int priority(String text) {
        if (text.isBlank()) return 0;
        if (text.strip().matches("[-+]?\\d{1,4}")) return Integer.parseInt(text.strip());
        throw Problem.invalid("priority", "priority must lie in -1000..1000, not " + text);
    }

    /** The name of the form's field for a field of the service. */
    static String fieldOf(Problem problem) {
        String field = Objects.requireNonNullElse(problem.field(), "");
        if (field.equals(LengthFields.LENGTH)) return Axes.LENGTH.name();
        for (Axis<?, ?> axis : Axes.ALL) {
            for (AxisField of : axis.fields()) if (of.problem().equals(field)) return of.name();
            if (axis.name().equals(field) || field.startsWith(axis.name() + "."))
                return axis.fields().getFirst().name();
        }
        return List.of("mode", "evaluator", "metric", "tolerance", "priority").contains(field) ? field : "";
    }
}
