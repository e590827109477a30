package phema.evaluation;

import static java.util.stream.Collectors.joining;

import java.lang.reflect.Type;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import phema.problem.Problem;
import tools.jackson.databind.JsonNode;

/**
 * Says all that doors need to know of one thing that sweeps vary: how requests, stored texts, forms and the command
 * line write it, and how tables, charts and evaluators show it. {@link Axes#ALL} lists them; nobody else names them
 * all.
 *
 * @param <S> what a sweep asks for, in a list: single values, or rules that stand for several
 * @param <V> what a {@link Point} has, compared by {@code equals}
 */
public abstract class Axis<S, V> {
    /** What another value costs, in the order in which grids nest their loops: neighbours share what is costly. */
    public enum Effect {
        /** Other files are read. */
        FILES,
        /** Other weights are computed. */
        WEIGHTS,
        /** The same weights are evaluated otherwise. */
        EVALUATION,
        /** The same is measured again: results that differ in nothing else are averaged. */
        REPEAT
    }

    private final AxisNames names;
    private final Effect effect;

    Axis(AxisNames names, Effect effect) {
        this.names = names;
        this.effect = effect;
    }

    public final AxisNames names() {
        return names;
    }

    /** In requests and stored texts of sweeps. */
    public final String name() {
        return names.name();
    }

    public final boolean isRepeat() {
        return effect == Effect.REPEAT;
    }

    /** Whether its value says which weights are evaluated, as opposed to how. */
    public final boolean isOfWeights() {
        return effect == Effect.FILES || effect == Effect.WEIGHTS;
    }

    final Effect effect() {
        return effect;
    }

    /** Whether a search chooses values between the least and the greatest asked for. */
    public boolean isContinuous() {
        return false;
    }

    /** Whether a sweep must say which values it wants. */
    public boolean isRequired() {
        return false;
    }

    /** What is asked for by whoever says nothing; none where that depends on the run. */
    public List<S> defaults() {
        return List.of();
    }

    /** All that is asked for, with the defaults filled in; in the order given. */
    public abstract List<V> values(List<S> asked);

    /** How many values there are, before any is made: there may be too many. */
    public double count(List<S> asked) {
        return asked.size();
    }

    /** What both ask for. */
    public List<S> union(List<S> a, List<S> b) {
        return List.copyOf(
                new LinkedHashSet<>(Stream.concat(a.stream(), b.stream()).toList()));
    }

    /** @throws Problem when some value is never right, whatever the run */
    public void check(List<S> asked) {}

    /** {@code 5 EMA lengths}; empty for what goes without saying. */
    public String summary(List<S> asked) {
        long count = Math.round(count(asked));
        return count > 1 ? count + " " + names.noun() + "s" : "";
    }

    // Texts

    /** @throws Problem saying what is wrong with the text of an option or of a form's field */
    public abstract List<S> parse(String text);

    String print(List<S> asked) {
        return asked.stream().map(String::valueOf).collect(joining(", "));
    }

    /** What a form asks people for. */
    public List<AxisField> fields() {
        return List.of(AxisField.of(this));
    }

    /**
     * @param form texts by names of {@link #fields}, empty where nothing was written
     * @throws Problem naming the field that cannot be read
     */
    public List<S> ofForm(UnaryOperator<String> form) {
        String text = form.apply(name());
        return text.isEmpty() ? List.of() : parse(text);
    }

    /** Texts by names of {@link #fields}. */
    public Map<String, String> toForm(List<S> asked) {
        return Map.of(name(), print(asked));
    }

    /** What a form has no room for: it stays as it is. */
    public List<S> beyondForm(List<S> asked) {
        return List.of();
    }

    // JSON

    /** @throws Problem naming the field that is no list of such values */
    public List<S> read(@Nullable JsonNode json) {
        return AxisJson.list(name(), json, this::readOne);
    }

    abstract S readOne(String field, JsonNode json);

    Object write(List<S> asked) {
        return asked;
    }

    /** Of a point that was stored or sent; without one, what those have that know nothing of this axis. */
    abstract V readValue(@Nullable JsonNode json);

    /** As JSON has it; empty, in whatever sense, where there is none. */
    Object writeValue(V value) {
        return value;
    }

    /** Whether points that have this value leave it out of their stored texts. */
    boolean isUnwritten(V value) {
        return false;
    }

    /** Types of what {@link #read} reads and of what points have, for the description of the REST interface. */
    public abstract Type askedType();

    public abstract Type valueType();

    // What is shown

    /** What columns, choices and names show, as far as these points have it. */
    public List<Facet> facets(Collection<Point> points) {
        return List.of(new Facet(
                this,
                names.column(),
                names.label(),
                names.shownAs(),
                (point, printer) -> show(point.get(this), printer),
                Comparator.comparing(point -> point.get(this), order()),
                isNumber()));
    }

    abstract String show(V value, ValuePrinter printer);

    abstract Comparator<V> order();

    boolean isNumber() {
        return true;
    }

    /** Whether a name of the point should tell it, though no other point differs. */
    public boolean isNotable(Point point) {
        return true;
    }

    /** Cells of result files by columns; for what is no weights, also what commands find in place of these names. */
    public Map<String, Object> cells(Point point) {
        return Map.of(names.field(), point.get(this));
    }

    /** Stands for the value in the identity of an evaluation; empty for what all had before there was this axis. */
    String identity(V value) {
        return String.valueOf(value);
    }
}
