package phema.solver;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.apache.commons.math3.analysis.integration.gauss.GaussIntegrator;
import org.apache.commons.math3.analysis.integration.gauss.GaussIntegratorFactory;

/**
 * Moves the state from one time to a later one: the transition {@code F} and, for a random walk and for white
 * deviations of strength one, roots of the process noise {@code Q}. Coordinates are the drift (0), the weights (1),
 * averages (from 2 on), and behind them the targets, which nothing depends on.
 *
 * <p>With {@code rho_i(s)} for what arrives of a jump of the weights at {@code s}, 1 for the weights themselves,
 * {@code Q_ij = integral of rho_i rho_j ds}, and the integral of the densities' product for white deviations. Computed
 * by Gauss-Legendre quadrature of the <em>root</em>: each node gives a row {@code sqrt(weight) rho(s)}, and the rows
 * are made triangular. Closed forms of {@code Q} exist for powers and exponentials, but the noise of averages over a
 * short step is smaller than their rounding (relative to the weights' own it falls like the square of the step, for the
 * difference of two averages like its fourth power), while the rows keep the precision of each. Panels are cut until no
 * share changes by more than a factor of {@code e^4} and no end is later than four times its beginning. There the
 * 16-point rule is exact to {@code 3^-32}, 5e-16, for powers of time with any exponent, and better for exponentials.
 * The 6-point rule is as exact where no share changes by more than {@code e^0.5} and the end is at most 1.2 times the
 * beginning: {@code (11 + sqrt(120))^-12}, 1e-16.
 */
final class Step {
    private static final GaussIntegrator MANY = new GaussIntegratorFactory().legendre(16);
    private static final GaussIntegrator FEW = new GaussIntegratorFactory().legendre(6);

    /** The greatest change of a share's logarithm within a panel. */
    private static final double STEEPEST = 4;

    /** The share below which one does not count beside one. */
    private static final double NEGLIGIBLE = 1e-17;

    private static final double LONGEST = 4;

    private static final double STEEPEST_OF_SHORT = 0.5;
    private static final double LONGEST_OF_SHORT = 1.2;

    private static final double NARROWEST = 1e-14;

    final double from;
    final double to;

    /** By coordinate: the share of the average before the step in the one after it. */
    final double[] keep;

    /** By coordinate: the share of the weights before the step; one less {@code keep}. */
    final double[] take;

    /** By coordinate: what a drift of one adds. */
    final double[] drift;

    /** Rows of the root of {@code Q} of a walk, by coordinate. */
    final double[][] walk;

    /** The root of what targets get besides, squared. */
    final double[] walkRest;

    final double[][] white;
    final double[] whiteRest;

    /**
     * @param averages one per coordinate from 2 on; {@code keep} says which of them go on as they are
     * @param keep by average
     */
    Step(double from, double to, List<Uptake> averages, double[] keep, List<Uptake> targets) {
        this.from = from;
        this.to = to;
        int state = 2 + averages.size();
        int columns = state + targets.size();
        List<Uptake> all = new ArrayList<>(averages);
        all.addAll(targets);
        this.keep = new double[columns];
        take = new double[columns];
        drift = new double[columns];
        Arrays.fill(this.keep, 1);
        for (int i = 0; i < keep.length; i++) {
            this.keep[2 + i] = keep[i];
            take[2 + i] = keep[i] == 1 ? 0 : keep[i] == 0 ? 1 : averages.get(i).taken(from);
        }
        double[][] walkRows = new double[state - 1 + MANY.getNumberOfPoints()][columns];
        double[][] whiteRows = new double[state - 2 + MANY.getNumberOfPoints()][columns];
        walkRest = new double[columns];
        whiteRest = new double[columns];
        for (double[] panel : panels(from, to, all)) {
            boolean isShort = isFlat(panel[0], panel[1], all, LONGEST_OF_SHORT, STEEPEST_OF_SHORT);
            GaussIntegrator gauss = isShort ? FEW : MANY;
            for (int k = 0; k < gauss.getNumberOfPoints(); k++) {
                double s = panel[0] + (panel[1] - panel[0]) * (1 + gauss.getPoint(k)) / 2;
                double weight = gauss.getWeight(k) * (panel[1] - panel[0]) / 2;
                double root = Math.sqrt(weight);
                double[] walkRow = walkRows[state - 1 + k];
                double[] whiteRow = whiteRows[state - 2 + k];
                walkRow[1] = root;
                for (int i = 0; i < all.size(); i++) {
                    double taken = all.get(i).taken(s);
                    drift[2 + i] += weight * taken;
                    walkRow[2 + i] = root * taken;
                    whiteRow[2 + i] = root * all.get(i).density(s, taken);
                }
            }
            fold(walkRows, state - 1 + gauss.getNumberOfPoints(), 1, state, walkRest);
            fold(whiteRows, state - 2 + gauss.getNumberOfPoints(), 2, state, whiteRest);
        }
        drift[1] = to - from;
        walk = Arrays.copyOf(walkRows, state - 1);
        white = Arrays.copyOf(whiteRows, state - 2);
    }

    /**
     * Makes columns {@code first} to {@code end - 1} of the first {@code count} rows triangular and clears the rows
     * below.
     */
    private static void fold(double[][] rows, int count, int first, int end, double[] rest) {
        for (int k = 0; k < end - first; k++) Householder.reflect(rows, k, count, first + k);
        for (int i = end - first; i < count; i++) {
            for (int j = end; j < rest.length; j++) rest[j] += rows[i][j] * rows[i][j];
            Arrays.fill(rows[i], 0);
        }
    }

    private static List<double[]> panels(double from, double to, List<Uptake> uptakes) {
        List<Double> cuts = new ArrayList<>(List.of(from, to));
        for (Uptake uptake : uptakes)
            for (double kink : uptake.kinks(from, to)) if (kink > from && kink < to) cuts.add(kink);
        Collections.sort(cuts);
        List<double[]> panels = new ArrayList<>();
        for (int i = 1; i < cuts.size(); i++) addPanels(cuts.get(i - 1), cuts.get(i), uptakes, panels);
        return panels;
    }

    private static void addPanels(double from, double to, List<Uptake> uptakes, List<double[]> panels) {
        if (!(from < to)) return;
        if (to - from <= NARROWEST * to || isFlat(from, to, uptakes, LONGEST, STEEPEST)) {
            panels.add(new double[] {from, to});
            return;
        }
        double middle = to > LONGEST * from ? Math.max(Math.sqrt(from * to), to / LONGEST) : (from + to) / 2;
        addPanels(from, middle, uptakes, panels);
        addPanels(middle, to, uptakes, panels);
    }

    private static boolean isFlat(double from, double to, List<Uptake> uptakes, double longest, double steepest) {
        if (to > longest * from) return false;
        double least = Math.exp(-steepest);
        double inside = Math.nextDown(to); // an impulse jumps at the very end
        for (Uptake uptake : uptakes) {
            double last = 1 - uptake.taken(inside);
            if (last > NEGLIGIBLE && 1 - uptake.taken(from) < least * last) return false;
        }
        return true;
    }
}
