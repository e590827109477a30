package phema.sweep;

import java.util.Optional;

/**
 * Says what jobs made of a sweep.
 *
 * @param replacedBy the sweep that a job began in its place, under its name; empty where none did
 * @param trialsLeft how many more trials are evaluated before it is cancelled; empty for any number
 */
public record SweepJob(Optional<String> replacedBy, Optional<Integer> trialsLeft) {
    static final SweepJob NONE = new SweepJob(Optional.empty(), Optional.empty());
}
