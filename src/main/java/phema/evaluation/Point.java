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
import phema.profile.ProfileFamily;
import phema.text.StoredJson;
import tools.jackson.databind.JsonNode;

/** Says what a trial evaluates: a value of every axis, and of which family of averages the length is. */
public final class Point {
    private final ProfileFamily family;
    private final Map<Axis<?, ?>, Object> values;

    private Point(ProfileFamily family, Map<Axis<?, ?>, Object> values) {
        this.family = family;
        this.values = Map.copyOf(values);
    }

    /** A point that has no value yet. */
    static Point nowhere(ProfileFamily family) {
        return new Point(family, Map.of());
    }

    /** Weights that guide. */
    public record Guide(String run, double sigmaRel, double time) {}

    /**
     * Reads a point.
     *
     * @param json by fields of points; others are passed over, and those that are missing have what all had before
     *     there was such an axis. Instead of a {@code sigmaRel} there may be a {@code profile}.
     */
    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public static Point read(Map<String, JsonNode> json) {
        JsonNode profile = json.get(LengthFields.PROFILE);
        if (json.containsKey(LengthFields.SIGMA_REL) || profile == null)
            return read(nowhere(ProfileFamily.POWER), json);
        ProfileFamily family = ProfileFamily.of(profile.stringValue());
        Map<String, JsonNode> all = new HashMap<>(json);
        all.put(LengthFields.SIGMA_REL, StoredJson.tree(family.length(profile.stringValue())));
        return read(nowhere(family), all);
    }

    private static Point read(Point point, Map<String, JsonNode> json) {
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
        if (!family.isPower()) json.put(LengthFields.PROFILE, StoredJson.tree(profile()));
        for (Axis<?, ?> axis : Axes.ALL) if (axis != Axes.LENGTH || family.isPower()) write(axis, json);
        return json;
    }

    /** By fields, as answers have it: without those that say nothing, and with the average and its length. */
    public Map<String, JsonNode> fields() {
        Map<String, JsonNode> fields = new LinkedHashMap<>();
        fields.put(LengthFields.PROFILE, StoredJson.tree(profile()));
        fields.put(LengthFields.LENGTH, StoredJson.tree(length()));
        fields.putAll(json());
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
        return new Point(family, more);
    }

    /** Whose lengths are varied. */
    public ProfileFamily family() {
        return family;
    }

    /** Of the average: sigma_rel for the paper's. */
    public double length() {
        return get(Axes.LENGTH);
    }

    /** {@code 0.100}, {@code decay:cosine:800}: the average for people. */
    public String shown() {
        return family.isPower() ? family.print(length()) : profile();
    }

    /** The average, as {@link phema.profile.ProfileSpec} reads it. */
    public String profile() {
        return family.spec(length());
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
        return other instanceof Point point && point.family.equals(family) && point.values.equals(values);
    }

    @Override
    public int hashCode() {
        return 31 * family.hashCode() + values.hashCode();
    }

    @Override
    public String toString() {
        return StoredJson.write(this);
    }
}
