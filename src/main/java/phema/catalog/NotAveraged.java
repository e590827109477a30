package phema.catalog;

import static java.util.Comparator.comparing;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import phema.format.Tensor;
import phema.tensor.DType;
import phema.tensor.Shape;

/**
 * Tells, by names and element types, the tensors of a file that must not be averaged like weights: what normalization
 * layers have seen, vectors of power iterations, noise, queues of outputs, optimizers' moments, codes that mean nothing
 * without their scales, and averages beside raw weights.
 */
final class NotAveraged {
    /**
     * The names of what a normalization layer has seen. The average of statistics belongs to no network, and a
     * combination of variances may be negative. ema-pytorch stores the counter in half precision, where it looks like a
     * weight and overflows.
     */
    private static final Pattern STATISTICS = Pattern.compile("(?:.*[._])?(?:running_mean|running_var|running_std"
            + "|moving_mean|moving_var|moving_variance|num_batches_tracked)");

    /** The names of what torch's optimizers keep of each weight, wherever that is stored. */
    private static final Pattern MOMENTS =
            Pattern.compile(".*\\.(?:(?:max_)?exp_avg(?:_sq|_diff)?|exp_inf|momentum_buffer|square_avg)(?:\\..*)?");

    /** The names of the same where only both together tell. */
    private static final Pattern MEAN_OR_VARIANCE = Pattern.compile("(|.*\\.)(mean|var|variance)");

    /** The vectors of {@code torch.nn.utils.spectral_norm}, as old and new versions name them. */
    private static final Pattern POWER_ITERATION = Pattern.compile(".*parametrizations\\..*\\._[uv]");

    /**
     * The names of what lies beside {@code NAME_orig} or, in a common implementation, {@code NAME_bar}: vectors of
     * power iteration, and the mask of {@code torch.nn.utils.prune}. Beside neither, {@code weight_g} and
     * {@code weight_v} are those of weight normalization, and learned.
     */
    private static final Pattern BESIDE_ORIGINAL = Pattern.compile("(.*)_(?:[uv]|mask)");

    /** The names of queues of past outputs, and of the bank of all, as contrastive learning keeps them. */
    private static final Pattern QUEUE = Pattern.compile("(?:.*[._])?(?:queue|bank)(?:[_\\d].*)?");

    /** The names of what points to a queue's place for the next output. */
    private static final Pattern POINTER = Pattern.compile("(?:.*_)?(?:ptr|pointer)(?:_.*|\\d*)");

    /** The names of the noise in layers that learn its mean and scale, drawn anew before each file. */
    private static final Pattern NOISE = Pattern.compile("(.*)_epsilon");

    /** The vectors and values of power iteration in BigGAN's layers. */
    private static final Pattern SINGULAR = Pattern.compile("(|.*\\.)(?:u|sv)(\\d+)");

    /** The ends, behind the name of codes, of the names of what turns them into weights. */
    private static final Pattern OWN_SCALE =
            Pattern.compile("[._:]+(?:.*[._:])?(?:packed_scale|scales?|scale_inv|absmax"
                    + "|SCB|quant_map|quant_state|zero_point|shift).*");

    /** The names, within the module of codes, of what turns them into weights. */
    private static final Pattern SCALE_OF_LAYER =
            Pattern.compile("scale_weight|_?weight_(?:global_)?scales?(?:_inv|_\\d)?"
                    + "|weight_zero_point|SCB|absmax|qzeros|w_?scales?");

    /** The same by names that other things have as well. */
    private static final Pattern SCALE_OF_CODES =
            Pattern.compile("(?:.*_)?(?:scales?|zeros?|zero_point|codebooks?|centroids|scale_max)");

    /** The names of codes, within their modules. */
    private static final Pattern CODE_NAME = Pattern.compile(
            "qweight|q_weight|weight_packed|W_q|.*_blocks|_?weight_qdata" + "|int_data|_data|codes|Qidxs|indices");

    /** The names of what has one dimension and is no counter: where weights lie, or which of several they are. */
    private static final Pattern PLACES = Pattern.compile(
            "(?:.*_)?(?:ind(?:ex|exes|ices|ptr)|idx|idxs|codes?|perm|permutation|assignments?|order)(?:_?\\d+)?");

    /** The names of what counts, or is a time, in 64 bits. */
    private static final Pattern COUNTS = Pattern.compile(
            "(?:.*_)?(?:seen|counts?|counters?|num|hits|usage|used|steps?|total|ages?|hist(?:ogram)?|tokens"
                    + "|confmat|positions?|pos|time(?:stamp)?s?|last|cache|state)(?:_.*)?");

