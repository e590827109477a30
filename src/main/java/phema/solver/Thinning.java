package phema.solver;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** Finds the files that several targets can do without. */
final class Thinning {
    private Thinning() {}

    /** What one target needs: that its variance stays within a limit. */
    static final class Need {
        private final Kriging kriging;
        private final BitSet files;
        private final double before;
        private final double limit;
        private final Elimination elimination;

        /**
         * @param files that may be read for the target
         * @param limit of the variance; {@code (1 + tolerance)^2} times what it is with all files where that is more
         */
        Need(Kriging kriging, BitSet files, double limit, double tolerance) {
            this.kriging = kriging;
            this.files = files;
            int[] indices = files.stream().toArray();
            SymmetricSystem system = kriging.system(indices);
            before = kriging.variance(kriging.best(indices, system, false).coefficients());
            this.limit = Math.max(limit, (1 + tolerance) * (1 + tolerance) * before);
            elimination = new Elimination(system, files);
        }

        double before() {
            return before;
        }

        double limit() {
            return limit;
        }

        /** With those of the files that are kept, by a fresh solve. */
        double variance(BitSet kept) {
            BitSet left = (BitSet) files.clone();
            left.and(kept);
            return kriging.variance(kriging.best(left).coefficients());
        }

        /** The share of what is left to the limit that dropping a file would use up. */
        private double cost(int file) {
            if (!files.get(file)) return 0;
            double now = elimination.variance();
            return (elimination.varianceWithout(file) - now) / (limit - now);
        }

        private void drop(int file) {
            if (files.get(file)) elimination.drop(file);
        }
    }

    /**
     * Drops files one by one, each time the one whose loss brings no target much nearer to its limit.
     *
     * @param atLeastOne sets of files of which one each must stay
     * @return the files to keep
     */
    static BitSet thin(List<Need> needs, List<BitSet> atLeastOne, BitSet files) {
        BitSet kept = (BitSet) files.clone();
        List<Integer> dropped = new ArrayList<>();
        while (true) {
            int cheapest = -1;
            double least = 1;
            for (int file = kept.nextSetBit(0); file >= 0; file = kept.nextSetBit(file + 1)) {
                double cost = cost(file, needs, atLeastOne, kept);
                if (cost < least) {
                    cheapest = file;
                    least = cost;
                }
            }
            if (cheapest < 0) break;
            for (Need need : needs) need.drop(cheapest);
            kept.clear(cheapest);
            dropped.add(cheapest);
        }
        for (int restored = 1; !dropped.isEmpty(); restored *= 2) {
            if (needs.parallelStream().allMatch(need -> need.variance(kept) <= need.limit())) return kept;
            for (int i = 0; i < restored && !dropped.isEmpty(); i++) kept.set(dropped.removeLast());
        }
        return kept;
    }

    private static double cost(int file, List<Need> needs, List<BitSet> atLeastOne, BitSet kept) {
        for (BitSet set : atLeastOne) {
            BitSet others = (BitSet) set.clone();
            others.and(kept);
            others.clear(file);
            if (set.get(file) && others.isEmpty()) return Double.POSITIVE_INFINITY;
        }
        return needs.stream().mapToDouble(need -> need.cost(file)).max().orElseThrow();
    }
}
