package phema.catalog;

import static java.util.Comparator.comparingInt;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import phema.format.Tensor;
import phema.format.WeightFile;
import phema.tensor.Shape;

/**
 * Finds, in the files of a run, two networks that hold the same tensors and much the same values, though not equal
 * ones, both of which change from file to file: one is an average of the other, or an older copy of it, whatever both
 * are called. Networks that are trained side by side from values of their own are no more alike than chance has it, and
 * blocks of one network are too small, or differ in nothing but the numbers in their names.
 *
 * @param raw the prefix of the one that the other is most likely made of: by its name, or as it moves farther from file
 *     to file
 * @param average the prefix of the other
 */
record Twins(String raw, String average) {
    /** The least number of tensors of a network that is not all of a file: below it are layers. */
    private static final int TENSORS = 4;

    /** The share of a file's weights that two networks have together where they are all of it, but for buffers. */
    private static final double ALL = 0.95;

    /** The most words before a network's own names. */
    private static final int DEEPEST = 4;

    /** The number of tensors that are compared. */
    private static final int COMPARED = 32;

    /**
     * The least correlation of two networks of which one is an average of the other. Of an average that has hardly
     * left its beginning it is far higher, and of independent ones, as the median of many tensors, near zero.
     */
    private static final double ALIKE = 0.2;

    /** The same where there are few tensors, or these are of one layer. */
    private static final double SURELY_ALIKE = 0.5;

    /** The correlation of so many elements by chance, in standard deviations, that few tensors must be beyond. */
    private static final double CHANCE = 4;

    /** The names of what an optimizer keeps, of which some keep the weights once more in single precision. */
    private static final Pattern OPTIMIZER = Pattern.compile("(?:[^.]+\\.)?opt(?:im(?:izers?)?|imizer_states?)?\\..*");

    /**
     * Two networks that hold the same tensors.
     *
     * @param names that both have, without their prefixes
     * @param few whether nothing but that they are all of a file tells them from layers
     */
    private record Pair(String one, String other, List<String> names, boolean few) {
        /** The least correlation of so many elements. */
        double alike(int elements) {
            return few ? Math.max(SURELY_ALIKE, CHANCE / Math.sqrt(elements)) : ALIKE;
        }

        boolean isWithin(Pair outer) {
            return one.startsWith(outer.one) && other.startsWith(outer.other)
                    || one.startsWith(outer.other) && other.startsWith(outer.one);
        }
    }

    /**
     * The first such networks.
     *
     * @param files the first of a run, the last but one, and the last, with all tensors that would be averaged alike,
     *     without what is taken off all names
     */
    static Optional<Twins> in(List<WeightFile> files, Sampling sample) {
        List<Tensor> weights = files.getLast().tensors().stream()
                .filter(tensor -> !isOfOptimizer(tensor.name()))
                .toList();
        return pairs(weights).stream()
                .flatMap(pair -> compared(pair, files, sample).stream())
                .findFirst();
    }

    /** Whether a tensor is a part of what an optimizer keeps, by its name. */
    static boolean isOfOptimizer(String name) {
        return OPTIMIZER.matcher(name).matches();
    }

    /** Reads some elements of a file; empty where they cannot be read. */
    interface Sampling {
        Optional<SampledElements> read(WeightFile file, SamplePlan plan);
    }

    private static List<Pair> pairs(List<Tensor> tensors) {
        Map<String, Double> elements = new TreeMap<>();
        double total = 0;
        for (Tensor tensor : tensors) {
            total += tensor.elements();
            for (String prefix : prefixes(tensor.name()))
                elements.merge(prefix, (double) tensor.elements(), Double::sum);
        }
        double least = NotAveraged.NETWORK * total;
        Set<String> networks = new HashSet<>();
        elements.forEach((prefix, count) -> {
            if (count >= least) networks.add(prefix);
        });
        Map<String, Map<String, Shape>> below = new HashMap<>();
        for (Tensor tensor : tensors)
            for (String prefix : prefixes(tensor.name()))
                if (networks.contains(prefix))
                    below.computeIfAbsent(prefix, any -> new HashMap<>())
                            .put(tensor.name().substring(prefix.length()), tensor.shape());
        List<String> order = below.keySet().stream()
                .sorted(comparingInt(String::length).thenComparing(Function.identity()))
                .toList();
        List<Pair> pairs = new ArrayList<>();
        for (int i = 0; i < order.size(); i++)
            for (int j = 0; j < i; j++) {
                Optional<Pair> pair = pair(
                        order.get(j),
                        order.get(i),
                        below,
                        ALL * total
                                <= elements.getOrDefault(order.get(j), 0.0) + elements.getOrDefault(order.get(i), 0.0));
                if (pair.isPresent() && pairs.stream().noneMatch(pair.get()::isWithin)) pairs.add(pair.get());
            }
        return pairs;
    }

    private static List<String> prefixes(String name) {
        List<String> prefixes = new ArrayList<>();
        for (int dot = name.indexOf('.'); dot >= 0 && prefixes.size() < DEEPEST; dot = name.indexOf('.', dot + 1))
            prefixes.add(name.substring(0, dot + 1));
        return prefixes;
    }

    /** @param all whether they are all of the file */
    private static Optional<Pair> pair(String one, String other, Map<String, Map<String, Shape>> below, boolean all) {
        if (other.startsWith(one) || LeftOut.shape(one).equals(LeftOut.shape(other))) return Optional.empty();
        Map<String, Shape> a = below.getOrDefault(one, Map.of());
        Map<String, Shape> b = below.getOrDefault(other, Map.of());
        Map<String, Shape> fewer = a.size() < b.size() ? a : b;
        Map<String, Shape> more = fewer == a ? b : a;
        boolean same = !fewer.isEmpty()
                && fewer.size() >= WeightGroups.MOST * more.size()
                && fewer.entrySet().stream().allMatch(entry -> entry.getValue().equals(more.get(entry.getKey())));
        boolean layers = fewer.size() < TENSORS
                || fewer.keySet().stream().map(NotAveraged::module).distinct().count() < 2;
        return !same || layers && !all
                ? Optional.empty()
                : Optional.of(new Pair(one, other, List.copyOf(new TreeSet<>(fewer.keySet())), layers));
    }

