package phema.solver;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import phema.profile.Profile;

/** Finds the files that several targets can do without. */
final class Thinning {
    /** The number of files up to which they go one by one. */
    private static final int FEW = 64;

    /** The share of more files that may go at once. */
    private static final int AT_ONCE = 8;

    private Thinning() {}

    /** What one target needs: that its variance stays within a limit. */
    static final class Need {
        private final Predictor predictor;
        private final Profile target;
        private final BitSet files;
        private final double before;
        private final double limit;
        private List<Moment> moments;
        private double now;
        private double[] costs = new double[0];

        /**
         * @param files that may be read for the target
         * @param limit of the variance; {@code (1 + tolerance)^2} times what it is with all files where that is more
         */
        Need(Predictor predictor, Profile target, BitSet files, double limit, double tolerance) {
            this.predictor = predictor;
            this.target = target;
            this.files = files;
            moments = predictor.moments(files, target);
            before = predictor.filter(files, moments).targetVariances[0];
            this.limit = Math.max(limit, (1 + tolerance) * (1 + tolerance) * before);
        }

        double before() {
            return before;
        }

        double limit() {
            return limit;
        }

        /** With those of the files that are kept. */
        double variance(BitSet kept) {
            return predictor.best(left(kept), target).variance();
        }

        private BitSet left(BitSet kept) {
            BitSet left = (BitSet) files.clone();
            left.and(kept);
            return left;
        }

        /** Looks at what is left. @return whether it is enough */
        private boolean look(BitSet kept) {
            BitSet left = left(kept);
            if (2 * left.cardinality() < moments.size()) moments = predictor.moments(left, target);
            Filtered filtered = predictor.filter(left, moments);
            now = filtered.targetVariances[0];
            costs = Predictor.costs(filtered);
            return now <= limit;
        }

        /** The share of what is left to the limit that the loss of a file uses up. */
        private double cost(int file) {
            return files.get(file) ? costs[file] / (limit - now) : 0;
        }
    }

    /**
     * Drops files, each time those whose loss brings no target much nearer to its limit: one by one when there are few,
     * otherwise several that are not next to each other.
     *
     * @param atLeastOne sets of files of which one each must stay
     * @return the files to keep
     */
    static BitSet thin(StateSpace space, List<Need> needs, List<BitSet> atLeastOne) {
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
            StateSpace space, BitSet kept, List<Need> needs, List<BitSet> atLeastOne, int atOnce) {
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
