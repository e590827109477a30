package phema.sweep;

import java.util.Collections;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Holds what people call a sweep and say of it: none of it changes what is evaluated.
 *
 * @param name by which a job finds it again, and which no other of the run has; empty for none
 * @param note of any number of lines; empty for none
 * @param archived whether it is in no list that does not ask for archived ones
 */
public record SweepDescription(Optional<String> name, String note, SortedSet<String> tags, boolean archived) {
    public static final SweepDescription NONE = new SweepDescription(Optional.empty(), "", new TreeSet<>(), false);

    public SweepDescription {
        tags = Collections.unmodifiableSortedSet(new TreeSet<>(tags));
    }
}