    private static Optional<Twins> compared(Pair pair, List<WeightFile> files, Sampling sample) {
        Map<String, Shape> shapes = new HashMap<>();
        for (Tensor tensor : files.getLast().tensors())
            if (tensor.name().startsWith(pair.one()))
                shapes.put(tensor.name().substring(pair.one().length()), tensor.shape());
        List<String> matrices = pair.names().stream()
                .filter(name -> shapes.containsKey(name) && shapes.get(name).rank() > 1)
                .toList();
        List<String> names = matrices.isEmpty() ? pair.names() : matrices;
        SortedMap<String, Shape> chosen = new TreeMap<>();
        for (int i = 0; i < Math.min(COMPARED, names.size()); i++) {
            String name = names.get((int) ((long) i * names.size() / Math.min(COMPARED, names.size())));
            Shape shape = shapes.get(name);
            if (shape != null) chosen.put(name, shape);
        }
        SamplePlan plan = SamplePlan.ofEach(chosen);
        List<double[]> one = values(pair.one(), plan, files, sample);
        List<double[]> other = values(pair.other(), plan, files, sample);
        if (one.size() < files.size() || other.size() < files.size()) return Optional.empty();
        List<Double> margins = new ArrayList<>();
        boolean equal = true;
        for (SamplePlan.Range range : plan.ranges().values()) {
            if (!moves(one, range) || !moves(other, range)) continue;
            double[] a = Arrays.copyOfRange(one.getLast(), range.begin(), range.end());
            double[] b = Arrays.copyOfRange(other.getLast(), range.begin(), range.end());
            for (int i = 0; i < one.size(); i++)
                equal &=
                        Arrays.equals(one.get(i), range.begin(), range.end(), other.get(i), range.begin(), range.end());
            double margin = correlation(a, b) - pair.alike(a.length);
            if (Double.isFinite(margin)) margins.add(margin);
        }
        if (equal || margins.isEmpty()) return Optional.empty(); // one network under two names, or none that moves
        double median = margins.stream().sorted().toList().get(margins.size() / 2);
        if (median < 0) return Optional.empty();
        boolean named = pair.one().replace(".", "").contains(pair.other().replace(".", "")) // best_model beside model
                != pair.other().replace(".", "").contains(pair.one().replace(".", ""));
        boolean first = named ? pair.one().length() < pair.other().length() : step(one) >= step(other);
        return Optional.of(new Twins(first ? pair.one() : pair.other(), first ? pair.other() : pair.one()));
    }

    /** The elements of a network, in each file that could be read. */
    private static List<double[]> values(String prefix, SamplePlan plan, List<WeightFile> files, Sampling sample) {
        return files.stream()
                .flatMap(file -> sample.read(file.with(below(file, prefix)), plan).stream())
                .map(SampledElements::values)
                .toList();
    }

    private static List<Tensor> below(WeightFile file, String prefix) {
        return file.tensors().stream()
                .filter(tensor -> tensor.name().startsWith(prefix))
                .map(tensor -> tensor.as(tensor.name().substring(prefix.length()), tensor.role()))
                .toList();
    }

    /** Whether the oldest and the newest file are not the same there. */
    private static boolean moves(List<double[]> values, SamplePlan.Range range) {
        return !Arrays.equals(
                values.getFirst(), range.begin(), range.end(), values.getLast(), range.begin(), range.end());
    }

    /** The squared distance between the last two files. */
    private static double step(List<double[]> values) {
        double[] before = values.get(1);
        double[] last = values.getLast();
        double sum = 0;
        for (int i = 0; i < last.length; i++) {
            double step = last[i] - before[i];
            if (Double.isFinite(step)) sum += step * step;
        }
        return sum;
    }

    private static double correlation(double[] a, double[] b) {
        double meanA = Arrays.stream(a).average().orElse(0);
        double meanB = Arrays.stream(b).average().orElse(0);
        double both = 0;
        double ofA = 0;
        double ofB = 0;
        for (int i = 0; i < a.length; i++) {
            both += (a[i] - meanA) * (b[i] - meanB);
            ofA += (a[i] - meanA) * (a[i] - meanA);
            ofB += (b[i] - meanB) * (b[i] - meanB);
        }
        return both / Math.sqrt(ofA * ofB);
    }

    /** The line of a manifest that leaves out the average. */
    String exclusion() {
        return "exclude: ['" + average + "*']";
    }

    /**
     * What to write, as the end of a sentence.
     *
     * @param begin what is taken off all names of the file
     */
    String question(String begin) {
        return "holds two networks of the same tensors and much the same values, `" + raw + "*` and `" + average
                + "*`, of which the second may be an average of the first, or an older copy, so not both are taken for"
                + " raw weights. Write " + Manifest.FILE_NAME + " with the files' names and `"
                + exclusion() + "` and `" + Questions.RAW + "`, for averages of all but the second; or with `averages:"
                + " [{prefix: '" + begin + raw + "', profile: impulse}, {prefix: '" + begin + average
                + "', profile: 'exponential:decay=0.9999'}]`, if that is the average that the second is; or with"
                + " `prefix: '" + begin + "'` and `" + Questions.RAW + "`, if both are trained, and no average";
    }
}
