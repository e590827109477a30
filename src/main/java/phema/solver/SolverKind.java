package phema.solver;

import java.util.List;

/** Says how coefficients are found. */
public enum SolverKind {
    /** The paper's least-squares fit of averaging profiles (arXiv 2312.02696, section 3.2 and appendix C). */
    PAPER,
    /**
     * The best linear unbiased predictor under a model of the trajectory that is estimated from the snapshots
     * themselves.
     */
    BLUP,
    /** None: coefficients that were asked for as they are. */
    GIVEN;

    /** The methods that find coefficients, which are those that can be asked for. */
    public static final List<SolverKind> SOLVERS = List.of(PAPER, BLUP);
}
