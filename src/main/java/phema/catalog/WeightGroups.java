package phema.catalog;

import static java.util.Comparator.comparingInt;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import phema.format.Tensor;
import phema.format.WeightFile;

/**
 * Tells apart the sets of weights that one checkpoint holds: raw weights, and averages of them, below the words that
 * trainers use. A word alone says little: an average is one of the raw weights beside it only where both hold the same
 * tensors. What belongs to an optimizer is in no group.
 *
 * @param groups raw weights first; empty where the file is one set of weights, or cannot be taken apart
 * @param problem why a file does not hold what the manifest says, as the end of a sentence
 */
record WeightGroups(List<WeightGroup> groups, Optional<String> problem) {
    /**
     * One set of weights.
     *
     * @param prefix that the names of its tensors begin with in the file, or a pattern in which {@code *} stands for
     *     the name of a tensor; empty for a file as a whole
     * @param profile as text; empty where nothing says it
     * @param tensors by their names without prefix and wrappers: in every group of a file the same, in the same order.
     *     Those that are not in all of the groups are the first group's, and buffers
     */
    record WeightGroup(String prefix, Optional<String> profile, List<Tensor> tensors) {}

    /**
     * What is said of one set of weights.
     *
     * @param profile as text; empty where nothing says it
     */
    record StatedGroup(String prefix, Optional<String> profile) {}

    /** The profile of raw weights. */
    static final String RAW = "impulse";

    /** The answer for a file that is one set of weights, or cannot be taken apart. */
    static final WeightGroups NONE = new WeightGroups(List.of(), Optional.empty());

    /** The words under which raw weights are, beside averages under others. */
    private static final List<String> RAW_WORDS = List.of(
            "model",
            "net",
            "network",
            "state_dict",
            "unet",
            "params",
            "student",
            "generator",
            "online_model",
            "model_state_dict",
            "module");

    private static final List<String> CONTAINERS = List.of("state_dict.", "module.", "state.");

    /** The words that wrappers put before all names. */
    static final List<String> WRAPPERS = List.of(
            "module.", "_orig_mod.", "_forward_module.", "_fsdp_wrapped_module.", "_checkpoint_wrapped_module.");

    /** The names of what trainers keep beside weights, in the same file. */
    private static final Pattern STATE =
            Pattern.compile("(?:callbacks|loops|lr_schedulers?|sched|ema|demo_gen)(?:\\..*)?");

    /** The pattern of raw weights that are below no word of their own. */
    private static final String ALL = "*";

    /** The names of torchtitan's averages: each has its decay behind the tensor's own name. */
    static final Pattern TORCHTITAN = Pattern.compile("ema\\.state\\..+\\.(ema_params(?:\\.\\w+)?)");

    /** The names of what is no model's in checkpoints of such jobs. */
    private static final Pattern STATE_OF_JOB =
            Pattern.compile("(?:ema|optim|optimizers?|lr_scheduler|train_state|dataloader)\\..*");

    /** The word below that of an average where its tracker is stored as a whole. */
    static final String TRACKED = "ema_model.";

    /** The word beside it for the weights that the tracker follows. */
    static final String ONLINE = "online_model.";

    private static final String SHADOW = "shadow.";

    /** The place of the state of composer's algorithms, of which its EMA is one. */
    private static final String ALGORITHMS = "state.algorithms";

    /** The place of its model. */
    private static final String MODEL = "state.model.";

    /** The word of Lightning for raw weights, beside which {@code state_dict} is an average. */
    private static final String CURRENT = "current_model_state";

    /** The word of mmengine for raw weights: it saves its average as {@code state_dict}. */
    static final String MMENGINE = "ema_state_dict.";

    /** The beginning of the names of buffers of mmcv's hook, in which dots become underscores. */
    private static final String MMCV = "state_dict.ema_";

    private static final String STATE_DICT = "state_dict.";

    /** The share of the raw weights' tensors that an average of them holds. */
    static final double MOST = 0.5;

    WeightGroups {
        groups = List.copyOf(groups);
    }

