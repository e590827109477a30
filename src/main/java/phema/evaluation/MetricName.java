package phema.evaluation;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Knows what metrics may be called, whoever names one: each is a column of results, beside those of trials. */
public final class MetricName {
    /** The most characters of a name. */
    public static final int LONGEST = 100;

    /** The form of names: what can be printed, without what tables, gates and lists of metrics give a meaning. */
    private static final Pattern FORM =
            Pattern.compile("[\\p{L}\\p{N}_](?:[\\p{L}\\p{M}\\p{N}_.:@/()%+*#-]| (?! |$)){0," + (LONGEST - 1) + "}");

    private static final Pattern NUMBER = Pattern.compile("(?i)[-+]?(nan|inf(inity)?|[\\d.]+(e[-+]?\\d+)?)");

    private static final Set<String> COLUMNS = columns();

    private MetricName() {}

    private static Set<String> columns() {
        Set<String> columns = new HashSet<>(
                List.of("trial", "state", "cached", "source", "evaluator", "version", LengthFields.LENGTH));
        for (Axis<?, ?> axis : Axes.ALL) for (AxisField field : axis.fields()) columns.add(field.name());
        return columns;
    }

    /** What is wrong with a name, in words for the user; empty where it is one. */
    public static Optional<String> fault(String name) {
        if (name.length() > LONGEST || !FORM.matcher(name).matches())
            return Optional.of("'" + name.substring(0, Math.min(LONGEST, name.length()))
                    + "' is no name of a metric, such as fid or fd_dinov2: 1 to " + LONGEST
                    + " letters, digits, single spaces and _ . : @ / ( ) % + * # -, the first a letter, a digit or _");
        if (NUMBER.matcher(name).matches())
            return Optional.of("'" + name + "' is no name of a metric, such as fid, but a number");
        return COLUMNS.contains(name) || name.startsWith(ParamsAxis.PREFIX)
                ? Optional.of("'" + name + "' is a column of all results, and no name of a metric")
                : Optional.empty();
    }
}
