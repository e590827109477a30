package phema.evaluation;

import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Varies the images that are made: each range of seeds measures the same again. */
final class SeedsAxis extends Axis<Seeds, Seeds> {
    SeedsAxis(AxisNames names) {
        super(names, Effect.REPEAT);
    }

    @Override
    public List<Seeds> defaults() {
        return List.of(new Seeds(0, 49_999));
    }

    @Override
    public List<Seeds> values(List<Seeds> asked) {
        return asked;
    }

    @Override
    public List<Seeds> parse(String text) {
        return Arrays.stream(text.split(",", -1)).map(Seeds::parse).toList();
    }

    @Override
    Seeds readOne(String field, JsonNode json) {
        return Seeds.parse(AxisJson.text(field, json));
    }

    @Override
    Seeds readValue(@Nullable JsonNode json) {
        if (json == null) throw new IllegalArgumentException("a point without seeds");
        return Seeds.parse(json.stringValue());
    }

    @Override
    public Type askedType() {
        return String[].class;
    }

    @Override
    public Type valueType() {
        return String.class;
    }

    @Override
    String show(Seeds value, ValuePrinter printer) {
        return value.toString();
    }

    @Override
    Comparator<Seeds> order() {
        return Comparator.comparingLong(Seeds::first).thenComparingLong(Seeds::last);
    }
}
