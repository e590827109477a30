package phema.synthesis;

/** Says how far the model of a run's trajectory is, which all fits of the run share. */
public enum ModelState {
    /** Nobody has asked for a fit since the run's files last changed. */
    NONE,
    FITTING,
    READY
}
