package phema.cli;

import java.util.List;
import java.util.function.ToDoubleFunction;

/** Finds what stands in the middle of measurements. */
final class Median {
    private Median() {}

    /** The median of a figure of each round, the upper one of an even number; NaN without rounds. */
    static <T> double of(List<T> rounds, ToDoubleFunction<T> figure) {
        return rounds.stream()
                .mapToDouble(figure)
                .sorted()
                .skip(rounds.size() / 2)
                .findFirst()
                .orElse(Double.NaN);
    }
}
