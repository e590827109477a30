package phema.evaluation;

import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import phema.evaluation.AxisField.FieldKind;
import phema.problem.Problem;
import phema.text.StoredJson;
import tools.jackson.databind.JsonNode;

/** Varies the network that guides, if any does. */
final class GuidesAxis extends Axis<Guides, Optional<Point.Guide>> {
    private static final Pattern OPTION = Pattern.compile("([^@]+)@([^@]+)(?:@([^@]+))?");
    private static final String RUN = "guideRun";
    private static final String LENGTHS = "guideSigmaRel";
    private static final String TIMES = "guideTime";

    GuidesAxis(AxisNames names) {
        super(names, Effect.WEIGHTS);
    }

    @Override
    public List<Optional<Point.Guide>> values(List<Guides> asked) {
        if (asked.isEmpty()) return List.of(Optional.empty());
        List<Optional<Point.Guide>> guides = new ArrayList<>();
        for (Guides g : asked)
            for (double time : g.time())
                for (double sigmaRel : g.sigmaRel()) guides.add(Optional.of(new Point.Guide(g.run(), sigmaRel, time)));
        return guides;
    }

    @Override
    public double count(List<Guides> asked) {
        return asked.isEmpty()
                ? 1
                : asked.stream().mapToDouble(GuidesAxis::count).sum();
    }

    private static double count(Guides guides) {
        return (double) guides.sigmaRel().size() * Math.max(guides.time().size(), 1);
    }

    @Override
    public String summary(List<Guides> asked) {
        return !asked.isEmpty() && count(asked) == 1 ? "1 " + names().noun() : super.summary(asked);
    }

    @Override
    public List<Guides> parse(String text) {
        Matcher matcher = OPTION.matcher(text);
        if (!matcher.matches())
            throw Problem.invalid(
                    name(), "'" + text + "' is not of the form RUN@0.05,0.10, or RUN@0.05,0.10@65536 with times");
        String times = matcher.group(3) == null ? "" : matcher.group(3);
        return List.of(new Guides(
                matcher.group(1),
                NumberAxis.numbers("guides.sigmaRel", matcher.group(2)),
                NumberAxis.numbers("guides.time", times)));
    }

    @Override
    public List<AxisField> fields() {
        return List.of(
                new AxisField(
                        RUN,
                        "guides.run",
                        "Guiding run",
                        "a smaller or less trained network",
                        "",
                        FieldKind.RUN,
                        false),
                new AxisField(
                        LENGTHS,
                        "guides.sigmaRel",
                        "Its EMA lengths",
                        "each is an axis value of its own",
                        "",
                        FieldKind.NUMBERS,
                        false),
                new AxisField(
                        TIMES,
                        "guides.time",
                        "Its times",
                        "on its own clock; its newest snapshot where empty",
                        "",
                        FieldKind.NUMBERS,
                        false));
    }

    @Override
    public List<Guides> ofForm(UnaryOperator<String> form) {
        String run = form.apply(RUN);
        String lengths = form.apply(LENGTHS);
        String times = form.apply(TIMES);
        if (!run.isEmpty())
            return List.of(new Guides(
                    run, NumberAxis.numbers("guides.sigmaRel", lengths), NumberAxis.numbers("guides.time", times)));
        if (!lengths.isEmpty() || !times.isEmpty())
            throw Problem.invalid("guides.run", "which run do the guiding networks come from?");
        return List.of();
    }

    @Override
    public Map<String, String> toForm(List<Guides> asked) {
        if (asked.isEmpty()) return Map.of();
        Guides first = asked.getFirst();
        return Map.of(
                RUN, first.run(),
                LENGTHS, NumberAxis.list(first.sigmaRel()),
                TIMES, NumberAxis.list(first.time()));
    }

    @Override
    public List<Guides> beyondForm(List<Guides> asked) {
        return asked.stream().skip(1).toList();
    }

    @Override
    Guides readOne(String field, JsonNode json) {
        if (!json.isObject()) throw Problem.invalid(field, field + " must be an object");
        for (String given : json.propertyNames())
            if (!Set.of("run", "sigmaRel", "time").contains(given))
                throw Problem.invalid(
                        field + "." + given,
                        "unknown field " + field + "." + given + "; there are run, sigmaRel, time");
        JsonNode run = json.path("run");
        if (AxisJson.isMissing(run)) throw Problem.invalid("guides.run", "guides.run is missing");
        return new Guides(
                AxisJson.text("guides.run", run),
                AxisJson.list("guides.sigmaRel", json.path("sigmaRel"), AxisJson::number),
                AxisJson.list("guides.time", json.path("time"), AxisJson::number));
    }

    @Override
    Optional<Point.Guide> readValue(@Nullable JsonNode json) {
        return json == null || AxisJson.isMissing(json)
                ? Optional.empty()
                : Optional.of(StoredJson.read(json.toString(), Point.Guide.class));
    }

    @Override
    public Type askedType() {
        return Guides[].class;
    }

    @Override
    public Type valueType() {
        return Point.Guide.class;
    }

    @Override
    String show(Optional<Point.Guide> value, ValuePrinter printer) {
        return value.map(printer::guide).orElse("");
    }

    @Override
    Comparator<Optional<Point.Guide>> order() {
        return Comparator.comparing((Optional<Point.Guide> g) ->
                        g.map(Point.Guide::sigmaRel).orElse(0.0))
                .thenComparing(g -> g.map(Point.Guide::run).orElse(""))
                .thenComparing(g -> g.map(Point.Guide::time).orElse(0.0));
    }

    @Override
    boolean isNumber() {
        return false;
    }

    @Override
    public boolean isNotable(Point point) {
        return point.guide().isPresent();
    }

    @Override
    public Map<String, Object> cells(Point point) {
        Optional<Point.Guide> value = point.guide();
        Map<String, Object> cells = new LinkedHashMap<>();
        cells.put(RUN, value.<Object>map(Point.Guide::run).orElse(""));
        cells.put(LENGTHS, value.<Object>map(Point.Guide::sigmaRel).orElse(""));
        cells.put(TIMES, value.<Object>map(Point.Guide::time).orElse(""));
        return cells;
    }
}
