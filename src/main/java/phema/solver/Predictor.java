package phema.solver;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import phema.profile.Profile;

/**
 * Predicts averages from stored files: the best linear unbiased combination for a target, of all files or of the fewest
 * that do, and its error.
 *
 * @param noise by file, the variance of its rounding
 */
@SuppressWarnings("ArrayRecordComponent") // numbers for the solver, never compared
record Predictor(StateSpace space, Movement movement, double[] noise) {
    /** The number of candidates up to which they are looked at one by one. */
    private static final int FEW = 64;

    /** The share of more candidates that may go at once. */
    private static final int AT_ONCE = 8;

    /**
     * The factor by which files have to become fewer before the way through them is made anew, which takes as long as
     * following the old one ten times.
     */
    static final int WORTH_ANEW = 4;

    /** The best combination of the files given. */
    Prediction best(BitSet files, Profile target) {
        return prediction(filter(files, moments(files, target)));
    }

    private static Prediction prediction(Filtered filtered) {
        return new Prediction(filtered.coefficients(0), filtered.targetVariances[0]);
    }

    /**
     * Of any combination, best or not.
     *
     * @param coefficients by file; they sum to one
     */
    double variance(double[] coefficients, Profile target) {
        BitSet files = new BitSet();
        for (int i = 0; i < coefficients.length; i++) files.set(i, coefficients[i] != 0);
        return CombinationError.of(space, moments(files, target), movement, noise, coefficients);
    }

    /**
     * The fewest files with which the variance stays below {@code (1 + tolerance)^2} times what it is with all of those
     * given, {@code hidden} added to both. With many files, starts from those around the quantiles of the target's
     * mass, then drops those whose loss costs least.
     *
     * @param ceiling variance that is not to be passed although the tolerance would allow it
     * @param hidden variance that the result will have anyhow, from rounding to its element type
     */
    Prediction fewest(BitSet files, Profile target, double tolerance, double hidden, double ceiling) {
        Way all = new Way(files, moments(files, target));
        Filtered filtered = filter(files, all.moments);
        double least = filtered.targetVariances[0];
        double tolerated = (1 + tolerance) * (1 + tolerance) * (least + hidden) - hidden;
        double limit = Math.min(tolerated, Math.max(least, ceiling));
        BitSet kept = eliminate(fewer(all, target, limit), target, limit);
        return kept.equals(files) ? prediction(filtered) : best(kept, target);
    }

    /** Some files, with the way of the state through them. */
    private record Way(BitSet files, List<Moment> moments) {}

    /** Those around so many quantiles of the target's mass that the limit is kept; all where it takes most of them. */
    private Way fewer(Way all, Profile target, double limit) {
        if (all.files.cardinality() <= 2 * FEW) return all;
        TreeMap<Double, List<Integer>> byTime = new TreeMap<>();
        all.files.stream()
                .forEach(i -> byTime.computeIfAbsent(space.file(i).endTime(), t -> new ArrayList<>())
                        .add(i));
        for (int wanted = FEW; 2 * wanted < all.files.cardinality(); wanted *= 2) {
            BitSet some = aroundQuantiles(byTime, target, wanted);
            Way way = new Way(some, moments(some, target));
            if (filter(some, way.moments).targetVariances[0] <= limit) return way;
        }
        return all;
    }

    private BitSet eliminate(Way candidates, Profile target, double limit) {
        BitSet kept = (BitSet) candidates.files.clone();
        List<Moment> moments = candidates.moments;
        int madeFor = kept.cardinality();
        int atOnce = Math.max(1, kept.cardinality() / AT_ONCE);
        BitSet dropped = new BitSet();
        while (kept.cardinality() > 1) {
            if (WORTH_ANEW * kept.cardinality() < madeFor) {
                moments = moments(kept, target);
                madeFor = kept.cardinality();
            }
            Filtered filtered = filter(kept, moments);
            double variance = filtered.targetVariances[0];
            if (variance > limit) { // only after several went at once
                kept.or(dropped);
                atOnce = Math.max(1, dropped.cardinality() / 4);
                dropped = new BitSet();
                continue;
            }
            if (kept.cardinality() <= FEW) atOnce = 1;
            atOnce = Math.min(atOnce, Math.max(1, kept.cardinality() / AT_ONCE));
            dropped = cheapest(kept, costs(filtered), limit - variance, atOnce);
            if (dropped.isEmpty()) return kept;
            kept.andNot(dropped);
        }
        return kept;
    }

    /** What the loss of each single file adds to the target's variance. */
    private static double[] costs(Filtered filtered) {
        double[] coefficients = filtered.coefficients(0);
        double[] precisions = filtered.precisions();
        double[] costs = new double[coefficients.length];
        for (int i = 0; i < costs.length; i++) costs[i] = coefficients[i] * coefficients[i] / precisions[i];
        return costs;
    }

    /** Files whose loss costs least, no two of them next to each other, since they stand in for one another. */
    private BitSet cheapest(BitSet kept, double[] costs, double allowed, int atOnce) {
        int[] inOrder = kept.stream()
                .boxed()
                .sorted(Comparator.comparingDouble(i -> space.file(i).endTime()))
                .mapToInt(i -> i)
                .toArray();
        int[] rank = new int[costs.length];
        for (int r = 0; r < inOrder.length; r++) rank[inOrder[r]] = r;
        BitSet taken = new BitSet(); // ranks
        BitSet cheapest = new BitSet();
        double spent = 0;
        for (int file : kept.stream()
                .boxed()
                .sorted(Comparator.comparingDouble(i -> costs[i]))
                .mapToInt(i -> i)
                .toArray()) {
            double share = cheapest.isEmpty() ? allowed : allowed / 2;
            if (!(spent + costs[file] <= share) || cheapest.cardinality() == atOnce) break;
            if (taken.get(rank[file] + 1) || rank[file] > 0 && taken.get(rank[file] - 1)) continue;
            spent += costs[file];
            cheapest.set(file);
            taken.set(rank[file]);
        }
        return cheapest;
    }

    /** All files of the times nearest to the quantiles. */
    private static BitSet aroundQuantiles(TreeMap<Double, List<Integer>> byTime, Profile target, int quantiles) {
        BitSet some = new BitSet();
        byTime.lastEntry().getValue().forEach(some::set);
        for (int q = 0; q < quantiles; q++) {
            double share = (q + 0.5) / quantiles;
            double low = 0;
            double high = target.endTime();
            for (int i = 0; i < 40; i++) {
                double middle = (low + high) / 2;
                if (target.cumulative(middle) < share) low = middle;
                else high = middle;
            }
            var earlier = byTime.floorEntry(high);
            var later = byTime.ceilingEntry(high);
            if (earlier != null) earlier.getValue().forEach(some::set);
            if (later != null) later.getValue().forEach(some::set);
        }
        return some;
    }

    /** The way of the state through some of the files, with targets. */
    List<Moment> moments(BitSet files, List<Profile> targets) {
        return space.moments(files, movement.rates(), targets, Collections.emptyNavigableSet());
    }

    List<Moment> moments(BitSet files, Profile target) {
        return moments(files, List.of(target));
    }

    /** @param moments of these files, perhaps of more */
    Filtered filter(BitSet files, List<Moment> moments) {
        boolean[] observed = new boolean[space.files()];
        files.stream().forEach(i -> observed[i] = true);
        return Filter.run(space, moments, movement, noise, observed);
    }
}