    /** The types that codes have where no name tells. */
    private static final Set<DType> UNNAMED_CODES =
            Set.of(DType.I8, DType.U8, DType.I16, DType.U16, DType.I32, DType.U32);

    /** The same of places, and of codes that nobody packed; most numbers of these types count. */
    private static final Set<DType> PLAIN_INTEGERS = Set.of(DType.I64, DType.U64);

    private static final Set<DType> CODES = Set.of(
            DType.F8_E4M3,
            DType.F8_E5M2,
            DType.F8_E4M3FNUZ,
            DType.F8_E5M2FNUZ,
            DType.F6_E2M3,
            DType.F6_E3M2,
            DType.F4,
            DType.I8,
            DType.U8,
            DType.I16,
            DType.U16,
            DType.I32,
            DType.U32);

    /** The types of numbers that nothing here computes with. */
    private static final Set<DType> NOT_COMPUTED = Set.of(
            DType.F8_E4M3FNUZ, DType.F8_E5M2FNUZ, DType.F8_E8M0, DType.F6_E2M3, DType.F6_E3M2, DType.F4, DType.C64);

    /** The names of what averages count, beside their weights. */
    private static final Set<String> COUNTERS =
            Set.of("initted", "step", "steps", "n_averaged", "num_updates", "decay", "epoch", "global_step");

    private static final Pattern COUNTER_OF_AVERAGE = Pattern.compile(
            "(?:.*\\.)?(?:\\w*(?:ema|swa|avg|average)\\w*|averaging_state)\\.(?:decay|num_updates|n_averaged)");

    /** The words that trainers put around a model's state, and within which a word for an average may stand. */
    static final Set<String> CONTAINERS = Set.of("state_dict", "module", "state", "model", "app");

    /** The word of Lightning for what its callbacks keep, each below its own name. */
    static final String CALLBACKS = "callbacks";

    /** The most words before that of an average. */
    private static final int DEEPEST = 4;

    /** The least share of a file's weights below a word that makes a network of its own, of which it is the average. */
    static final double NETWORK = 0.05;

    /** The names of what Lightning keeps of its callbacks and optimizers, beside the model's {@code state_dict}. */
    private static final Pattern OF_JOB = Pattern.compile("(?:callbacks|optimizer_states)\\..*");

    /** The most tensors of one layer: names without dots would make one of all. */
    private static final int LARGEST_LAYER = 1000;

    private final List<Tensor> all;
    private final Set<String> names;

    /** Whether the file is a job's state, with the model's below a word of its own. */
    private final boolean ofJob;

    /** Tensors by the module that they lie in. */
    private final Map<String, List<Tensor>> modules;

    private final Set<String> moments;

    NotAveraged(List<Tensor> all) {
        this.all = all;
        names = all.stream().map(Tensor::name).collect(Collectors.toUnmodifiableSet());
        ofJob = names.stream().anyMatch(name -> name.startsWith("state_dict."));
        modules = all.stream().collect(Collectors.groupingBy(tensor -> module(tensor.name())));
        moments = OptimizerMoments.in(all);
    }

    /** With the dot; empty for a name without one. */
    static String module(String name) {
        return name.substring(0, name.lastIndexOf('.') + 1);
    }

    private static String withinModule(Tensor tensor) {
        return tensor.name().substring(module(tensor.name()).length());
    }

    /** The others of a tensor's module. */
    private Stream<Tensor> besides(Tensor tensor) {
        return modules.getOrDefault(module(tensor.name()), List.of()).stream()
                .filter(other -> !other.name().equals(tensor.name()));
    }

    /** Whether a tensor has to come from the newest file as it is. */
    boolean isOfNewest(String name) {
        if (STATISTICS.matcher(name).matches()
                || POWER_ITERATION.matcher(name).matches()
                || MOMENTS.matcher(name).matches()
                || moments.contains(name)
                || isOfQueue(name)
                || ofJob && OF_JOB.matcher(name).matches()) return true;
        Matcher beside = BESIDE_ORIGINAL.matcher(name);
        if (beside.matches())
            return names.contains(beside.group(1) + "_orig") || names.contains(beside.group(1) + "_bar");
        Matcher noise = NOISE.matcher(name);
        if (noise.matches()) return names.contains(noise.group(1) + "_mu") && names.contains(noise.group(1) + "_sigma");
        Matcher singular = SINGULAR.matcher(name);
        if (singular.matches())
            return names.contains(singular.group(1) + "u" + singular.group(2))
                    && names.contains(singular.group(1) + "sv" + singular.group(2));
        Matcher moment = MEAN_OR_VARIANCE.matcher(name);
        return moment.matches()
                && (moment.group(2).equals("mean")
                        ? names.contains(moment.group(1) + "var") || names.contains(moment.group(1) + "variance")
                        : names.contains(moment.group(1) + "mean"));
    }

