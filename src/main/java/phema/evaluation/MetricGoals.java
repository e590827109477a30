package phema.evaluation;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import phema.problem.Problem;

/**
 * Lists the metrics that every evaluation of a sweep must give, the one that is optimised first: {@code
 * fid,accuracy:max}.
 */
public record MetricGoals(List<MetricGoal> all) {
    public MetricGoals {
        all = List.copyOf(all);
    }

    /** @throws Problem when one has no name, an unknown direction, or the name of another */
    public static MetricGoals parse(String text) {
        MetricGoals goals = new MetricGoals(Arrays.stream(text.split(",", -1))
                .map(String::strip)
                .map(MetricGoal::parse)
                .toList());
        for (String name : goals.names()) {
            if (name.isBlank())
                throw Problem.invalid(
                        "metric",
                        "metric is missing: which one to optimise, as fid for the least or accuracy:max for the most");
            MetricName.fault(name).ifPresent(fault -> {
                throw Problem.invalid("metric", "metric: " + fault);
            });
            if (goals.names().stream().filter(name::equals).count() > 1)
                throw Problem.invalid("metric", "the metric " + name + " is named twice");
        }
        return goals;
    }

    @JsonCreator
    static MetricGoals stored(String text) {
        return new MetricGoals(
                Arrays.stream(text.split(",", -1)).map(MetricGoal::stored).toList());
    }

    /** The one that is optimised. */
    public MetricGoal first() {
        return all.getFirst();
    }

    public List<String> names() {
        return all.stream().map(MetricGoal::name).toList();
    }

    /** As it is read again. */
    @JsonValue
    public String text() {
        return all.stream().map(MetricGoal::text).collect(Collectors.joining(","));
    }
}
