package phema.synthesis;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import phema.catalog.Excluded;
import phema.catalog.Run;
import phema.catalog.Snapshot;
import phema.problem.Problem;
import phema.profile.Impulse;
import phema.profile.Mixture;
import phema.profile.Profile;
import phema.profile.ProfileSpec;
import phema.text.Labels;

/**
 * Says with what weights a run's files are averaged, instead of which average is wanted, as tools that merge
 * checkpoints are told.
 *
 * <pre>
 * a.safetensors=0.25,b.safetensors=0.75   these files; negative weights are taken as well
 * linear:1000-5000                        all from 1000 to 5000 alike
 * minus-sqrt:1000-5000                    with the differences of 1 - sqrt(x), the first the most
 * </pre>
 *
 * The last two are what Megatron's {@code weighted_merge} computes from {@code --start-checkpoint 1000 --end-checkpoint
 * 5000} and {@code --merge-style}: of n files, the i-th, from 0 on, has {@code d(i/n) - d((i+1)/n)}, with d what is
 * left of a learning rate that decays.
 *
 * @param spec of one of these forms
 * @param normalize whether weights are divided by their sum
 * @param like the average that they are asked to be, as {@link ProfileSpec} writes it; it ends with the last file
 */
public record FileWeights(String spec, boolean normalize, Optional<String> like) {
    /** The forms, for users. */
    public static final String FORMS = "FILE=WEIGHT,..., linear:FROM-TO or minus-sqrt:FROM-TO";

    /** The distance from one of a sum that is a rounding error of whoever wrote the weights. */
    private static final double ROUNDING = 1e-6;

    private static final String FIELD = "weights";

    private static final Pattern SCHEDULE = Pattern.compile("(linear|minus-sqrt)(?::(.*))?");

    /** What the files of a run have. @param target which average that is, or is asked to be */
    record Resolved(List<Double> coefficients, Profile target, String label) {}

    /** @throws Problem naming the field when a file is not there or named twice, or weights are none or not one */
    Resolved of(Run run) {
        Matcher schedule = SCHEDULE.matcher(spec);
        double[] coefficients = schedule.matches()
                ? schedule(run, schedule.group(1), Optional.ofNullable(schedule.group(2)))
                : named(run);
        double last = IntStream.range(0, coefficients.length)
                .filter(i -> coefficients[i] != 0)
                .mapToDouble(i -> run.snapshots().get(i).time())
                .max()
                .orElseThrow();
        return new Resolved(
                Arrays.stream(coefficients).boxed().toList(),
                like.map(asked -> WeightsReference.profile("like", asked, last))
                        .orElseGet(() -> mixture(run, coefficients)),
                schedule.matches() ? spec : "weights-" + Names.digest(run, coefficients));
    }

    private static Profile mixture(Run run, double[] coefficients) {
        List<Mixture.MixturePart> parts = new ArrayList<>();
        for (int i = 0; i < coefficients.length; i++) {
            Snapshot snapshot = run.snapshots().get(i);
            if (coefficients[i] < 0)
                throw Problem.invalid(
                        FIELD,
                        "weights: with a negative one, of " + snapshot.name() + ", they are no average by themselves; "
                                + "say with like which one they are asked to be, such as decay:linear:"
                                + Labels.plain(snapshot.time()));
            if (coefficients[i] > 0) parts.add(new Mixture.MixturePart(coefficients[i], snapshot.profile()));
        }
        return parts.size() == 1 ? parts.getFirst().profile() : new Mixture(parts);
    }

    private double[] named(Run run) {
        double[] weights = new double[run.snapshots().size()];
        Set<Integer> seen = new HashSet<>();
        for (String entry : spec.split(",", -1)) {
            int split = entry.lastIndexOf('=');
            if (split < 1)
                throw Problem.invalid(
                        FIELD,
                        spec.isBlank()
                                ? "weights name no file; they are " + FORMS
                                : "weights: \"" + entry + "\" is not FILE=WEIGHT; they are " + FORMS);
            String name = entry.substring(0, split).strip();
            int file = find(run, name);
            if (!seen.add(file)) throw Problem.invalid(FIELD, "weights name " + name + " twice");
            weights[file] = weight(name, entry.substring(split + 1).strip());
        }
        return summingToOne(weights);
    }

    private static double weight(String name, String text) {
        try {
            double weight = Double.parseDouble(text);
            if (Double.isFinite(weight)) return weight;
        } catch (NumberFormatException e) {
            // said below
        }
        throw Problem.invalid(FIELD, "weights: \"" + text + "\", the weight of " + name + ", is no number");
    }