    /** Whether a tensor holds outputs that are replaced in turn, as a pointer beside it says. */
    private boolean isOfQueue(String name) {
        String module = module(name);
        return QUEUE.matcher(name).matches()
                && modules.getOrDefault(module, List.of()).stream()
                        .map(tensor -> tensor.name().substring(module.length()))
                        .anyMatch(beside -> POINTER.matcher(beside).matches());
    }

    /** Whether a tensor holds what a normalization layer has seen, by its name. */
    static boolean isStatistic(String name) {
        return STATISTICS.matcher(name).matches();
    }

    /** Whether a tensor holds numbers that look like weights, and are taken as they are all the same. */
    static boolean isNotComputed(Tensor tensor) {
        return NOT_COMPUTED.contains(tensor.dtype());
    }

    /** The tensor that scales this one, whose elements are codes: by their names alone. */
    Optional<String> scale(Tensor tensor) {
        if (!CODES.contains(tensor.dtype())) return Optional.empty();
        String name = tensor.name();
        Optional<String> own = Stream.of(module(name), name + ".", name + ".quant_state.")
                .flatMap(module -> modules.getOrDefault(module, List.of()).stream())
                .map(Tensor::name)
                .filter(other -> other.startsWith(name)
                        && OWN_SCALE.matcher(other.substring(name.length())).matches())
                .findFirst();
        if (own.isPresent()) return own;
        boolean named = CODE_NAME.matcher(withinModule(tensor)).matches();
        if (!named && !name.endsWith("weight")) return Optional.empty();
        if (modules.getOrDefault(module(name), List.of()).size() > LARGEST_LAYER) return Optional.empty();
        return besides(tensor)
                .filter(other -> SCALE_OF_LAYER.matcher(withinModule(other)).matches()
                        || named && SCALE_OF_CODES.matcher(withinModule(other)).matches())
                .map(Tensor::name)
                .findFirst();
    }

    /**
     * The floating neighbour of integers that may be codes, or places of sparse weights, whatever they are called: if
     * they are others in other files, they are. Masks and tables of positions never change, and counters have no two
     * dimensions.
     */
    Optional<String> neighbourOfCodes(Tensor tensor) {
        String name = withinModule(tensor);
        boolean plain =
                PLAIN_INTEGERS.contains(tensor.dtype()) && !COUNTS.matcher(name).matches();
        if (!plain && !UNNAMED_CODES.contains(tensor.dtype())
                || tensor.elements() < 2
                || tensor.shape().rank() < 2 && !PLACES.matcher(name).matches()
                || tensor.role() == Tensor.TensorRole.BUFFER
                || isOfNewest(tensor.name())) return Optional.empty();
        return besides(tensor)
                .filter(other -> other.dtype().isFloating() || NOT_COMPUTED.contains(other.dtype()))
                .map(Tensor::name)
                .findFirst();
    }

    /**
     * The words under which weights lie twice in a file, once as an average; empty where they do not.
     */
    List<String> groups() {
        List<String> beside = words();
        return beside.isEmpty() || allBelow(beside.getFirst()) ? List.of() : beside;
    }

    /** The word for an average under which all tensors are; empty where they are not. */
    Optional<String> average() {
        if (names.contains("n_averaged") && allBelow("module")) return Optional.of("module"); // torch's AveragedModel
        return words().stream()
                .filter(word -> AverageWords.isAverageAlone(last(word)) && allBelow(word))
                .findFirst();
    }

    /** The words for averages, and for raw weights that lie beside averages, below which there are tensors. */
    List<String> words() {
        Set<String> words = new HashSet<>();
        Set<String> places = new TreeSet<>();
        Set<String> known = new TreeSet<>();
        for (String name : names) {
            AverageWords.known(name).ifPresent(known::add);
            places.addAll(places(name));
        }
        for (String word : known) words.addAll(ofDecays(word));
        places.removeAll(known);
        for (String place : places)
            if (AverageWords.isAverageAlone(last(place)))
                for (String word : ofDecays(place)) if (isAverage(word, place, places)) words.add(word);
        return words.stream()
                .sorted()
                .sorted(comparing(AverageWords.COUNTER::equals)) // last, since Lightning's holds a counter
                .toList();
    }

