package phema.catalog;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import phema.format.Tensor;

/**
 * Finds what optimizers keep of the weights beside them, other than as torch names it: whatever lies below an
 * optimizer's word, and pairs of moments, {@code m} and {@code v}, of a network that lies elsewhere in the file.
 */
final class OptimizerMoments {
    /** The words for optimizers, alone or with what tells several apart, at the top of a file. */
    private static final Pattern OPTIMIZER = Pattern.compile("((?:(?:state|app)\\.)?(?:[a-z]+_)?"
            + "(?:optim(?:izers?)?(?:_?(?:states?|state_dicts?|[a-zA-Z]))?|opt_states?|(opt(?:_?[a-zA-Z])?)))\\..+");

    /** The words for the first moment, with those for the second beside it. */
    private static final Map<String, String> SECOND = Map.of("m", "v", "mu", "nu", "m1", "m2", "moment1", "moment2");

    private static final Pattern FIRST_MOMENT = Pattern.compile("(?<=\\.)(?:m|mu|m1|moment1)(?=\\.|$)");

    /** The most words before the name of a weight. */
    private static final int DEEPEST = 4;

    private OptimizerMoments() {}

    /** The names of these tensors; none where nothing else is in the file. */
    static Set<String> in(List<Tensor> all) {
        Set<String> found = new HashSet<>(ofOptimizers(all));
        found.addAll(pairs(all));
        return found.size() == all.size() ? Set.of() : found;
    }

    private static Set<String> ofOptimizers(List<Tensor> all) {
        Map<String, List<Tensor>> below = new LinkedHashMap<>();
        Set<String> unsure = new HashSet<>();
        for (Tensor tensor : all) {
            Matcher optimizer = OPTIMIZER.matcher(tensor.name());
            if (!optimizer.matches()) continue;
            below.computeIfAbsent(optimizer.group(1), any -> new ArrayList<>()).add(tensor);
            if (optimizer.group(2) != null) unsure.add(optimizer.group(1)); // there are networks called `opt`
        }
        Set<String> found = new HashSet<>();
        below.forEach((word, tensors) -> {
            if (!unsure.contains(word) || areOfNetwork(word, tensors, all))
                tensors.forEach(tensor -> found.add(tensor.name()));
        });
        return found;
    }

    /** Whether tensors below a word, or below one word in it, are called as those of a network beside it. */
    private static boolean areOfNetwork(String word, List<Tensor> below, List<Tensor> all) {
        Set<Tensor> own = Set.copyOf(below);
        Map<String, Tensor> others =
                byName(all.stream().filter(tensor -> !own.contains(tensor)).toList());
        Map<String, Map<String, Tensor>> byPlace = new LinkedHashMap<>();
        for (Tensor tensor : below) {
            String name = tensor.name().substring(word.length() + 1);
            byPlace.computeIfAbsent("", any -> new LinkedHashMap<>()).put(name, tensor);
            int dot = name.indexOf('.');
            if (dot > 0)
                byPlace.computeIfAbsent(name.substring(0, dot), any -> new LinkedHashMap<>())
                        .put(name.substring(dot + 1), tensor);
        }
        return byPlace.values().stream().anyMatch(moments -> isNetwork(moments, others));
    }

    private static Map<String, Tensor> byName(List<Tensor> tensors) {
        return tensors.stream().collect(Collectors.toMap(Tensor::name, tensor -> tensor, (one, same) -> one));
    }

    /** Pairs of moments, {@code adam.m.NAME} and {@code adam.v.NAME}, or the same words behind {@code adam.NAME}. */
    private static Set<String> pairs(List<Tensor> all) {
        List<Tensor> first = all.stream()
                .filter(tensor -> FIRST_MOMENT.matcher(tensor.name()).find())
                .toList();
        if (first.isEmpty()) return Set.of(); // nearly always
        Map<String, Tensor> byName = byName(all);
        Map<String, Map<String, Tensor>> byPlace = new LinkedHashMap<>();
        for (Tensor tensor : first) {
            Matcher word = FIRST_MOMENT.matcher(tensor.name());
            while (word.find())
                if (second(tensor, word.start(), word.end(), byName).isPresent())
                    places(tensor.name(), word.start(), word.end())
                            .forEach((place, weight) -> byPlace.computeIfAbsent(place, any -> new LinkedHashMap<>())
                                    .put(weight, tensor));
        }
        Set<String> found = new HashSet<>();
        for (Map<String, Tensor> moments : byPlace.values()) {
            if (!isNetwork(moments, byName)) continue;
            for (Tensor tensor : moments.values()) {
                Matcher word = FIRST_MOMENT.matcher(tensor.name());
                while (word.find())
                    second(tensor, word.start(), word.end(), byName).ifPresent(second -> {
                        found.add(tensor.name());
                        found.add(second.name());
                    });
            }
        }
        return found;
    }

    /** The tensor of the same shape that has the word for a second moment where this one has that for a first. */
    private static Optional<Tensor> second(Tensor first, int begin, int end, Map<String, Tensor> byName) {
        String name = first.name();
        return Optional.ofNullable(SECOND.get(name.substring(begin, end)))
                .flatMap(word -> Optional.ofNullable(byName.get(name.substring(0, begin) + word + name.substring(end))))
                .filter(second -> second.shape().equals(first.shape()));
    }

    /** What the weight may be called that a moment is of, by the place of all moments. */
    private static Map<String, String> places(String name, int begin, int end) {
        if (end < name.length()) return Map.of(name.substring(0, end), name.substring(end + 1));
        Map<String, String> places = new LinkedHashMap<>();
        String before = name.substring(0, begin - 1);
        for (int from = 0; places.size() <= DEEPEST; from = before.indexOf('.', from) + 1) {
            places.put(before.substring(0, from), before.substring(from));
            if (before.indexOf('.', from) < 0) break;
        }
        return places;
    }

    /** Whether tensors with the names of moments are, but for these, most of a network that is in the file. */
    private static boolean isNetwork(Map<String, Tensor> moments, Map<String, Tensor> byName) {
        if (moments.size() < Twins.TENSORS
                || moments.keySet().stream().map(NotAveraged::module).distinct().count() < 2) return false;
        String longest = moments.keySet().stream()
                .max(Comparator.comparingInt(String::length))
                .orElseThrow();
        return byName.keySet().stream()
                .filter(name -> name.equals(longest) || name.endsWith("." + longest))
                .map(name -> name.substring(0, name.length() - longest.length()))
                .anyMatch(prefix -> moments.entrySet().stream().allMatch(moment -> {
                    @Nullable Tensor weight = byName.get(prefix + moment.getKey());
                    return weight != null
                            && !FIRST_MOMENT.matcher(weight.name()).find()
                            && !weight.name().equals(moment.getValue().name())
                            && weight.shape().equals(moment.getValue().shape());
                }));
    }
}
