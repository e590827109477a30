package phema.sweep;

import java.util.Optional;

/**
 * Says which sweeps a list has.
 *
 * @param run whose they are; empty for all
 * @param tag that they have; empty for any or none
 * @param archived whether those that are archived are among them
 */
public record SweepFilter(Optional<String> run, Optional<String> tag, boolean archived) {
    /** Those of a run, or of all, that are not archived. */
    public static SweepFilter of(Optional<String> run) {
        return new SweepFilter(run, Optional.empty(), false);
    }

    /** All of a run, archived or not. */
    static SweepFilter all(String run) {
        return new SweepFilter(Optional.of(run), Optional.empty(), true);
    }
}
