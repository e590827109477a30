package phema.sweep;

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

    /** Whether nothing will happen to it any more by itself. */
    public boolean isEnd() {
        return this == DONE || this == FAILED || this == CANCELLED;
    }
}