    /** What the names of a file's tensors say. */
    static WeightGroups of(WeightFile file) {
        Set<String> torchtitan = new TreeSet<>();
        for (Tensor tensor : file.tensors()) {
            Matcher average = TORCHTITAN.matcher(tensor.name());
            if (average.matches()) torchtitan.add("ema.state.*." + average.group(1));
        }
        if (!torchtitan.isEmpty()) return of(file, ALL, torchtitan);
        List<String> words = new NotAveraged(file.tensors()).words();
        WeightGroups buffers = ofBuffers(file);
        if (!buffers.equals(NONE)) return buffers;
        if (words.isEmpty()) return NONE;
        Optional<String> algorithm =
                words.stream().filter(word -> word.startsWith(ALGORITHMS)).findFirst();
        if (algorithm.isPresent()) return ofComposer(file, algorithm.get());
        if (words.contains(CURRENT)) return of(file, CURRENT + ".", Set.of(STATE_DICT));
        if (file.tensor(MMENGINE + "steps").isPresent()) return of(file, MMENGINE, Set.of(STATE_DICT));
        Set<String> averages = new LinkedHashSet<>();
        for (String word : words) {
            String prefix = word + ".";
            List<String> below = file.tensors().stream()
                    .filter(tensor -> tensor.name().startsWith(prefix))
                    .map(tensor -> tensor.name().substring(prefix.length()))
                    .filter(name -> !NotAveraged.isCounter(name))
                    .toList();
            if (below.isEmpty() || prefix.equals(ONLINE)) continue;
            boolean tracker = below.stream().anyMatch(name -> name.startsWith(TRACKED))
                    && below.stream().allMatch(name -> name.startsWith(TRACKED) || name.startsWith(ONLINE));
            boolean shadow = below.stream().allMatch(name -> name.startsWith(SHADOW));
            averages.add(prefix + (tracker ? TRACKED : shadow ? SHADOW : ""));
        }
        if (averages.isEmpty()) return NONE;
        return averages.stream()
                .flatMap(average -> rawPrefixes(average).stream())
                .distinct()
                .map(raw -> of(file, raw, averages))
                .filter(groups -> !groups.equals(NONE))
                .findFirst()
                .orElse(NONE);
    }

    /**
     * The buffers of mmcv's hook, {@code ema_backbone_conv_weight} beside {@code backbone.conv.weight}, which has
     * swapped the average in before it saves: they are the raw weights.
     */
    private static WeightGroups ofBuffers(WeightFile file) {
        List<String> buffers = file.tensors().stream()
                .map(Tensor::name)
                .filter(name -> name.startsWith(MMCV))
                .toList();
        if (buffers.isEmpty() || buffers.stream().anyMatch(name -> name.indexOf('.', MMCV.length()) >= 0)) return NONE;
        WeightGroups found = of(
                file,
                List.of(new StatedGroup(MMCV, Optional.of(RAW)), new StatedGroup(STATE_DICT, Optional.empty())),
                STATE_DICT);
        return found.problem().isPresent() ? NONE : found;
    }

    /** composer swaps its average in for saving, and says so: then {@code state.model} is the average. */
    private static WeightGroups ofComposer(WeightFile file, String algorithm) {
        String other = algorithm + ".named_parameters_dict.";
        String swapped = file.metadata().getOrDefault(algorithm.replaceFirst("ema_model$", "ema_weights_active"), "");
        if (swapped.isEmpty()) return NONE;
        boolean isSwapped = Boolean.parseBoolean(swapped);
        WeightGroups found = of(
                file,
                List.of(
                        new StatedGroup(isSwapped ? other : MODEL, Optional.of(RAW)),
                        new StatedGroup(isSwapped ? MODEL : other, Optional.empty())),
                MODEL);
        return found.problem().isPresent() ? NONE : found;
    }

    /** Where the raw weights may be, the likeliest place first. */
    private static Set<String> rawPrefixes(String average) {
        String container = container(average);
        Set<String> prefixes = named(average);
        for (String raw : RAW_WORDS) prefixes.add(container + raw + ".");
        if (average.endsWith("." + TRACKED))
            prefixes.add(average.substring(0, average.length() - TRACKED.length()) + ONLINE);
        return prefixes;
    }

    /** Where they are as the name of the average says. */
    private static Set<String> named(String average) {
        String container = container(average);
        String word = average.startsWith(NotAveraged.CALLBACKS + ".") ? average : average.substring(container.length());
        Set<String> prefixes = new LinkedHashSet<>();
        if (word.endsWith("_ema.")) prefixes.add(container + word.replaceFirst("_ema\\.$", "."));
        if (word.startsWith("target_")) prefixes.add(container + word.substring("target_".length()));
        String own = AverageWords.withoutAverage(word.substring(0, word.length() - 1));
        if (!own.isEmpty()) prefixes.add(container + own + ".");
        return prefixes;
    }

