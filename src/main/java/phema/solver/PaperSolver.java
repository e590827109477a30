package phema.solver;

import java.lang.ref.SoftReference;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import phema.problem.Problem;
import phema.profile.Integrals;
import phema.profile.Power;
import phema.profile.Profile;

/** Solves the paper's equations (arXiv 2312.02696, section 3.2): the least squares of profiles. */
final class PaperSolver {
    /** The most files: time grows with their third power, memory with their second. */
    private static final int MOST = 1000;

    /** The number of files that are enough to tell which widths a run can express. */
    private static final int ENOUGH_TO_EXPRESS = 256;

    private final StoredAverages stored;

    private volatile SoftReference<@Nullable Gram> lastGram = new SoftReference<>(null);

    PaperSolver(StoredAverages stored) {
        this.stored = stored;
    }

    /** Empty where the target or one of the files has no square-integrable density. */
    Optional<Solution> solve(Profile target, BitSet files, boolean normalise) {
        return gram(files)
                .filter(g -> Integrals.isSquareIntegrable(target))
                .map(g -> normalise ? g.fit(target).normalised() : g.fit(target));
    }

    /**
     * Those of the widths 0.01, 0.03 to 0.25 whose least-squares fit is not too far off (of many files, of every
     * second, third, ... time).
     *
     * @param largestResidual the distance of profiles from which on it is
     */
    List<Profile> expressible(double endTime, double largestResidual) {
        Optional<Gram> gram = gram(fewer(stored.which(p -> p.endTime() <= endTime)));
        return IntStream.rangeClosed(0, 12)
                .<Profile>mapToObj(i -> Power.ofSigmaRel((1 + 2 * i) / 100.0, endTime))
                .filter(target -> gram.isEmpty()
                        || stored.profileResidual(target, gram.get().fit(target).normalised()) <= largestResidual)
                .toList();
    }

    /** Those of every n-th time, counted back from the last, so that few enough are left. */
    private BitSet fewer(BitSet files) {
        if (files.cardinality() <= ENOUGH_TO_EXPRESS) return files;
        Set<Double> some = StateSpace.everyNth(
                files.stream().mapToObj(i -> stored.profile(i).endTime()).toList(),
                Math.ceilDiv(files.cardinality(), ENOUGH_TO_EXPRESS));
        BitSet fewer = (BitSet) files.clone();
        files.stream().filter(i -> !some.contains(stored.profile(i).endTime())).forEach(fewer::clear);
        return fewer;
    }

    /** The paper's equations for the files at {@code indices}. */
    private record Gram(StoredAverages stored, BitSet files, int[] indices, SymmetricSystem system, boolean singular) {
        Solution fit(Profile target) {
            double[] right = Arrays.stream(indices)
                    .mapToDouble(i -> Integrals.inner(stored.profile(i), target))
                    .toArray();
            return Solution.of(system.solve(right), indices, stored.size(), system, singular);
        }
    }

    /** Of the same files as the last one in most cases, since targets mostly end at the same time. */
    private Optional<Gram> gram(BitSet files) {
        if (!files.stream().allMatch(i -> Integrals.isSquareIntegrable(stored.profile(i)))) return Optional.empty();
        if (files.cardinality() > MOST)
            throw Problem.invalid(
                    "solver",
                    "the paper's solver would invert a matrix of all %d snapshots, and %d are the most: use blup"
                            .formatted(files.cardinality(), MOST));
        @Nullable Gram last = lastGram.get();
        if (last != null && files.equals(last.files())) return Optional.of(last);
        int[] indices = files.stream().toArray();
        double[][] part = new double[indices.length][indices.length];
        for (int i = 0; i < indices.length; i++)
            for (int j = 0; j <= i; j++)
                part[i][j] = part[j][i] = Integrals.inner(stored.profile(indices[i]), stored.profile(indices[j]));
        Optional<SymmetricSystem> regular = SymmetricSystem.regular(part);
        Gram gram = new Gram(
                stored,
                (BitSet) files.clone(),
                indices,
                regular.orElseGet(() -> SymmetricSystem.truncated(part)),
                regular.isEmpty());
        lastGram = new SoftReference<>(gram);
        return Optional.of(gram);
    }
}