    private double[] summingToOne(double[] weights) {
        double sum = Arrays.stream(weights).sum();
        if (!Double.isFinite(sum))
            throw Problem.invalid(
                    FIELD, "weights are too large to be added up; give smaller ones in their proportions");
        if (Arrays.stream(weights).allMatch(w -> w == 0))
            throw Problem.invalid(FIELD, "weights are all zero, so there is nothing to average");
        if (!normalize && !(Math.abs(sum - 1) <= ROUNDING))
            throw Problem.invalid(
                    FIELD,
                    "weights sum to " + Labels.plain(rounded(sum))
                            + ", not to 1, and would make the model's weights as "
                            + "much larger or smaller; give others, or normalize, which divides them by their sum");
        if (!(sum > ROUNDING))
            throw Problem.invalid(
                    FIELD, "weights sum to " + Labels.plain(rounded(sum)) + ", by which they cannot be divided");
        return Arrays.stream(weights).map(w -> w / sum).toArray();
    }

    private static double rounded(double sum) {
        return Math.rint(sum * 1e9) / 1e9;
    }

    private static int find(Run run, String name) {
        List<Snapshot> snapshots = run.snapshots();
        List<Integer> found = IntStream.range(0, snapshots.size())
                .filter(i -> isNamed(run, snapshots.get(i), name))
                .boxed()
                .toList();
        if (found.size() == 1) return found.getFirst();
        if (found.size() > 1)
            throw Problem.invalid(
                    FIELD,
                    "weights: " + name + " holds several sets of weights; name one of "
                            + found.stream().map(i -> snapshots.get(i).name()).collect(Collectors.joining(", ")));
        Optional<Excluded> excluded =
                run.excluded().stream().filter(e -> e.name().equals(name)).findFirst();
        throw Problem.invalid(
                FIELD,
                excluded.map(e -> "weights: " + name + " is not used: " + e.message())
                        .orElseGet(() -> "weights: run " + run.name() + " has no file " + name
                                + "; its files are called like "
                                + snapshots.getLast().name()));
    }

    /** By its name in the run, by its path, or by the folder that is the checkpoint. */
    private static boolean isNamed(Run run, Snapshot snapshot, String name) {
        if (snapshot.name().equals(name)) return true;
        Path folder = whole(run.folder());
        Path file = whole(folder.resolve(snapshot.name().replaceFirst("#.*", "")));
        for (Path path : List.of(folder.resolve(name), folder.getFileSystem().getPath(name))) {
            Path meant = whole(path);
            if (file.equals(meant) || file.startsWith(meant) && !folder.startsWith(meant)) return true;
        }
        return false;
    }

    private static Path whole(Path path) {
        return path.toAbsolutePath().normalize();
    }

    private static double[] schedule(Run run, String style, Optional<String> range) {
        int dash = range.map(r -> r.indexOf('-')).orElse(-1);
        if (dash < 0)
            throw Problem.invalid(
                    FIELD,
                    "weights: " + style + " needs the times of the first and the last file: " + style + ":1000-5000");
        double from = time(run, range.orElseThrow().substring(0, dash));
        double to = time(run, range.orElseThrow().substring(dash + 1));
        List<Snapshot> snapshots = run.snapshots();
        TreeMap<Double, List<Integer>> byTime = new TreeMap<>();
        for (int i = 0; i < snapshots.size(); i++)
            byTime.computeIfAbsent(snapshots.get(i).time(), t -> new ArrayList<>())
                    .add(i);
        if (!byTime.containsKey(to))
            throw Problem.invalid(
                    FIELD,
                    "weights: run " + run.name() + " has no file of " + WeightsReference.printTime(to, run)
                            + "; the nearest are of "
                            + WeightsReference.printTime(byTime.floorKey(to), run) + " and "
                            + WeightsReference.printTime(byTime.ceilingKey(to), run));
        if (from > to)
            throw Problem.invalid(FIELD, "weights: the range " + range.orElseThrow() + " ends before it begins");
        List<Integer> files = byTime.subMap(from, true, to, true).values().stream()
                .map(together -> only(run, together))
                .toList();
        double[] coefficients = new double[snapshots.size()];
        double n = files.size();
        for (int i = 0; i < n; i++)
            coefficients[files.get(i)] = style.equals("linear") ? 1 / n : Math.sqrt((i + 1) / n) - Math.sqrt(i / n);
        return coefficients;
    }

    private static double time(Run run, String text) {
        try {
            return WeightsReference.time(text, run);
        } catch (Problem e) {
            throw Problem.invalid(FIELD, "weights: " + e.getMessage());
        }
    }

    /** The raw weights where averages lie beside them: it is these that merge tools take. */
    private static int only(Run run, List<Integer> together) {
        if (together.size() == 1) return together.getFirst();
        List<Integer> raw = together.stream()
                .filter(i -> run.snapshots().get(i).profile() instanceof Impulse)
                .toList();
        if (raw.size() == 1) return raw.getFirst();
        List<String> names = new ArrayList<>(
                together.stream().map(i -> run.snapshots().get(i).name()).toList());
        Collections.sort(names);
        throw Problem.invalid(
                FIELD,
                "weights: of one time there are " + String.join(" and ", names)
                        + "; name the files of one average instead, or leave the others out of the run");
    }
}
