package phema.evaluation;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import phema.problem.Problem;

/**
 * Names an axis of the user's own, which evaluators get as given.
 *
 * @param values at least one
 */
public record Param(String name, List<ParamValue> values) {
    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,39}");

    public Param {
        values = List.copyOf(new LinkedHashSet<>(values));
        if (!NAME.matcher(name).matches())
            throw Problem.invalid(
                    "params",
                    "params: '" + name + "' is no name; it must be a letter or _, then up to 39 letters, digits and _");
        if (values.isEmpty()) throw Problem.invalid("params", "params." + name + " holds nothing");
        for (Axis<?, ?> axis : Axes.ALL) {
            AxisNames names = axis.names();
            if (Stream.of(names.name(), names.field(), names.column()).anyMatch(name::equalsIgnoreCase)
                    || LengthFields.ALL.stream().anyMatch(name::equalsIgnoreCase)
                    || axis.fields().stream().anyMatch(field -> field.name().equalsIgnoreCase(name)))
                throw Problem.invalid("params", "params: " + name + " is an axis already; take another name");
        }
    }
}