    /** The words below which a name is, as long as all before the last one only wrap a model's state. */
    private static List<String> places(String name) {
        List<String> places = new ArrayList<>();
        int begin = 0;
        for (int dot = name.indexOf('.'); dot >= 0 && places.size() < DEEPEST; dot = name.indexOf('.', begin)) {
            String word = name.substring(begin, dot);
            begin = dot + 1;
            if (word.equals(CALLBACKS)) begin = name.indexOf('.', begin) + 1; // and the callback's own name
            else places.add(name.substring(0, dot));
            if (begin == 0 || !CONTAINERS.contains(word) && !word.equals(CALLBACKS)) break;
        }
        return places;
    }

    /** The last word of a place, with its decay. */
    private static String last(String place) {
        return place.substring(place.replaceFirst("(\\d)\\.(\\d+)$", "$1_$2").lastIndexOf('.') + 1);
    }

    /** The same word, or where a point of a decay cuts it, {@code ema_0.99} or {@code ema.0.99}, all of these. */
    private Collection<String> ofDecays(String word) {
        Set<String> decays = new TreeSet<>();
        String zero = word.matches("(?:.*\\D)?0") ? "" : "\\.0";
        Pattern decay = Pattern.compile(Pattern.quote(word) + zero + "\\.(\\d+)\\..*");
        for (String name : names) {
            if (!name.startsWith(word + ".")) continue;
            Matcher one = decay.matcher(name);
            if (!one.matches()) return Set.of(word);
            decays.add(name.substring(0, one.end(1)));
        }
        boolean layers = decays.stream().anyMatch(one -> one.endsWith(".0")); // of a sequence, which begin with 0
        return layers ? Set.of(word) : decays;
    }

    /**
     * Whether a whole network may lie below a word that averages are called by.
     *
     * @param place the same without what stands behind the point of its decay
     * @param places all words of the file that may be another's
     */
    private boolean isAverage(String word, String place, Set<String> places) {
        List<Tensor> below = below(word);
        if (below.isEmpty() || place.startsWith(CALLBACKS) && !isNamed(below, word)) return false;
        if (allBelow(word) || AverageWords.isSure(last(place)) && elements(below) >= NETWORK * elements(floating()))
            return true;
        if (!AverageWords.isSure(last(place)) && !AverageWords.isLikely(last(place))) return false;
        Map<String, Shape> own = shapes(below, word);
        return places.stream()
                .filter(other -> !(other + ".").startsWith(word + ".") && !(word + ".").startsWith(other + "."))
                .anyMatch(other -> holds(shapes(below(other), other), own));
    }

    /** Whether tensors have names, not only the numbers of a list. */
    private static boolean isNamed(List<Tensor> below, String word) {
        return below.stream()
                .anyMatch(tensor -> !tensor.name().substring(word.length() + 1).matches("\\d+"));
    }

    private Stream<Tensor> floating() {
        return all.stream().filter(tensor -> tensor.dtype().isFloating());
    }

    private static double elements(Stream<Tensor> tensors) {
        return tensors.mapToDouble(Tensor::elements).sum();
    }

    private static double elements(List<Tensor> tensors) {
        return elements(tensors.stream());
    }

    /** The floating tensors below a word, but for what an average counts. */
    private List<Tensor> below(String word) {
        return floating()
                .filter(tensor -> tensor.name().startsWith(word + ".")
                        && !COUNTERS.contains(tensor.name().substring(word.length() + 1)))
                .toList();
    }

    private static Map<String, Shape> shapes(List<Tensor> below, String word) {
        Map<String, Shape> shapes = new HashMap<>();
        for (Tensor tensor : below)
            shapes.put(WrappedNames.unwrapped(tensor.name().substring(word.length() + 1)), tensor.shape());
        return shapes;
    }

    /** Whether some tensors are, by name and shape, most of others: as many as an average of these would have. */
    private static boolean holds(Map<String, Shape> others, Map<String, Shape> own) {
        return own.size() >= WeightGroups.MOST * others.size()
                && own.entrySet().stream().allMatch(one -> one.getValue().equals(others.get(one.getKey())));
    }

    /** Whether a tensor is one that averages count with, by its name within them. */
    static boolean isCounter(String name) {
        return COUNTERS.contains(name);
    }

    /** Whether a tensor says how an average is made, or how far it has come. */
    static boolean isCounterOfAverage(String name) {
        return COUNTER_OF_AVERAGE.matcher(name).matches();
    }

    private boolean allBelow(String word) {
        return names.stream().allMatch(name -> name.startsWith(word + ".") || COUNTERS.contains(name));
    }
}
