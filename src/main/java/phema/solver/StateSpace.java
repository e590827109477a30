package phema.solver;

import static java.util.stream.Collectors.toSet;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import phema.profile.Decay;
import phema.profile.Impulse;
import phema.profile.Profile;

/**
 * Gives every stored file its coordinate of the state: drift, weights, one average for each {@link Decay} among the
 * files, and, for files whose profile is no recursion (windows, mixtures), one for each that is under way at the same
 * time. Such a one holds the average of its profile as it would be if the weights stayed as they are, so it is a copy
 * of the weights when the profile begins, moves by {@code 1 - P(s)} with them, and is the stored average when the
 * profile ends.
 */
final class StateSpace {
    static final int DRIFT = 0;
    static final int WEIGHTS = 1;

    /**
     * The trajectory is followed from this share of the first file's time on; what the weights were before is unknown,
     * and one and the same to all.
     */
    private static final double BEFORE_FIRST = 0.1;

    private static final Uptake NOTHING = new Uptake() {
        @Override
        public double taken(double s) {
            return 0;
        }

        @Override
        public double density(double s, double taken) {
            return 0;
        }

        @Override
        public double[] kinks(double from, double to) {
            return new double[0];
        }
    };

    private final List<Profile> files;
    private final int[] coordinates;
    private final List<Decay> decays;
    private final List<TreeMap<Double, Profile>> passing;
    private final double start;

    StateSpace(List<Profile> files) {
        this(files, Map.of());
    }

    /** @param restated decays that others take the place of */
    StateSpace(List<Profile> files, Map<Decay, Decay> restated) {
        this.files = List.copyOf(files);
        start = BEFORE_FIRST
                * files.stream().mapToDouble(Profile::endTime).min().orElseThrow();
        coordinates = new int[files.size()];
        Map<Decay, Integer> known = new LinkedHashMap<>();
        List<Integer> others = new ArrayList<>();
        for (int i = 0; i < coordinates.length; i++) {
            Optional<Decay> decay = Decay.of(files.get(i));
            if (decay.isPresent()) coordinates[i] = known.computeIfAbsent(decay.get(), d -> 2 + known.size());
            else if (files.get(i) instanceof Impulse) coordinates[i] = WEIGHTS;
            else others.add(i);
        }
        decays = known.keySet().stream()
                .map(decay -> restated.getOrDefault(decay, decay))
                .toList();
        passing = place(others);
    }

    /** Each where no other is under way. @return by coordinate, the profiles with the times at which they begin */
    private List<TreeMap<Double, Profile>> place(List<Integer> others) {
        List<TreeMap<Double, Profile>> places = new ArrayList<>();
        others.sort(Comparator.comparingDouble(i -> begin(files.get(i))));
        for (int i : others) {
            Profile profile = files.get(i);
            int place = 0;
            while (place < places.size()
                    && places.get(place).lastEntry().getValue().endTime() > begin(profile)) place++;
            if (place == places.size()) places.add(new TreeMap<>());
            places.get(place).put(begin(profile), profile);
            coordinates[i] = 2 + decays.size() + place;
        }
        return places;
    }

    /** The last time of a file, or the start, at which nothing of the profile has been. */
    private double begin(Profile profile) {
        double begin = start;
        for (Profile file : files)
            if (file.endTime() > begin && file.endTime() < profile.endTime() && profile.cumulative(file.endTime()) == 0)
                begin = file.endTime();
        return begin;
    }

    double start() {
        return start;
    }

    double end() {
        return files.stream().mapToDouble(Profile::endTime).max().orElseThrow();
    }

    /** Number of coordinates without targets. */
    int size() {
        return 2 + decays.size() + passing.size();
    }

    int files() {
        return files.size();
    }

    Profile file(int i) {
        return files.get(i);
    }

    /** Where a file is seen. */
    int coordinate(int file) {
        return coordinates[file];
    }

    /** Ends of steps between which rates may differ: all times of files, in order. */
    NavigableSet<Double> times() {
        NavigableSet<Double> times = new TreeSet<>();
        files.forEach(f -> times.add(f.endTime()));
        return times;
    }

    /**
     * The way of the state through some of the files.
     *
     * @param also times at which a step ends besides
     */
    List<Moment> moments(BitSet chosen, Rates rates, List<Profile> targets, NavigableSet<Double> also) {
        NavigableSet<Double> times = new TreeSet<>(also);
        TreeMap<Double, int[]> filesAt = new TreeMap<>();
        chosen.stream()
                .boxed()
                .sorted(Comparator.comparingDouble(i -> files.get(i).endTime()))
                .forEach(i -> {
                    double time = files.get(i).endTime();
                    int[] before = filesAt.getOrDefault(time, new int[0]);
                    int[] now = Arrays.copyOf(before, before.length + 1);
                    now[before.length] = i;
                    filesAt.put(time, now);
                });
        times.addAll(filesAt.keySet());
        double last = times.last();
        for (double edge : rates.edges()) if (edge > start && edge < last) times.add(edge);
        for (var place : passing) place.keySet().forEach(t -> times.add(t));
        for (Profile target : targets) if (target.endTime() > last) times.add(target.endTime());
        times.removeIf(t -> t <= start);
        List<Uptake> uptakes = targets.stream().map(Uptake::of).toList();
        double[] ends = times.stream().mapToDouble(t -> t).toArray();
        return IntStream.range(0, ends.length)
                .parallel()
                .mapToObj(i -> {
                    double from = i == 0 ? start : ends[i - 1];
                    int rate = rates.at((from + ends[i]) / 2);
                    return new Moment(step(from, ends[i], uptakes), rate, filesAt.getOrDefault(ends[i], new int[0]));
                })
                .toList();
    }

    private Step step(double from, double to, List<Uptake> targets) {
        List<Uptake> averages = new ArrayList<>();
        double[] keep = new double[size() - 2];
        for (Decay decay : decays) {
            Uptake uptake = Uptake.of(decay, to);
            keep[averages.size()] = Math.exp(decay.logShare(from, to));
            averages.add(uptake);
        }
        for (TreeMap<Double, Profile> place : passing) {
            var now = place.floorEntry(from);
            boolean underWay = now != null && now.getValue().endTime() > from;
            keep[averages.size()] = underWay && now.getKey() == from && from > start ? 0 : 1;
            averages.add(underWay ? Uptake.of(now.getValue()) : NOTHING);
        }
        return new Step(from, to, averages, keep, targets);
    }

    /** Every n-th of some times, counted back from the last: some that stand for all. */
    static Set<Double> everyNth(Collection<Double> times, int n) {
        List<Double> latestFirst = List.copyOf(new TreeSet<>(times).descendingSet());
        return IntStream.range(0, latestFirst.size())
                .filter(i -> i % n == 0)
                .mapToObj(latestFirst::get)
                .collect(toSet());
    }

    BitSet all() {
        BitSet all = new BitSet();
        IntStream.range(0, files.size()).forEach(all::set);
        return all;
    }
}
