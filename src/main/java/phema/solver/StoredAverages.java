package phema.solver;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import phema.problem.Problem;
import phema.profile.Profile;
import phema.text.Labels;

/** Holds a run's stored averages, and picks out those that a target may be made of: sets of their places. */
record StoredAverages(List<StoredAverage> all) {
    StoredAverages {
        all = List.copyOf(all);
    }

    int size() {
        return all.size();
    }

    Profile profile(int file) {
        return all.get(file).profile();
    }

    List<Profile> profiles() {
        return all.stream().map(StoredAverage::profile).toList();
    }

    /** The number of weights that were sampled of each; 0 where none were. */
    int sampled() {
        return all.getFirst().sample().length;
    }

    /** Whether all hold the same, so that there is nothing to model. */
    boolean areAlike() {
        return sampled() > 0
                && size() > 1
                && all.stream()
                        .allMatch(s -> Arrays.equals(s.sample(), all.getFirst().sample()));
    }

    BitSet every() {
        return which(any -> true);
    }

    BitSet until(Profile target) {
        return which(p -> p.endTime() <= target.endTime());
    }

    /** Those of a set that end last. */
    BitSet newest(BitSet files) {
        double last = lastEnd(files);
        return which(p -> p.endTime() == last);
    }

    BitSet which(Predicate<Profile> profile) {
        BitSet files = new BitSet();
        IntStream.range(0, size()).filter(i -> profile.test(profile(i))).forEach(files::set);
        return files;
    }

    double lastEnd(BitSet files) {
        return files.stream().mapToDouble(i -> profile(i).endTime()).max().orElseThrow();
    }

    double lastEnd() {
        return lastEnd(every());
    }

    private double firstEnd() {
        return all.stream().mapToDouble(s -> s.profile().endTime()).min().orElseThrow();
    }

    boolean reach(Profile target) {
        return firstEnd() <= target.endTime() && target.endTime() <= lastEnd();
    }

    /** @throws Problem when the target ends after the last stored average or before the first */
    void requireReached(Profile target) {
        if (target.endTime() > lastEnd())
            throw Problem.invalid(
                    "time",
                    "no snapshot reaches time " + Labels.plain(target.endTime()) + ": the last is at "
                            + Labels.plain(lastEnd()));
        if (target.endTime() < firstEnd())
            throw Problem.invalid(
                    "time",
                    "time " + Labels.plain(target.endTime()) + " lies before the first snapshot, at "
                            + Labels.plain(firstEnd()));
    }

    /** How far the combination's profile is from the target's, over the target's size; NaN without densities. */
    double profileResidual(Profile target, Solution x) {
        return ProfileDistance.of(target, profiles(), x.coefficients());
    }
}
