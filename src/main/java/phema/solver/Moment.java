package phema.solver;

/**
 * Holds a step of time and the files that are observed at its end.
 *
 * @param rate which of the movement's rates holds during the step
 * @param files none where only the rate changes or a target ends
 */
@SuppressWarnings("ArrayRecordComponent") // walked through thousands of times, never compared
record Moment(Step step, int rate, int[] files) {}
