package phema.solver;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import phema.profile.Profile;
import phema.profile.ProfileSpec;
import phema.text.Labels;

/**
 * Says where the files of one run end and those of another begin, as where a job that was begun anew wrote over the
 * first files of an older one: there, and nowhere around it, all weights are another's. Found without a model of the
 * movement, which would bend: a run that moves fast enough there explains all.
 *
 * @param time of the first file of the other one
 * @param apart mean square of what lies between the two
 * @param nats by how much likelier that is than that all weights moved so far at once, per weight
 */
record OtherRun(double time, double apart, double nats) {
    /** The factor by which weights must move faster there than near it. A rate that is raised stays so for a while. */
    private static final double FASTER = 8;

    /** The steps on each side that are looked at. */
    private static final int NEAR = 8;

    /** The fewest on a side, as a run's first steps are its largest. */
    private static final int FEWEST = 2;

    /** The clearest such place. */
    static Optional<OtherRun> among(List<StoredAverage> stored) {
        Map<String, List<StoredAverage>> byProfile = new TreeMap<>();
        stored.stream()
                .sorted(Comparator.comparingDouble(file -> file.profile().endTime()))
                .forEach(file -> byProfile
                        .computeIfAbsent(ProfileSpec.print(file.profile()), profile -> new ArrayList<>())
                        .add(file));
        return byProfile.values().stream()
                .flatMap(files -> new Steps(files).clearest().stream())
                .max(Comparator.comparingDouble(OtherRun::nats));
    }

    Doubt doubt() {
        return new Doubt("that they are of one run", "another run from time " + Labels.plain(time) + " on", nats);
    }

    /**
     * How far a combination is from the target because of the files of the run that the target is not of.
     *
     * @param coefficients by file
     */
    double variance(List<Profile> profiles, double[] coefficients, Profile target) {
        boolean later = target.endTime() >= time;
        double share = IntStream.range(0, coefficients.length)
                .filter(i -> profiles.get(i).endTime() >= time != later)
                .mapToDouble(i -> coefficients[i])
                .sum();
        return share * share * apart;
    }

    /** @param files of one profile, by time */
    private record Steps(List<StoredAverage> files) {
        Optional<OtherRun> clearest() {
            double[] moved = IntStream.range(0, files.size() - 1)
                    .mapToDouble(this::moved)
                    .toArray();
            return IntStream.range(FEWEST, moved.length - FEWEST)
                    .boxed()
                    .max(Comparator.comparingDouble(step -> faster(step, moved)))
                    .filter(step -> faster(step, moved) >= FASTER)
                    .map(step -> new OtherRun(
                            time(step + 1),
                            MovementFit.meanSquaredDistance(
                                    files.get(step).sample(),
                                    files.get(step + 1).sample()),
                            (faster(step, moved) - 1 - Math.log(faster(step, moved))) / 2));
        }

        /** The square of how far weights moved in the mean, as a few that move far decide a mean of squares. */
        private double moved(int step) {
            double[] before = files.get(step).sample();
            double[] after = files.get(step + 1).sample();
            double mean = IntStream.range(0, before.length)
                    .mapToDouble(k -> Math.abs(after[k] - before[k]))
                    .average()
                    .orElse(0);
            return mean * mean;
        }

        /** How many times as far as the fastest steps around it would have led, walking or going straight on. */
        private double faster(int step, double[] moved) {
            double most = 0;
            for (int other = Math.max(0, step - NEAR); other <= Math.min(moved.length - 1, step + NEAR); other++) {
                double longer = length(step) / length(other);
                if (other != step) most = Math.max(most, moved[other] * longer * Math.max(1, longer));
            }
            return most > 0 ? moved[step] / most : 0;
        }

        private double length(int step) {
            return time(step + 1) - time(step);
        }

        private double time(int file) {
            return files.get(file).profile().endTime();
        }
    }
}
