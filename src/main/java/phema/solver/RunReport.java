package phema.solver;

import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * Says how far the model of the trajectory holds for a run, and what it sees in it.
 *
 * @param actualToPredicted each file in turn is predicted from the others, on the sample; the geometric mean of the
 *     error over the predicted one, for {@link SolverKind#BLUP}
 * @param filesPredicted how many were
 * @param surprises by file, in the order given to the solver: the same ratio squared for each file alone; 1 where a
 *     file is what the others let expect
 * @param innovations by file, the same from earlier files only
 * @param oddFiles those that do not belong to the others
 * @param withoutOddFiles {@code actualToPredicted} if they are left out; empty where there are none
 * @param doubts what is stated of the run but contradicted by its files
 * @param rates how fast the weights moved, in order of time
 * @param assumed whether there are too few files to say how the rates change, so that their course is assumed
 */
public record RunReport(
        Map<SolverKind, Double> actualToPredicted,
        int filesPredicted,
        List<Double> surprises,
        List<Double> innovations,
        List<OddFile> oddFiles,
        OptionalDouble withoutOddFiles,
        List<Doubt> doubts,
        List<RateStretch> rates,
        boolean assumed) {
    public RunReport {
        actualToPredicted = Map.copyOf(actualToPredicted);
        surprises = List.copyOf(surprises);
        innovations = List.copyOf(innovations);
        oddFiles = List.copyOf(oddFiles);
        doubts = List.copyOf(doubts);
        rates = List.copyOf(rates);
    }

    /**
     * A stretch of the run.
     *
     * @param rate variance that a weight gains per unit of time, over the weights' mean square
     */
    public record RateStretch(double from, double to, double rate) {}
}
