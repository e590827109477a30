package phema.solver;

/**
 * Names a stored file that does not belong to the others.
 *
 * @param file index, in the order given to the solver
 * @param surprise its squared distance from what the files around it let expect, over the expected one, by a model that
 *     was fitted without it: 1 is expected
 * @param apart that distance, not squared, over the weights' root mean square
 * @param likeness what it looks like, to follow "it"
 */
public record OddFile(int file, double surprise, double apart, String likeness) {
    /** How much likelier it is with a variance of its own, per weight. */
    double nats() {
        return (surprise - 1 - Math.log(surprise)) / 2;
    }
}
