package phema.solver;

import java.util.Locale;
import phema.profile.Power;

/** Prints the tables of docs/solver.md and draws its plot. */
final class SolverFigures {
    public static void main(String[] args) {
        FixtureRun run = FixtureRun.averages();
        var solver = new Solver(run.stored());
        System.out.println(solver.report());
        for (double time : new double[] {FixtureRun.END, FixtureRun.MIDDLE}) {
            for (double s : new double[] {0.02, 0.03, 0.075, 0.15, 0.2, 0.25}) {
                var target = Power.ofSigmaRel(s, time);
                double[] truth = FixtureRun.truth(s, time);
                Fit p = solver.solve(target, Method.PAPER, Files.ALL);
                Fit b = solver.solve(target, Method.BLUP, Files.ALL);
                Fit f = solver.solve(target, Method.BLUP, Files.FEWEST);
                System.out.printf(
                        Locale.ROOT,
                        "%.3f  %.3e/%.3e  %.3e/%.3e  %d %.3e/%.3e res %.2e %.2e cond %.2e %.2e norm %.2f %.2f%n",
                        s,
                        run.error(p, truth),
                        p.predictedRelativeError(),
                        run.error(b, truth),
                        b.predictedRelativeError(),
                        f.filesUsed(),
                        run.error(f, truth),
                        f.predictedRelativeError(),
                        p.profileResidual(),
                        b.profileResidual(),
                        p.conditionNumber(),
                        b.conditionNumber(),
                        p.coefficientNorm(),
                        b.coefficientNorm());
            }
        }
    }
}
