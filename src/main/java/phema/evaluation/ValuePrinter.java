package phema.evaluation;

/** Prints values of axes in the way of one door. */
public interface ValuePrinter {
    /** An EMA length (sigma_rel); those of other families are plain numbers. */
    String length(double sigmaRel);

    /** On the training job's clock. */
    String time(double time);

    String number(double value);

    String guide(Point.Guide guide);
}
