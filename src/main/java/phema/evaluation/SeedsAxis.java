package phema.evaluation;

import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import phema.problem.Problem;
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

    /** Repeats are averaged, and their spread is taken for noise: they are of as many images, and share none. */
    @Override
    public void check(List<Seeds> asked) {
        List<Seeds> ranges = asked.stream().distinct().sorted(order()).toList();
        for (int i = 1; i < ranges.size(); i++) {
            Seeds before = ranges.get(i - 1);
            Seeds next = ranges.get(i);
            if (next.count() != before.count())
                throw Problem.invalid(
                        "seeds",
                        "seeds of one sweep are ranges of as many images each, as a metric depends on their number: "
                                + before + " has " + before.count() + " and " + next + " has " + next.count()
                                + "; start another sweep for the other number");
            if (next.first() <= before.last())
                throw Problem.invalid(
                        "seeds",
                        "seeds of one sweep are ranges that share none, or they are no independent evaluations: "
                                + before + " and " + next + " overlap");
        }
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
