package phema.evaluation;

/** Reports that an evaluation gave no metrics. The message says why, and ends with what it printed last. */
public final class EvaluationException extends Exception {
    private static final long serialVersionUID = 1L;

    public EvaluationException(String message) {
        super(message);
    }
}
