package phema.cli;

import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Gives what a gate compares with.
 *
 * @param name for people
 * @param best a metric of its best point, where it has that
 * @param lack why there is nothing to compare with; none where there is
 */
record EarlierResult(
        String name,
        Function<String, Optional<SweepResults.BestValue>> best,
        @Nullable String lack) {
    static EarlierResult of(String name, Function<String, Optional<SweepResults.BestValue>> best) {
        return new EarlierResult(name, best, null);
    }

    static EarlierResult none(String lack) {
        return new EarlierResult("", metric -> Optional.empty(), lack);
    }
}
