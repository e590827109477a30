package phema.evaluation;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import phema.problem.Problem;
import phema.profile.ProfileFamily;
import phema.text.StoredJson;
import tools.jackson.databind.JsonNode;

/**
 * Holds what a sweep asks for of each axis, nothing where it leaves the choice to defaults; and the family of averages
 * whose lengths the first axis varies.
 */
public final class AxisValues {
    /** The values of whoever asks for nothing. */
    public static final AxisValues NONE = new AxisValues(ProfileFamily.POWER, Map.of());

    private final ProfileFamily family;

    /** Without those for which nothing is asked. */
    private final Map<Axis<?, ?>, List<?>> values;

    private AxisValues(ProfileFamily family, Map<Axis<?, ?>, List<?>> values) {
        this.family = family;
        this.values = Map.copyOf(values);
    }

    /** Whose lengths are varied. */
    public ProfileFamily family() {
        return family;
    }

    /** The same numbers as lengths of another family. */
    public AxisValues with(ProfileFamily other) {
        return new AxisValues(other, values);
    }

    /** Reads one axis from wherever a door has it. */
    @FunctionalInterface
    public interface AxisReader {
        <S> List<S> read(Axis<S, ?> axis);
    }

    public static AxisValues of(AxisReader reader) {
        return of(ProfileFamily.POWER, reader);
    }

    private static AxisValues of(ProfileFamily family, AxisReader reader) {
        AxisValues values = NONE.with(family);
        for (Axis<?, ?> axis : Axes.ALL) values = values.with(axis, reader);
        return values;
    }

    private <S> AxisValues with(Axis<S, ?> axis, AxisReader reader) {
        return with(axis, reader.read(axis));
    }

    /**
     * @param json by names of axes; other names are passed over. Instead of {@code sigmaRel} there may be
     *     {@code profile}, a family, and {@code length}.
     * @throws Problem naming the field that cannot be read
     */
    public static AxisValues read(Map<String, JsonNode> json) {
        Map<String, JsonNode> all = LengthFields.asAxis(json);
        return of(LengthFields.family(json), new AxisReader() {
            @Override
            public <S> List<S> read(Axis<S, ?> axis) {
                return axis.read(all.get(axis.name()));
            }
        });
    }

    /** By names of axes, all of them, as {@link #read} takes them. */
    public Map<String, JsonNode> json() {
        Map<String, JsonNode> json = new LinkedHashMap<>();
        if (!family.isPower()) json.put(LengthFields.PROFILE, StoredJson.tree(family.template()));
        for (Axis<?, ?> axis : Axes.ALL)
            json.put(axis == Axes.LENGTH ? LengthFields.of(family) : axis.name(), json(axis));
        return json;
    }

    private <S> JsonNode json(Axis<S, ?> axis) {
        return StoredJson.tree(axis.write(get(axis)));
    }

    @SuppressWarnings("unchecked") // with() takes only what fits
    public <S> List<S> get(Axis<S, ?> axis) {
        return (List<S>) values.getOrDefault(axis, List.of());
    }

    public <S> AxisValues with(Axis<S, ?> axis, List<S> asked) {
        Map<Axis<?, ?>, List<?>> more = new HashMap<>(values);
        more.remove(axis);
        if (!asked.isEmpty()) more.put(axis, List.copyOf(asked));
        return new AxisValues(family, more);
    }

    /** What both ask for. */
    public AxisValues union(AxisValues other) {
        return of(family, new AxisReader() {
            @Override
            public <S> List<S> read(Axis<S, ?> axis) {
                return axis.union(get(axis), other.get(axis));
            }
        });
    }

    /** With what axes take whose values are left out. */
    public AxisValues withDefaults() {
        return of(family, this::orDefaults);
    }

    private <S> List<S> orDefaults(Axis<S, ?> axis) {
        List<S> asked = get(axis);
        return asked.isEmpty() ? axis.defaults() : asked;
    }

    /** @throws Problem when some value is never right */
    public void check() {
        Axes.ALL.forEach(this::check);
    }

    private <S> void check(Axis<S, ?> axis) {
        axis.check(get(axis));
    }

    /** How many values of an axis there are. */
    public <S> double count(Axis<S, ?> axis) {
        return axis.count(get(axis));
    }

    /** How many points {@link #grid} has. */
    public double count() {
        return Axes.ALL.stream().mapToDouble(this::count).reduce(1, (a, b) -> a * b);
    }

    /** All combinations. Neighbours share weights where they can. */
    public List<Point> grid() {
        List<Point> points = List.of(Point.nowhere(family));
        for (Axis<?, ?> axis : Axes.NESTED) points = times(points, axis);
        return points;
    }

    private <S, V> List<Point> times(List<Point> points, Axis<S, V> axis) {
        List<V> each = axis.values(get(axis));
        return points.stream()
                .flatMap(point -> each.stream().distinct().map(value -> point.with(axis, value)))
                .toList();
    }

    /** {@code 5 EMA lengths}; empty for what goes without saying. */
    public <S> String summary(Axis<S, ?> axis) {
        return axis == Axes.LENGTH && !family.isPower()
                ? family.kind().counted(get(axis).size()) + " of " + family.template()
                : axis.summary(get(axis));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof AxisValues v && v.family.equals(family) && v.values.equals(values);
    }

    @Override
    public int hashCode() {
        return 31 * family.hashCode() + values.hashCode();
    }

    @Override
    public String toString() {
        return StoredJson.write(json());
    }
}
