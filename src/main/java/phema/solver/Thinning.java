package phema.solver;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import phema.profile.Profile;

/** Finds the files that several targets can do without. */
final class Thinning {
    /** The number of files up to which they go one by one. */
    private static final int FEW = 64;

    /** The share of more files that may go at once. */
    private static final int AT_ONCE = 8;

    private Thinning() {}

    /** What targets that end together need: that the variance of each stays within a limit. */
    static final class Needs {
        private final Predictor predictor;
        private final List<Profile> targets;
        private final BitSet files;
        private final double[] before;
        private final double[] limits;
        private List<Moment> moments;
        private int madeFor;
        private double[] costs = new double[0];

        /**
         * @param files that may be read for the targets
         * @param limit of each variance; {@code (1 + tolerance)^2} times what it is with all files where that is more
         */
        Needs(Predictor predictor, List<Profile> targets, BitSet files, double limit, double tolerance) {
            this.predictor = predictor;
            this.targets = targets;
            this.files = files;
            moments = predictor.moments(files, targets);
            madeFor = files.cardinality();
            before = predictor.filter(files, moments).targetVariances;
            limits = Arrays.stream(before)
                    .map(variance -> Math.max(limit, (1 + tolerance) * (1 + tolerance) * variance))
                    .toArray();
        }

        /** @param meanSquare of the weights, to which errors are relative */
        Stream<Retention.TargetEffect> effects(BitSet kept, double meanSquare) {
            BitSet left = left(kept);
            double[] after = predictor.filter(left, predictor.moments(left, targets)).targetVariances;
            return IntStream.range(0, targets.size())
                    .mapToObj(t -> new Retention.TargetEffect(
                            targets.get(t),
                            Math.sqrt(before[t] / meanSquare),
                            Math.sqrt(after[t] / meanSquare),
                            Math.sqrt(limits[t] / meanSquare)));
        }

        private BitSet left(BitSet kept) {
            BitSet left = (BitSet) files.clone();
            left.and(kept);
            return left;
        }

        /** Looks at what is left. @return whether it is enough */
        private boolean look(BitSet kept) {
            BitSet left = left(kept);
            if (Predictor.WORTH_ANEW * left.cardinality() < madeFor) {
                moments = predictor.moments(left, targets);
                madeFor = left.cardinality();
            }
            Filtered filtered = predictor.filter(left, moments);
            double[] variances = filtered.targetVariances;
            double[] precisions = filtered.precisions();
            double[][] coefficients = IntStream.range(0, variances.length)
                    .parallel()
                    .mapToObj(filtered::coefficients)
                    .toArray(double[][]::new);
            costs = new double[precisions.length];
            for (int t = 0; t < variances.length; t++)
                for (int file = left.nextSetBit(0); file >= 0; file = left.nextSetBit(file + 1)) {
                    double cost = coefficients[t][file] * coefficients[t][file] / precisions[file];
                    costs[file] = Math.max(costs[file], cost / (limits[t] - variances[t]));
                }
            return IntStream.range(0, variances.length).allMatch(t -> variances[t] <= limits[t]);
        }

        /** The share of what is left to a target's limit that the loss of a file uses up, where it is largest. */
        private double cost(int file) {
            return costs[file];
        }
    }

    /**
     * Drops files, each time those whose loss brings no target much nearer to its limit: one by one when there are few,
     * otherwise several that are not next to each other.
     *
     * @param atLeastOne sets of files of which one each must stay
     * @return the files to keep
     */
    static BitSet thin(StateSpace space, List<Needs> needs, List<BitSet> atLeastOne) {
        BitSet kept = space.all();
        Deque<BitSet> dropped = new ArrayDeque<>();
        int atOnce = Math.max(1, kept.cardinality() / AT_ONCE);
        while (true) {
            BitSet left = kept;
            // not allMatch, which would stop at the first that is not content
            boolean enough =
                    needs.parallelStream().filter(need -> !need.look(left)).count() == 0;
            if (!enough) { // only after several went at once, or by a rounding error
                if (dropped.isEmpty()) return kept;
                BitSet last = dropped.pop();
                kept.or(last);
                if (last.cardinality() == 1) return kept;
                atOnce = Math.max(1, last.cardinality() / 4);
                continue;
            }
            if (kept.cardinality() <= FEW) atOnce = 1;
            atOnce = Math.min(atOnce, Math.max(1, kept.cardinality() / AT_ONCE));
            BitSet cheapest = cheapest(space, kept, needs, atLeastOne, atOnce);
            if (cheapest.isEmpty()) return kept;
            kept.andNot(cheapest);
            dropped.push(cheapest);
        }
    }

    private static BitSet cheapest(
            StateSpace space, BitSet kept, List<Needs> needs, List<BitSet> atLeastOne, int atOnce) {
        double[] costs = new double[space.files()];
        Arrays.setAll(
                costs,
                file -> needs.stream()
                        .mapToDouble(need -> need.cost(file))
                        .max()
                        .orElseThrow());
        int[] rank = new int[costs.length];
        int[] inOrder =
                sorted(kept, Comparator.comparingDouble(i -> space.file(i).endTime()));
        for (int r = 0; r < inOrder.length; r++) rank[inOrder[r]] = r;
        BitSet taken = new BitSet(); // ranks
        BitSet cheapest = new BitSet();
        double spent = 0;
        for (int file : sorted(kept, Comparator.comparingDouble(i -> costs[i]))) {
            if (cheapest.cardinality() == atOnce) break;
            if (!(spent + costs[file] < (cheapest.isEmpty() ? 1 : 0.5))) break;
            boolean neighbour = taken.get(rank[file] + 1) || rank[file] > 0 && taken.get(rank[file] - 1);
            if (neighbour || atLeastOne.stream().anyMatch(set -> isLast(file, set, kept, cheapest))) continue;
            spent += costs[file];
            cheapest.set(file);
            taken.set(rank[file]);
        }
        return cheapest;
    }

    private static boolean isLast(int file, BitSet set, BitSet kept, BitSet going) {
        if (!set.get(file)) return false;
        BitSet others = (BitSet) set.clone();
        others.and(kept);
        others.andNot(going);
        others.clear(file);
        return others.isEmpty();
    }

    private static int[] sorted(BitSet files, Comparator<Integer> order) {
        return files.stream().boxed().sorted(order).mapToInt(i -> i).toArray();
    }
}
