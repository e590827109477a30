package phema.sweep;

import phema.text.Labels;

/** Says how far a sweep has come. */
public enum SweepState {
    /** No trial was started. */
    QUEUED,
    RUNNING,
    /** No trial is started until it is resumed; those that run go on. */
    PAUSED,
    /** Every trial is done. */
    DONE,
    /** Every trial has ended, and some failed. */
    FAILED,
    CANCELLED;

    /**
     * {@code done, 1 failed}: how far a sweep is, with what went wrong.
     *
     * @param state as {@link phema.text.Labels} writes it
     */
    public static String inWords(String state, int done, int failed) {
        if (failed == 0) return state;
        boolean ended = state.equals(Labels.of(FAILED));
        if (ended && done == 0) return state;
        return (ended ? Labels.of(DONE) : state) + ", " + failed + " " + Labels.of(FAILED);
    }

    /** Whether nothing will happen to it any more by itself. */
    public boolean isEnd() {
        return this == DONE || this == FAILED || this == CANCELLED;
    }
}
