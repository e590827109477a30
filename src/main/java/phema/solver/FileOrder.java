package phema.solver;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import phema.profile.ProfileSpec;
import phema.text.Labels;

/**
 * Compares the order of files in time with the one that their weights show. What walks is the farther from where it was
 * the longer it walked, however fast: of three files the first and the last are the farthest apart. Of files whose
 * names were exchanged at random that holds for one triple in three, and then there is another order in which it holds.
 * No model is asked, since it would bend: among steps that are all as large as the run, few are strange.
 *
 * @param files of one profile, in the order of their times
 * @param distances mean squares, from file to file
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record FileOrder(List<StoredAverage> files, double[][] distances) {
    /** The fewest files of a profile of which the order is looked at. */
    private static final int FEWEST = 5;

    /** The number of files that are looked at, of more every n-th. */
    private static final int MOST = 48;

    /** The share of triples that are in order up to which the stated order is doubtful. */
    private static final double IN_DISORDER = 0.6;

    /** The share from which on another order is one. */
    private static final double IN_ORDER = 0.75;

    /** The fewest files of either of two runs. */
    private static final int FEWEST_OF_RUN = 3;

    /** The number of times that are told of an order. */
    private static final int TOLD = 8;

    /** The least difference of likelihoods that is told, in nats per weight. */
    private static final double LEAST_NATS = 1.5;

    /** What the files show of the times that are stated, where they contradict them altogether. */
    static Optional<Doubt> doubt(List<StoredAverage> stored) {
        Map<String, List<StoredAverage>> byProfile = new TreeMap<>();
        for (StoredAverage file : stored)
            byProfile
                    .computeIfAbsent(ProfileSpec.print(file.profile()), p -> new ArrayList<>())
                    .add(file);
        return byProfile.values().stream()
                .map(FileOrder::of)
                .flatMap(order -> order.doubt().stream())
                .max(Comparator.comparingDouble(Doubt::nats));
    }

    /** @param files of one profile, in any order */
    private static FileOrder of(List<StoredAverage> files) {
        List<StoredAverage> inTime = files.stream()
                .sorted(Comparator.comparingDouble(f -> f.profile().endTime()))
                .toList();
        int every = Math.max(1, Math.ceilDiv(inTime.size(), MOST));
        List<StoredAverage> some = IntStream.range(0, inTime.size())
                .filter(i -> i % every == 0)
                .mapToObj(inTime::get)
                .toList();
        double[][] distances = new double[some.size()][some.size()];
        for (int i = 0; i < some.size(); i++)
            for (int j = 0; j < i; j++) {
                double distance = MovementFit.meanSquaredDistance(
                        some.get(i).sample(), some.get(j).sample());
                distances[i][j] = distance;
                distances[j][i] = distance;
            }
        return new FileOrder(some, distances);
    }

    private Optional<Doubt> doubt() {
        int[] stated = IntStream.range(0, files.size()).toArray();
        int[] shown = shown();
        if (files.size() < FEWEST || inOrder(stated) > IN_DISORDER || inOrder(shown) < IN_ORDER)
            return Optional.empty();
        int[] reverse = IntStream.range(0, shown.length)
                .map(i -> shown[shown.length - 1 - i])
                .toArray();
        double loss = loss(shown);
        double lossOfReverse = loss(reverse);
        double nats = (loss(stated) - Math.min(loss, lossOfReverse)) / 2;
        if (nats < LEAST_NATS) return Optional.empty();
        Optional<int[]> other = ofOtherRun(shown);
        if (other.isPresent())
            return Optional.of(new Doubt(
                    "that they are of one run", "another run for the files of time " + times(other.get()), nats));
        return Optional.of(new Doubt(
                "the order of their times, as if their names had been mixed up",
                "that of " + times(loss <= lossOfReverse ? shown : reverse)
                        + (Math.abs(loss - lossOfReverse) / 2 < LEAST_NATS ? " or its reverse" : ""),
                nats));
    }

    /**
     * Of an order that goes back in time and then on again, from the end of one run to where both began and to the end
     * of the other, the half without the newest file. Empty where it turns more than once.
     *
     * @return by time
     */
    private static Optional<int[]> ofOtherRun(int[] order) {
        int turn = IntStream.range(0, order.length)
                .boxed()
                .min(Comparator.comparingInt(i -> order[i]))
                .orElseThrow();
        int[] back = IntStream.range(0, turn).map(i -> order[turn - 1 - i]).toArray();
        int[] on = Arrays.copyOfRange(order, turn, order.length);
        if (Math.min(back.length, on.length) < FEWEST_OF_RUN || !isInTime(back) || !isInTime(on))
            return Optional.empty();
        return Optional.of(back[back.length - 1] < on[on.length - 1] ? back : on);
    }

    private static boolean isInTime(int[] order) {
        return IntStream.range(1, order.length).allMatch(i -> order[i - 1] < order[i]);
    }

    /** The share of triples whose first and last are the farthest apart. */
    private double inOrder(int[] order) {
        int triples = 0;
        int inOrder = 0;
        for (int i = 0; i < order.length; i++)
            for (int k = i + 2; k < order.length; k++)
                for (int j = i + 1; j < k; j++) {
                    double all = distances[order[i]][order[k]];
                    triples++;
                    if (all >= distances[order[i]][order[j]] && all >= distances[order[j]][order[k]]) inOrder++;
                }
        return (double) inOrder / triples;
    }

    /** From one of the two files that are the farthest apart to the other, in either direction. */
    private int[] shown() {
        int one = 0;
        int other = 0;
        for (int i = 0; i < files.size(); i++)
            for (int j = 0; j < i; j++)
                if (distances[i][j] > distances[one][other]) {
                    one = i;
                    other = j;
                }
        double[] fromOne = distances[one];
        double[] fromOther = distances[other];
        return IntStream.range(0, files.size())
                .boxed()
                .sorted(Comparator.comparingDouble(i -> fromOne[i] - fromOther[i]))
                .mapToInt(i -> i)
                .toArray();
    }

    /** Of the files in an order, at the times that are stated, from the earliest to the latest. */
    private double loss(int[] order) {
        return TrajectoryModel.of(IntStream.range(0, order.length)
                        .mapToObj(i -> {
                            StoredAverage file = files.get(order[i]);
                            return new StoredAverage(
                                    Restatement.endingAt(file.profile(), time(i)),
                                    file.sample(),
                                    file.roundingVariance());
                        })
                        .toList())
                .loss();
    }

    private double time(int file) {
        return files.get(file).profile().endTime();
    }

    private String times(int[] order) {
        Stream<String> times = IntStream.of(order).limit(TOLD).mapToObj(i -> Labels.plain(time(i)));
        return times.collect(Collectors.joining(", ")) + (order.length > TOLD ? ", ..." : "");
    }
}
