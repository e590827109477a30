package phema.sweep;

/** An evaluation gave no metrics. The message says why, and ends with what it printed last. */
final class EvaluationException extends Exception {
    private static final long serialVersionUID = 1L;

    EvaluationException(String message) {
        super(message);
    }
}
