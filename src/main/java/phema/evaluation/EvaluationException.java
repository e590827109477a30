package phema.evaluation;

/** Reports that an evaluation gave no metrics. The message says why, and ends with what it printed last. */
public final class EvaluationException extends Exception {
    private static final long serialVersionUID = 1L;

    /** The line of a message behind which stands what the evaluation printed last. */
    public static final String OUTPUT = "its output ended with:";

    public EvaluationException(String message) {
        super(message);
    }

    /** @param output the end of what it printed */
    EvaluationException(String reason, String output) {
        super(output.isEmpty() ? reason : reason + "\n" + OUTPUT + "\n" + output);
    }
}
