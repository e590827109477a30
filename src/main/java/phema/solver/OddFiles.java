package phema.solver;

import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import phema.profile.Impulse;
import phema.profile.LearningRateDecay;
import phema.profile.Profile;
import phema.profile.ProfileSpec;
import phema.profile.Uniform;
import phema.text.Labels;

/**
 * Finds files that do not belong to the others: copies, exchanged ones, disturbed ones, those of other runs. A movement
 * that is fitted to them as well bulges to explain them, so that they seem little strange. Hence whatever is a little
 * strange is looked at by a model of the files around it, fitted without it, in which it stands out by far.
 */
final class OddFiles {
    /** The surprise from which on a file is looked at more closely. Files of good runs stay below. */
    static final double SUSPICIOUS = 1.5;

    /** The surprise, by a model fitted without it, from which on a file does not belong to the others. */
    private static final double ODD = 5;

    /** The surprise up to which a file is what it is compared with. */
    private static final double FITTING = 2;

    /** The factor by which it must be less surprising at another place. */
    private static final double BETTER = 5;

    /** The number of files that are looked at as one run, around a suspicious one. */
    private static final int AROUND = 64;

    /** The parts of the time since the file before; where a clock jumps, a file is from the earlier half of them. */
    private static final int EARLIER = 32;

    /** The number of odd files after which a run is what is odd. */
    private static final int MOST = 8;

    /** The greatest number of suspicious files that are looked at in one round. */
    private static final int LOOKED_AT = 4;

    /** The least share of the squared distance between its neighbours that a file on the way is from either. */
    private static final double BETWEEN = 0.2;

    /** The share of that by which both distances together may exceed it. */
    private static final double BESIDE = 0.5;

    private final List<StoredAverage> stored;
    private final double meanSquare;
    private final TreeSet<Integer> odd = new TreeSet<>();

    private OddFiles(List<StoredAverage> stored, double meanSquare) {
        this.stored = stored;
        this.meanSquare = meanSquare;
    }

    /** @param surprises by file, of the model of all of them */
    static List<OddFile> among(List<StoredAverage> stored, List<Double> surprises, double meanSquare) {
        return new OddFiles(stored, meanSquare).find(surprises);
    }

    private List<OddFile> find(List<Double> surprises) {
        List<Integer> suspicious = IntStream.range(0, stored.size())
                .filter(i -> surprises.get(i) > SUSPICIOUS && !isOnTheWay(i))
                .boxed()
                .sorted(Comparator.comparingDouble(i -> -surprises.get(i)))
                .toList();
        while (odd.size() < MOST) {
            Map<Integer, Double> looked = suspicious.stream()
                    .filter(i -> !odd.contains(i))
                    .limit(LOOKED_AT)
                    .collect(Collectors.toMap(i -> i, this::surprise));
            looked.values().removeIf(surprise -> surprise <= ODD);
            if (looked.isEmpty()) break;
            odd.add(Collections.max(looked.entrySet(), Map.Entry.comparingByValue())
                    .getKey());
        }
        return odd.stream().map(this::describe).toList();
    }

    /**
     * Whether raw weights lie on the way from those before to those behind, of which squared distances add up: then
     * nothing is wrong with them where the rate changes beside them, for which a smooth one makes them surprising.
     */
    private boolean isOnTheWay(int file) {
        if (!(profile(file) instanceof Impulse)) return false;
        double time = profile(file).endTime();
        Comparator<StoredAverage> byTime =
                Comparator.comparingDouble(s -> s.profile().endTime());
        Optional<StoredAverage> before =
                raw().filter(s -> s.profile().endTime() < time).max(byTime);
        Optional<StoredAverage> behind =
                raw().filter(s -> s.profile().endTime() > time).min(byTime);
        if (before.isEmpty() || behind.isEmpty()) return false;
        double[] own = stored.get(file).sample();
        double to = MovementFit.meanSquaredDistance(before.get().sample(), own);
        double from = MovementFit.meanSquaredDistance(own, behind.get().sample());
        double all = MovementFit.meanSquaredDistance(
                before.get().sample(), behind.get().sample());
        return Math.min(to, from) >= BETWEEN * all && to + from <= (1 + BESIDE) * all;
    }

    private Stream<StoredAverage> raw() {
        return stored.stream().filter(s -> s.profile() instanceof Impulse);
    }

