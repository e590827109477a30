package phema.bulk;

import java.util.Optional;

/** Names a part of a synthesis, in the queue as {@code SYNTHESIS/NUMBER}. */
record PartId(String synthesis, int number) {
    /** Empty for a whole synthesis, as older versions queued it. */
    static Optional<PartId> parse(String instance) {
        int slash = instance.indexOf('/');
        return slash < 0
                ? Optional.empty()
                : Optional.of(
                        new PartId(instance.substring(0, slash), Integer.parseInt(instance.substring(slash + 1))));
    }

    @Override
    public String toString() {
        return synthesis + "/" + number;
    }
}
