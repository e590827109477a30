package phema.evaluation;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;
import phema.problem.Problem;
import phema.text.Labels;

/** Names a metric, and says whether less of it is better or more: {@code fid}, {@code accuracy:max}. */
public record MetricGoal(String name, MetricDirection direction) {
    /** Which of two values is better. */
    public enum MetricDirection {
        /** The lesser one. */
        MIN(1),
        /** The greater one. */
        MAX(-1);

        private final int sign;

        MetricDirection(int sign) {
            this.sign = sign;
        }

        /** A number that is less the better the value is, and that gives the value back by the same. */
        public double cost(double value) {
            return sign * value;
        }
    }

    /** @throws Problem when what follows the last colon is no direction */
    static MetricGoal parse(String text) {
        int colon = text.lastIndexOf(':');
        if (colon < 0) return new MetricGoal(text, MetricDirection.MIN);
        String word = text.substring(colon + 1);
        return new MetricGoal(
                text.substring(0, colon),
                direction(word)
                        .orElseThrow(() -> Problem.invalid(
                                "metric",
                                "the metric " + text + " ends in :" + word + ", which is no direction; there are "
                                        + Arrays.stream(MetricDirection.values())
                                                .map(Labels::of)
                                                .collect(Collectors.joining(", ")))));
    }

    /** Of a database, where names from before there were directions hold what they like. */
    @JsonCreator
    static MetricGoal stored(String text) {
        int colon = text.lastIndexOf(':');
        return direction(text.substring(colon + 1))
                .filter(direction -> colon >= 0)
                .map(direction -> new MetricGoal(text.substring(0, colon), direction))
                .orElseGet(() -> new MetricGoal(text, MetricDirection.MIN));
    }

    private static Optional<MetricDirection> direction(String word) {
        return Arrays.stream(MetricDirection.values())
                .filter(direction -> Labels.of(direction).equals(word))
                .findFirst();
    }

    /** {@code fid}, {@code accuracy:max}: as it is read again. */
    @JsonValue
    public String text() {
        return direction == MetricDirection.MIN && !name.contains(":") ? name : name + ":" + Labels.of(direction);
    }
}