    /** The prefixes of what something in a file is called an average of, without wrappers. */
    static Set<String> averagedIn(WeightFile file) {
        return new NotAveraged(file.tensors())
                .words().stream()
                        .flatMap(word -> named(word + ".").stream())
                        .map(WrappedNames::unwrapped)
                        .collect(Collectors.toSet());
    }

    /** The words before that of an average which only wrap a model's state, with the dots. */
    private static String container(String average) {
        int end = 0;
        for (int dot = average.indexOf('.'); dot >= 0; dot = average.indexOf('.', end)) {
            if (!NotAveraged.CONTAINERS.contains(average.substring(end, dot))) break;
            end = dot + 1;
        }
        return average.substring(0, end);
    }

    private static WeightGroups of(WeightFile file, String raw, Set<String> averages) {
        if (averages.contains(raw)) return NONE;
        WeightGroups found = of(
                file,
                Stream.concat(
                                Stream.of(new StatedGroup(raw, Optional.of(RAW))),
                                averages.stream().map(prefix -> new StatedGroup(prefix, Optional.empty())))
                        .toList(),
                raw);
        return found.problem().isPresent() ? NONE : found;
    }

    /** What is said of a file's raw weights by what lies beside them; none where no average does. */
    static List<StatedGroup> rawIn(WeightFile file) {
        return rawOf(of(file).groups());
    }

    private static List<StatedGroup> rawOf(List<WeightGroup> groups) {
        return groups.stream()
                .filter(group -> group.profile().equals(Optional.of(RAW))
                        && !group.prefix().equals(ALL))
                .map(group -> new StatedGroup(group.prefix(), group.profile()))
                .toList();
    }

    /** The same, and where the raw weights are while the trainer does not average, if it saves averages there. */
    static List<StatedGroup> rawBeside(WeightFile file) {
        List<WeightGroup> groups = of(file).groups();
        List<StatedGroup> raw = rawOf(groups);
        return Stream.concat(
                        raw.stream(),
                        groups.stream()
                                .filter(group -> raw.stream().anyMatch(one -> isSwapped(one, group.prefix())))
                                .map(group -> new StatedGroup(group.prefix(), Optional.of(RAW))))
                .toList();
    }

    /** Whether a trainer saves an average where it has the raw weights otherwise, and these elsewhere. */
    private static boolean isSwapped(StatedGroup raw, String average) {
        return switch (average) {
            case STATE_DICT -> List.of(CURRENT + ".", MMENGINE, MMCV).contains(raw.prefix());
            case MODEL -> raw.prefix().startsWith(ALGORITHMS);
            default -> false;
        };
    }

    /**
     * The raw weights of a file without an average; none where it does not hold them as others do.
     *
     * @param raw where they may be, as {@link #rawBeside} says of another file of the run
     */
    static WeightGroups rawOf(WeightFile file, List<StatedGroup> raw) {
        if (raw.isEmpty() || !new NotAveraged(file.tensors()).words().isEmpty()) return NONE;
        return raw.stream()
                .map(one -> of(file, List.of(one)))
                .filter(found -> found.problem().isEmpty())
                .findFirst()
                .orElse(NONE);
    }

    /**
     * Those of several sets of weights that a file holds, where another file of the run holds all; else all. What is
     * an average in others is raw where the trainer saved it while it did not average.
     */
    static List<StatedGroup> heldBy(WeightFile file, List<StatedGroup> stated, Collection<WeightFile> others) {
        List<StatedGroup> held = stated.stream()
                .filter(group -> !below(file, group, stated).isEmpty())
                .toList();
        boolean some = !held.isEmpty()
                && held.size() < stated.size()
                && others.stream()
                        .anyMatch(one -> stated.stream()
                                .noneMatch(group -> below(one, group, stated).isEmpty()));
        if (!some) return stated;
        List<StatedGroup> raw = stated.stream()
                .filter(group -> group.profile().equals(Optional.of(RAW)))
                .toList();
        boolean swapped = held.stream().allMatch(group -> raw.stream().anyMatch(one -> isSwapped(one, group.prefix())))
                && new NotAveraged(file.tensors()).words().isEmpty();
        return swapped
                ? held.stream()
                        .map(group -> new StatedGroup(group.prefix(), Optional.of(RAW)))
                        .toList()
                : held;
    }

