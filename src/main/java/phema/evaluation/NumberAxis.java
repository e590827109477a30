package phema.evaluation;

import static java.util.stream.Collectors.joining;

import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.util.Comparator;
import java.util.List;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import phema.problem.Problem;
import phema.profile.Numbers;
import tools.jackson.databind.JsonNode;

/** Varies a number. */
class NumberAxis extends Axis<Double, Double> {
    private final List<Double> defaults;
    private final boolean required;
    private final boolean continuous;
    private final BiFunction<ValuePrinter, Double, String> shown;

    NumberAxis(
            AxisNames names,
            Effect effect,
            List<Double> defaults,
            boolean required,
            boolean continuous,
            BiFunction<ValuePrinter, Double, String> shown) {
        super(names, effect);
        this.defaults = defaults;
        this.required = required;
        this.continuous = continuous;
        this.shown = shown;
    }

    /** @throws Problem naming the field whose text is no list of numbers */
    static List<Double> numbers(String field, String text) {
        if (text.isEmpty()) return List.of();
        try {
            return Numbers.parse(text);
        } catch (IllegalArgumentException e) {
            throw Problem.invalid(field, String.valueOf(e.getMessage()));
        }
    }

    static String list(List<Double> values) {
        return values.stream().map(NumberAxis::plain).collect(joining(", "));
    }

    static String plain(double value) {
        return BigDecimal.valueOf(value).stripTrailingZeros().toPlainString();
    }

    @Override
    public boolean isContinuous() {
        return continuous;
    }

    @Override
    public boolean isRequired() {
        return required;
    }

    @Override
    public List<Double> defaults() {
        return defaults;
    }

    @Override
    public List<Double> values(List<Double> asked) {
        return asked;
    }

    @Override
    public void check(List<Double> asked) {
        for (double value : asked)
            if (!Double.isFinite(value)) throw Problem.invalid(name(), name() + " must be a number, not " + value);
    }

    @Override
    public String summary(List<Double> asked) {
        return required && asked.size() == 1 ? "1 " + names().noun() : super.summary(asked);
    }

    @Override
    public List<Double> parse(String text) {
        return numbers(name(), text);
    }

    @Override
    String print(List<Double> asked) {
        return list(asked);
    }

    @Override
    Double readOne(String field, JsonNode json) {
        return AxisJson.number(field, json);
    }

    @Override
    Double readValue(@Nullable JsonNode json) {
        if (json == null) throw new IllegalArgumentException("a point without " + names().field());
        return AxisJson.oneZero(json.doubleValue());
    }

    @Override
    public Type askedType() {
        return Double[].class;
    }

    @Override
    public Type valueType() {
        return Double.class;
    }

    @Override
    String show(Double value, ValuePrinter printer) {
        return shown.apply(printer, value);
    }

    @Override
    Comparator<Double> order() {
        return Comparator.naturalOrder();
    }

    /** What everybody has who says nothing is not, unless another network guides. */
    @Override
    public boolean isNotable(Point point) {
        return !defaults.contains(point.get(this)) || point.guide().isPresent();
    }
}