    private double surprise(int file) {
        return around(file, any -> true)
                .map(model -> model.surprise(stored.get(file), profile(file)))
                .orElse(0.0);
    }

    /** A model of the good files nearest in time; none where they are too few to say how weights move. */
    private Optional<TrajectoryModel> around(int file, IntPredicate which) {
        double time = profile(file).endTime();
        List<StoredAverage> near = IntStream.range(0, stored.size())
                .filter(i -> i != file && !odd.contains(i) && which.test(i))
                .mapToObj(stored::get)
                .sorted(Comparator.comparingDouble(s -> Math.abs(s.profile().endTime() - time)))
                .limit(AROUND)
                .toList();
        return near.size() < MovementFit.FEW ? Optional.empty() : Optional.of(TrajectoryModel.of(near));
    }

    private OddFile describe(int file) {
        TrajectoryModel model = around(file, any -> true).orElseThrow();
        StoredAverage own = stored.get(file);
        double apart = Math.sqrt(model.squaredDistance(own) / meanSquare);
        double surprise = model.surprise(own, own.profile());
        return new OddFile(file, surprise, apart, likeness(file, surprise, apart));
    }

    private String likeness(int file, double surprise, double apart) {
        double[] own = stored.get(file).sample();
        for (int i = 0; i < stored.size(); i++)
            if (i != file && Arrays.equals(own, stored.get(i).sample()))
                return "holds the same weights as " + name(profile(i));
        double time = profile(file).endTime();
        // without what it may have been exchanged with
        Optional<Profile> better = around(file, i -> profile(i).endTime() != time)
                .flatMap(others -> places(file)
                        .min(Comparator.comparingDouble(p -> others.surprise(stored.get(file), p)))
                        .filter(p -> others.surprise(stored.get(file), p) < Math.min(FITTING, surprise / BETTER)));
        if (better.isPresent())
            return "is what " + name(better.get()) + " should be"
                    + (isStored(better.get()) ? ": were they exchanged?" : "");
        double[] first = extreme(Comparator.comparingDouble(i -> profile(i).endTime()));
        double[] last = extreme(Comparator.comparingDouble(i -> -profile(i).endTime()));
        double moved = IntStream.range(0, first.length)
                .mapToDouble(k -> (last[k] - first[k]) * (last[k] - first[k]))
                .average()
                .orElseThrow();
        if (apart * apart * meanSquare > moved)
            return "is farther from what the others let expect than the first file is from the last: "
                    + "are these weights of another run?";
        return String.format(
                Locale.ROOT, "differs from what the others let expect by %.1e of the weights' size", apart);
    }

    private boolean isStored(Profile profile) {
        return stored.stream().anyMatch(s -> s.profile().equals(profile));
    }

    private double[] extreme(Comparator<Integer> order) {
        int file = IntStream.range(0, stored.size())
                .boxed()
                .filter(i -> !odd.contains(i))
                .min(order)
                .orElseThrow();
        return stored.get(file).sample();
    }

    /** Profiles of the files around, each at its time and at the file's, and the file's own a little earlier. */
    private Stream<Profile> places(int file) {
        double time = profile(file).endTime();
        List<Profile> near = stored.stream()
                .map(StoredAverage::profile)
                .sorted(Comparator.comparingDouble(p -> Math.abs(p.endTime() - time)))
                .limit(AROUND)
                .toList();
        double before = near.stream()
                .mapToDouble(Profile::endTime)
                .filter(t -> t < time)
                .max()
                .orElse(time);
        Stream<Profile> earlier = IntStream.range(0, EARLIER / 2)
                .mapToObj(i -> ends(profile(file), before + (time - before) * i / EARLIER));
        return Stream.of(near.stream(), near.stream().map(p -> ends(p, time)), earlier)
                .flatMap(all -> all)
                .distinct()
                .filter(p -> !p.equals(profile(file)));
    }

    /** Windows are looked at only where they are. */
    private static Profile ends(Profile profile, double time) {
        return profile instanceof Uniform || profile instanceof LearningRateDecay
                ? profile
                : Restatement.endingAt(profile, time);
    }

    private Profile profile(int file) {
        return stored.get(file).profile();
    }

    static String name(Profile profile) {
        return ProfileSpec.print(profile) + " at time " + Labels.plain(profile.endTime());
    }
}