    /** @param stated of which the one with the most tensors, mostly the raw weights, says which there are */
    static WeightGroups of(WeightFile file, List<StatedGroup> stated) {
        StatedGroup whole = stated.stream()
                .max(comparingInt((StatedGroup group) -> (int) below(file, group, stated).keySet().stream()
                                .filter(name -> !NotAveraged.isCounter(name))
                                .count())
                        .thenComparing(group -> below(file, group, stated).keySet().stream()
                                .filter(name -> name.indexOf('.') >= 0)
                                .count())
                        .thenComparing(group -> group.profile().equals(Optional.of(RAW))))
                .orElseThrow();
        return of(file, stated, whole.prefix());
    }

    /** @param whole prefix of the group that has all tensors */
    private static WeightGroups of(WeightFile file, List<StatedGroup> stated, String whole) {
        StatedGroup first = stated.stream()
                .filter(group -> group.prefix().equals(whole))
                .findFirst()
                .orElseThrow();
        SequencedMap<String, Tensor> all = below(file, first, stated);
        if (all.isEmpty()) return wrong(nothing(first));
        Map<String, String> otherwise = new HashMap<>(); // without wrappers or dots; what may be either is none
        for (String name : all.keySet())
            for (String plain : List.of(WrappedNames.unwrapped(name), name.replace(".", ""), name.replace(".", "_")))
                if (!all.containsKey(plain)) otherwise.merge(plain, name, (one, other) -> one.equals(other) ? one : "");
        long averaged = all.entrySet().stream()
                .filter(entry -> entry.getValue().dtype().isFloating() && !NotAveraged.isStatistic(entry.getKey()))
                .count();
        Map<StatedGroup, Map<String, Tensor>> found = new LinkedHashMap<>();
        found.put(first, all);
        for (StatedGroup group : stated) {
            if (group == first) continue;
            Map<String, Tensor> own = new HashMap<>();
            for (Map.Entry<String, Tensor> entry : below(file, group, stated).entrySet()) {
                Tensor here = entry.getValue();
                String unwrapped = WrappedNames.unwrapped(entry.getKey());
                String name = Stream.of(entry.getKey(), unwrapped)
                        .filter(all::containsKey)
                        .findFirst()
                        .orElseGet(() -> otherwise.getOrDefault(unwrapped, ""));
                @Nullable Tensor there = all.get(name);
                if (there == null && here.dtype().isFloating() && !NotAveraged.isCounter(entry.getKey()))
                    return wrong("holds `" + here.name() + "`, but no such tensor below `" + first.prefix() + "`"
                            + (entry.getKey().matches("\\d+") ? withoutNames(first, group) : ""));
                if (there == null) continue;
                if (!there.shape().equals(here.shape())
                        || there.dtype().isFloating() != here.dtype().isFloating())
                    return wrong("holds `" + here.name() + "` of " + here.dtype() + " " + here.shape() + ", but `"
                            + there.name() + "` of " + there.dtype() + " " + there.shape());
                own.put(name, here);
            }
            if (own.isEmpty()) return wrong(nothing(group));
            if (own.size() < MOST * averaged)
                return wrong("holds only " + own.size() + " of the tensors below `" + first.prefix() + "` below `"
                        + group.prefix() + "`, too few for an average of them");
            found.put(group, own);
        }
        return new WeightGroups(
                found.entrySet().stream()
                        .map(e -> new WeightGroup(
                                e.getKey().prefix(), e.getKey().profile(), tensors(all, e.getValue(), found)))
                        .toList(),
                Optional.empty());
    }

    private static String withoutNames(StatedGroup first, StatedGroup list) {
        return ": tensors with numbers for names cannot be told to be which of those. Take one set alone, with"
                + " `prefix: '" + first.prefix() + "'` and `" + Questions.RAW + "`, or with `prefix: '" + list.prefix()
                + "'` and the profile of that average";
    }

    private static List<Tensor> tensors(
            SequencedMap<String, Tensor> all,
            Map<String, Tensor> own,
            Map<StatedGroup, Map<String, Tensor>> everywhere) {
        List<Tensor> tensors = new ArrayList<>();
        all.forEach((name, first) -> {
            @Nullable Tensor tensor = own.get(name);
            boolean shared = everywhere.values().stream().allMatch(group -> group.containsKey(name));
            tensors.add(
                    shared && tensor != null
                            ? tensor.as(name, tensor.role())
                            : first.as(name, Tensor.TensorRole.BUFFER));
        });
        return List.copyOf(tensors);
    }

