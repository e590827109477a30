package phema.evaluation;

import static java.util.stream.Collectors.toUnmodifiableMap;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import phema.text.StoredJson;
import tools.jackson.databind.JsonNode;

/** Says what a trial evaluates: a value of every axis. */
public final class Point {
    /** The point that has no value yet. */
    static final Point NOWHERE = new Point(Map.of());

    private final Map<Axis<?, ?>, Object> values;

    private Point(Map<Axis<?, ?>, Object> values) {
        this.values = Map.copyOf(values);
    }

    /** Weights that guide. */
    public record Guide(String run, double sigmaRel, double time) {}

    /**
     * Reads a point.
     *
     * @param json by fields of points; others are passed over, and those that are missing have what all had before
     *     there was such an axis
     */
    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public static Point read(Map<String, JsonNode> json) {
        Point point = NOWHERE;
        for (Axis<?, ?> axis : Axes.ALL) point = point.withField(axis, json);
        return point;
    }

    /** Another point, with what these fields say of one axis. */
    public <V> Point withField(Axis<?, V> axis, Map<String, JsonNode> json) {
        return with(axis, axis.readValue(json.get(axis.names().field())));
    }

    /** By fields, as the database keeps it. Equal points give equal texts. */
    @JsonValue
    public Map<String, JsonNode> json() {
        Map<String, JsonNode> json = new LinkedHashMap<>();
        for (Axis<?, ?> axis : Axes.ALL) write(axis, json);
        return json;
    }

    /** By fields, as answers have it: without those that say nothing. */
    public Map<String, JsonNode> fields() {
        Map<String, JsonNode> fields = json();
        fields.values().removeIf(JsonNode::isNull);
        return fields;
    }

    private <V> void write(Axis<?, V> axis, Map<String, JsonNode> json) {
        V value = get(axis);
        if (!axis.isUnwritten(value)) json.put(axis.names().field(), StoredJson.tree(axis.writeValue(value)));
    }

    @SuppressWarnings("unchecked") // with() takes only what fits
    public <V> V get(Axis<?, V> axis) {
        return (V) Objects.requireNonNull(values.get(axis), axis.name());
    }

    public <V> Point with(Axis<?, V> axis, V value) {
        Map<Axis<?, ?>, Object> more = new HashMap<>(values);
        more.put(axis, value);
        return new Point(more);
    }

    /** EMA length of the weights. */
    public double sigmaRel() {
        return get(Axes.LENGTH);
    }

    /** Where their average ends, on the training job's clock. */
    public double time() {
        return get(Axes.TIME);
    }

    /** Strength, 1 for none. */
    public double guidance() {
        return get(Axes.GUIDANCE);
    }

    /** The guiding network, where it is another one. */
    public Optional<Guide> guide() {
        return get(Axes.GUIDES);
    }

    /** Of the images. */
    public Seeds seeds() {
        return get(Axes.SEEDS);
    }

    /** What two points must have in common for a model of the metric, or a mean, to go across them. */
    public Map<Axis<?, ?>, Object> rest() {
        return values.entrySet().stream()
                .filter(e -> !e.getKey().isContinuous() && !e.getKey().isRepeat())
                .collect(toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Point point && point.values.equals(values);
    }

    @Override
    public int hashCode() {
        return values.hashCode();
    }

    @Override
    public String toString() {
        return StoredJson.write(this);
    }
}
