package phema.evaluation;

/**
 * Describes a field of the form for sweeps.
 *
 * @param problem the field that {@link phema.problem.Problem}s name when this one is wrong
 * @param searchHint is added to the hint where a search may be asked for
 * @param usual whether it stands with the fields that most sweeps fill
 */
public record AxisField(
        String name, String problem, String label, String hint, String searchHint, FieldKind kind, boolean usual) {
    /** What people write there. */
    public enum FieldKind {
        NUMBERS,
        TEXT,
        /** The name of a run, or nothing. */
        RUN
    }

    static AxisField of(Axis<?, ?> axis) {
        AxisNames names = axis.names();
        FieldKind kind = axis instanceof NumberAxis ? FieldKind.NUMBERS : FieldKind.TEXT;
        return new AxisField(
                names.name(), names.name(), names.label(), names.hint(), names.searchHint(), kind, names.usual());
    }
}