    /**
     * The tensors below a prefix by their names without it, and without what wrappers put before them; but for those of
     * another group within.
     */
    private static SequencedMap<String, Tensor> below(WeightFile file, StatedGroup group, List<StatedGroup> stated) {
        String prefix = group.prefix();
        List<String> within = stated.stream()
                .map(StatedGroup::prefix)
                .filter(other -> other.length() > prefix.length() && other.startsWith(prefix))
                .filter(other -> prefix.indexOf('*') < 0)
                .toList();
        SequencedMap<String, Tensor> below = new LinkedHashMap<>();
        int star = prefix.indexOf('*');
        String begin = star < 0 ? prefix : prefix.substring(0, star);
        String end = star < 0 ? "" : prefix.substring(star + 1);
        for (Tensor tensor : file.tensors()) {
            String name = tensor.name();
            if (name.startsWith(begin)
                    && name.endsWith(end)
                    && name.length() > begin.length() + end.length()
                    && within.stream().noneMatch(name::startsWith)
                    && !(prefix.equals(ALL) && STATE_OF_JOB.matcher(name).matches()))
                below.put(name.substring(begin.length(), name.length() - end.length()), tensor);
        }
        String wrappers = wrappers(below.keySet());
        if (wrappers.isEmpty()) return below;
        SequencedMap<String, Tensor> unwrapped = new LinkedHashMap<>();
        below.forEach((name, tensor) -> {
            if (name.startsWith(wrappers)) unwrapped.put(name.substring(wrappers.length()), tensor);
        });
        return unwrapped;
    }

    /** What wrappers, one in another, put before the names of all tensors but counters: {@code module._orig_mod.} */
    static String wrappers(Collection<String> names) {
        List<String> weights =
                names.stream().filter(name -> !NotAveraged.isCounter(name)).toList();
        String wrappers = "";
        for (String next = wrapper(weights, wrappers); !next.isEmpty(); next = wrapper(weights, wrappers))
            wrappers += next;
        return wrappers;
    }

    private static String wrapper(List<String> names, String within) {
        return WRAPPERS.stream()
                .filter(wrapper -> !names.isEmpty()
                        && names.stream()
                                .allMatch(name -> name.startsWith(within + wrapper)
                                        && name.length() > within.length() + wrapper.length()))
                .findFirst()
                .orElse("");
    }

    /** What the groups leave out although it may be of the model, and what only raw weights have; one sentence each. */
    List<String> notices(WeightFile file) {
        List<String> notices = new ArrayList<>();
        List<Tensor> unaveraged = groups.getFirst().tensors().stream()
                .filter(tensor -> tensor.role() == Tensor.TensorRole.BUFFER
                        && tensor.dtype().isFloating()
                        && groups.getLast().tensors().contains(tensor))
                .toList();
        if (!unaveraged.isEmpty())
            notices.add(unaveraged.size() + (unaveraged.size() == 1 ? " tensor is" : " tensors are")
                    + " taken from the newest file's `"
                    + shown(groups.getFirst().prefix())
                    + "`, because no average of "
                    + (unaveraged.size() == 1 ? "it" : "them") + " is there: such as "
                    + unaveraged.getFirst().name() + ".");
        Set<String> left = file.tensors().stream()
                .filter(tensor -> tensor.dtype().isFloating()
                        && groups.stream()
                                .noneMatch(group -> group.prefix().indexOf('*') >= 0
                                        || tensor.name().startsWith(group.prefix())))
                .map(tensor -> place(tensor.name()))
                .filter(place ->
                        !LeftOut.isState(place) && !STATE.matcher(place).matches())
                .collect(Collectors.toCollection(LinkedHashSet::new));
        if (!left.isEmpty())
            notices.add("Tensors are left out that lie outside of these weights: "
                    + left.stream().limit(5).map(place -> "`" + place + "*`").collect(Collectors.joining(", "))
                    + (left.size() > 5 ? " and others." : "."));
        return notices;
    }

    /** The first word of a name, behind a container. */
    static String place(String name) {
        String container =
                CONTAINERS.stream().filter(name::startsWith).findFirst().orElse("");
        int dot = name.indexOf('.', container.length());
        return dot < 0 ? name : name.substring(0, dot + 1);
    }

    /** How a pattern of names looks to users. */
    static String shown(String prefix) {
        return prefix.indexOf('*') >= 0 ? prefix : prefix + "*";
    }

    private static String nothing(StatedGroup group) {
        return "holds no tensor whose name begins with `" + group.prefix() + "`";
    }

    private static WeightGroups wrong(String problem) {
        return new WeightGroups(List.of(), Optional.of(problem));
    }
}
