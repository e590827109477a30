package phema.fleet;

/** Says how far a trial or a synthesis is. */
public enum WorkState {
    QUEUED,
    RUNNING,
    DONE,
    FAILED,
    CANCELLED;

    /** Whether nothing will happen to it any more by itself. */
    public boolean isEnd() {
        return this == DONE || this == FAILED || this == CANCELLED;
    }
}
