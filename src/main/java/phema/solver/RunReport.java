package phema.solver;

import java.util.Map;

/**
 * How far the trajectory model holds for a run.
 *
 * @param misfit root mean square of ln(measured / modelled distance) between stored files; 0.05 to 0.3 is usual
 * @param shares of the mean squared distance between stored files, by component of the trajectory: {@code walk t^-0.5},
 *     {@code deviations}, {@code drift}
 * @param actualToPredicted per method: each file in turn is predicted from the others, on the sample; the geometric
 *     mean of the error over the predicted one
 * @param filesPredicted how many were
 */
public record RunReport(
        double misfit, Map<String, Double> shares, Map<SolverKind, Double> actualToPredicted, int filesPredicted) {}
