package phema.evaluation;

import static java.util.stream.Collectors.joining;

import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import phema.problem.Problem;
import phema.profile.Numbers;
import phema.text.StoredJson;
import tools.jackson.databind.JsonNode;

/**
 * Varies what only the evaluator knows, under names of the user's: each name is a column, a choice and a curve of its
 * own.
 */
final class ParamsAxis extends Axis<Param, SortedMap<String, ParamValue>> {
    /** The text before each name, where names of other axes or of metrics stand beside it. */
    static final String PREFIX = "param.";

    private static final int MOST = 16;

    ParamsAxis(AxisNames names) {
        super(names, Effect.EVALUATION);
    }

    @Override
    public List<SortedMap<String, ParamValue>> values(List<Param> asked) {
        List<SortedMap<String, ParamValue>> all = List.of(Collections.emptySortedMap());
        for (Param param : asked)
            all = all.stream()
                    .flatMap(some -> param.values().stream().map(value -> with(some, param.name(), value)))
                    .toList();
        return all;
    }

    private static SortedMap<String, ParamValue> with(
            SortedMap<String, ParamValue> some, String name, ParamValue value) {
        SortedMap<String, ParamValue> more = new TreeMap<>(some);
        more.put(name, value);
        return Collections.unmodifiableSortedMap(more);
    }

    @Override
    public double count(List<Param> asked) {
        return asked.stream().mapToDouble(param -> param.values().size()).reduce(1, (a, b) -> a * b);
    }

    /** Names keep their places; their values are put together. */
    @Override
    public List<Param> union(List<Param> a, List<Param> b) {
        Map<String, List<ParamValue>> values = new LinkedHashMap<>();
        Stream.concat(a.stream(), b.stream())
                .forEach(param -> values.computeIfAbsent(param.name(), name -> new ArrayList<>())
                        .addAll(param.values()));
        return values.entrySet().stream()
                .map(e -> new Param(e.getKey(), e.getValue()))
                .toList();
    }

    @Override
    public void check(List<Param> asked) {
        if (asked.size() > MOST)
            throw Problem.invalid(name(), "params holds " + asked.size() + " names; at most " + MOST + " are allowed");
    }

    /** {@code 2 values of steps}. */
    @Override
    public String summary(List<Param> asked) {
        return asked.stream()
                .filter(param -> param.values().size() > 1)
                .map(param -> param.values().size() + " values of " + param.name())
                .collect(joining(", "));
    }

    /** {@code steps=16,32; mode=a,b}. */
    @Override
    public List<Param> parse(String text) {
        return Arrays.stream(text.split(";"))
                .filter(one -> !one.isBlank())
                .map(this::parseOne)
                .map(List::of)
                .reduce(List.of(), this::union);
    }

    private Param parseOne(String text) {
        int equals = text.indexOf('=');
        if (equals < 0) throw Problem.invalid(name(), "'" + text.strip() + "' is not of the form steps=16,32");
        String name = text.substring(0, equals).strip();
        String values = text.substring(equals + 1);
        return new Param(
                name,
                numbers(name, values)
                        .map(value -> ParamValue.parse("params." + name, value))
                        .toList());
    }

    /** With all between two of {@code 8,16,...,64}. */
    private static Stream<String> numbers(String name, String values) {
        if (!values.contains("...")) return Arrays.stream(values.split(",", -1));
        try {
            return Numbers.parse(values).stream().map(NumberAxis::plain);
        } catch (IllegalArgumentException e) {
            throw Problem.invalid("params", "params." + name + ": " + e.getMessage());
        }
    }

    @Override
    String print(List<Param> asked) {
        return asked.stream()
                .map(param -> param.name() + "="
                        + param.values().stream().map(ParamValue::text).collect(joining(",")))
                .collect(joining("; "));
    }

    @Override
    public List<Param> read(@Nullable JsonNode json) {
        if (json == null || AxisJson.isMissing(json)) return List.of();
        if (!json.isObject()) throw Problem.invalid(name(), "params must be an object, as {\"steps\": [16, 32]}");
        return json.propertyStream().map(e -> readOne(e.getKey(), e.getValue())).toList();
    }

    @Override
    Param readOne(String name, JsonNode json) {
        return new Param(name, AxisJson.list("params." + name, json, ParamsAxis::value));
    }

    private static ParamValue value(String field, JsonNode json) {
        if (!json.isNumber() && !json.isString())
            throw Problem.invalid(field, field + " must be a number or a text, not " + json);
        ParamValue value = ParamValue.parse(field, json.isString() ? json.stringValue() : json.toString());
        if (json.isNumber() && !value.isNumber()) throw Problem.invalid(field, field + " is too large a number");
        return value;
    }

    @Override
    Object write(List<Param> asked) {
        Map<String, List<ParamValue>> values = new LinkedHashMap<>();
        asked.forEach(param -> values.put(param.name(), param.values()));
        return values;
    }

    @Override
    SortedMap<String, ParamValue> readValue(@Nullable JsonNode json) {
        SortedMap<String, ParamValue> values = new TreeMap<>();
        if (json != null) json.properties().forEach(e -> values.put(e.getKey(), value(e.getKey(), e.getValue())));
        return Collections.unmodifiableSortedMap(values);
    }

    @Override
    boolean isUnwritten(SortedMap<String, ParamValue> value) {
        return value.isEmpty();
    }

    @Override
    public Type askedType() {
        return Map.class;
    }

    @Override
    public Type valueType() {
        return Map.class;
    }

    /** One for each name. */
    @Override
    public List<Facet> facets(Collection<Point> points) {
        TreeSet<String> all = new TreeSet<>();
        points.forEach(point -> all.addAll(point.get(this).keySet()));
        return all.stream().map(this::facet).toList();
    }

    private Facet facet(String name) {
        Comparator<@Nullable ParamValue> order = Comparator.nullsFirst(Comparator.naturalOrder());
        return new Facet(
                this,
                PREFIX + name,
                name,
                name,
                (point, printer) -> Objects.toString(point.get(this).get(name), ""),
                (a, b) -> order.compare(a.get(this).get(name), b.get(this).get(name)),
                false);
    }

    @Override
    String show(SortedMap<String, ParamValue> value, ValuePrinter printer) {
        return value.toString();
    }

    @Override
    Comparator<SortedMap<String, ParamValue>> order() {
        return Comparator.comparing(SortedMap::toString);
    }

    @Override
    public boolean isNotable(Point point) {
        return !point.get(this).isEmpty();
    }

    @Override
    public Map<String, Object> cells(Point point) {
        Map<String, Object> cells = new TreeMap<>();
        point.get(this).forEach((name, one) -> cells.put(PREFIX + name, one));
        return cells;
    }

    @Override
    String identity(SortedMap<String, ParamValue> value) {
        return value.isEmpty() ? "" : "params " + StoredJson.write(value);
    }
}
