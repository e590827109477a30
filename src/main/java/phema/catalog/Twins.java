package phema.catalog;

import static java.util.Comparator.comparingInt;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;
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
 * @param list whether the other's tensors have no names, and are the raw ones' by their shapes and their order
 */
record Twins(String raw, String average, boolean list) {
    /** The least number of tensors of a network that is not all of a file: below it are layers. */
    static final int TENSORS = 4;

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
     * @param names that both have, without their prefixes: those of the first with those of the other
     * @param few whether nothing but that they are all of a file tells them from layers
     */
    private record Pair(String one, String other, SortedMap<String, String> names, boolean few) {
        /** The least correlation of so many elements. */
        double alike(int elements) {
            return few ? Math.max(SURELY_ALIKE, CHANCE / Math.sqrt(elements)) : ALIKE;
        }

        /** The one that is a list beside a network whose tensors have names. */
        Optional<String> list() {
            boolean ofOne = isList(names.keySet());
            return ofOne == isList(names.values()) ? Optional.empty() : Optional.of(ofOne ? one : other);
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
     * @param averaged the prefixes of networks that averages of the run are called after, which are raw weights
     */
    static Optional<Twins> in(List<WeightFile> files, Set<String> averaged, Sampling sample) {
        List<Tensor> weights = files.getLast().tensors().stream()
                .filter(tensor -> !isOfOptimizer(tensor.name()))
                .toList();
        return pairs(weights).stream()
                .flatMap(pair -> compared(pair, files, averaged, sample).stream())
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
        Map<String, SequencedMap<String, Shape>> below = new HashMap<>();
        for (Tensor tensor : tensors)
            for (String prefix : prefixes(tensor.name()))
                if (networks.contains(prefix))
                    below.computeIfAbsent(prefix, any -> new LinkedHashMap<>())
                            .put(tensor.name().substring(prefix.length()), tensor.shape());
        List<String> order = below.keySet().stream()
                .sorted(comparingInt(String::length).thenComparing(Function.identity()))
                .toList();
        List<Pair> pairs = new ArrayList<>();
        for (int i = 0; i < order.size(); i++)
            for (int j = 0; j < i; j++) {
                boolean all = ALL * total
                        <= elements.getOrDefault(order.get(j), 0.0) + elements.getOrDefault(order.get(i), 0.0);
                pairs.addAll(pairs(order.get(j), order.get(i), below, all).stream()
                        .filter(pair -> pairs.stream().noneMatch(pair::isWithin))
                        .toList());
            }
        return pairs;
    }

    private static List<String> prefixes(String name) {
        List<String> prefixes = new ArrayList<>();
        for (int dot = name.indexOf('.'); dot >= 0 && prefixes.size() < DEEPEST; dot = name.indexOf('.', dot + 1))
            prefixes.add(name.substring(0, dot + 1));
        return prefixes;
    }

    /**
     * Two networks as pairs, of which one is none: a list may be one of some of the other's tensors in several ways.
     *
     * @param all whether they are all of the file
     */
    private static List<Pair> pairs(
            String one, String other, Map<String, SequencedMap<String, Shape>> below, boolean all) {
        if (other.startsWith(one) || LeftOut.shape(one).equals(LeftOut.shape(other))) return List.of();
        SequencedMap<String, Shape> a = below.getOrDefault(one, new LinkedHashMap<>());
        SequencedMap<String, Shape> b = below.getOrDefault(other, new LinkedHashMap<>());
        boolean list = isList(a.keySet()) != isList(b.keySet());
        SequencedMap<String, Shape> fewer = (list ? isList(a.keySet()) : a.size() < b.size()) ? a : b;
        SequencedMap<String, Shape> more = fewer == a ? b : a;
        if (fewer.isEmpty() || fewer.size() < WeightGroups.MOST * more.size()) return List.of();
        Stream<Map<String, String>> found = list
                ? Stream.of(inOrder(fewer, more), inOrder(fewer.reversed(), more.reversed()))
                : Stream.of(byName(fewer, more));
        return found.filter(names -> names.size() == fewer.size())
                .distinct()
                .flatMap(names -> {
                    boolean layers = fewer.size() < TENSORS
                            || names.values().stream()
                                            .map(NotAveraged::module)
                                            .distinct()
                                            .count()
                                    < 2;
                    SortedMap<String, String> ofOne = new TreeMap<>();
                    names.forEach((name, same) -> ofOne.put(fewer == a ? name : same, fewer == a ? same : name));
                    return layers && !all ? Stream.of() : Stream.of(new Pair(one, other, ofOne, layers));
                })
                .toList();
    }

    /** Whether tensors have no names but the numbers of a list. */
    private static boolean isList(Collection<String> names) {
        return names.stream().allMatch(name -> name.matches("\\d+"));
    }

    private static Map<String, String> byName(Map<String, Shape> fewer, Map<String, Shape> more) {
        Map<String, String> names = new HashMap<>();
        fewer.forEach((name, shape) -> {
            if (shape.equals(more.get(name))) names.put(name, name);
        });
        return names;
    }

    /** The first tensors of the same shapes that come in the same order; of fewer where there are none. */
    private static Map<String, String> inOrder(Map<String, Shape> list, Map<String, Shape> network) {
        Map<String, String> names = new HashMap<>();
        Iterator<Map.Entry<String, Shape>> next = network.entrySet().iterator();
        for (Map.Entry<String, Shape> one : list.entrySet())
            while (!names.containsKey(one.getKey()) && next.hasNext()) {
                Map.Entry<String, Shape> same = next.next();
                if (same.getValue().equals(one.getValue())) names.put(one.getKey(), same.getKey());
            }
        return names;
    }

    private static Optional<Twins> compared(Pair pair, List<WeightFile> files, Set<String> averaged, Sampling sample) {
        Map<String, Shape> shapes = new HashMap<>();
        for (Tensor tensor : files.getLast().tensors())
            if (tensor.name().startsWith(pair.one()))
                shapes.put(tensor.name().substring(pair.one().length()), tensor.shape());
        List<String> matrices = pair.names().keySet().stream()
                .filter(name -> shapes.containsKey(name) && shapes.get(name).rank() > 1)
                .toList();
        List<String> names = matrices.isEmpty() ? List.copyOf(pair.names().keySet()) : matrices;
        SortedMap<String, Shape> chosen = new TreeMap<>();
        for (int i = 0; i < Math.min(COMPARED, names.size()); i++) {
            String name = names.get((int) ((long) i * names.size() / Math.min(COMPARED, names.size())));
            Shape shape = shapes.get(name);
            if (shape != null) chosen.put(name, shape);
        }
        SamplePlan plan = SamplePlan.ofEach(chosen);
        Map<String, String> ofOther = new HashMap<>();
        pair.names().forEach((name, same) -> ofOther.put(same, name));
        List<double[]> one = values(pair.one(), Map.of(), plan, files, sample);
        List<double[]> other = values(pair.other(), ofOther, plan, files, sample);
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
        Optional<String> list = pair.list();
        if (list.isPresent())
            return Optional.of(new Twins(list.get().equals(pair.one()) ? pair.other() : pair.one(), list.get(), true));
        boolean named = pair.one().replace(".", "").contains(pair.other().replace(".", "")) // best_model beside model
                != pair.other().replace(".", "").contains(pair.one().replace(".", ""));
        boolean ofOne = averaged.contains(WrappedNames.unwrapped(pair.one()));
        boolean first = ofOne != averaged.contains(WrappedNames.unwrapped(pair.other()))
                ? ofOne
                : named ? pair.one().length() < pair.other().length() : step(one) >= step(other);
        return Optional.of(new Twins(first ? pair.one() : pair.other(), first ? pair.other() : pair.one(), false));
    }

    /**
     * The elements of a network, in each file that could be read.
     *
     * @param names of the plan where they are others than the network's
     */
    private static List<double[]> values(
            String prefix, Map<String, String> names, SamplePlan plan, List<WeightFile> files, Sampling sample) {
        return files.stream()
                .flatMap(file -> sample.read(file.with(below(file, prefix, names)), plan).stream())
                .map(SampledElements::values)
                .toList();
    }

    private static List<Tensor> below(WeightFile file, String prefix, Map<String, String> names) {
        return file.tensors().stream()
                .filter(tensor -> tensor.name().startsWith(prefix))
                .map(tensor -> {
                    String name = tensor.name().substring(prefix.length());
                    return tensor.as(names.getOrDefault(name, name), tensor.role());
                })
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
                + exclusion() + "` and `" + Questions.RAW + "`, for averages of all but the second; or with "
                + (list
                        ? "`prefix: '" + begin + average + "'` and `profile: 'exponential:decay=0.9999'`"
                        : "`averages: [{prefix: '" + begin + raw + "', profile: impulse}, {prefix: '" + begin + average
                                + "', profile: 'exponential:decay=0.9999'}]`")
                + ", if that is the average that the second is; or with"
                + " `prefix: '" + begin + "'` and `" + Questions.RAW + "`, if both are trained, and no average";
    }
}
