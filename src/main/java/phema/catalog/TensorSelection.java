package phema.catalog;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import phema.format.Tensor;
import phema.format.WeightFile;
import phema.format.WeightFiles;

/**
 * Says which tensors of a run's files are the model's, and what they are called.
 *
 * @param prefix that the names of the model's tensors begin with, and which is taken off; all tensors are the model's
 *     when empty
 * @param averages the sets of weights in each file, instead of a prefix; none where a file holds one
 * @param exclude patterns of tensors to leave out, by their names without the prefix
 * @param buffers patterns of tensors that are not averaged but taken from the newest file
 * @param parameters patterns of tensors that are averaged although they look as if they should not be
 * @param masters whether instead of weights those in single precision that an optimizer keeps of them are meant
 */
record TensorSelection(
        Optional<String> prefix,
        List<WeightGroups.StatedGroup> averages,
        List<NamePattern> exclude,
        List<NamePattern> buffers,
        List<NamePattern> parameters,
        boolean masters) {
    static final TensorSelection ALL =
            new TensorSelection(Optional.empty(), List.of(), List.of(), List.of(), List.of(), false);

    /** The prefix of the averaged model's tensors in checkpoints of ema-pytorch and nitrous-ema. */
    private static final String EMA_MODEL = "ema_model.";

    /** The tensors that those two and pytorch-posthoc-ema store of their own. */
    private static final Set<String> TRACKER_STATE = Set.of("initted", "step");

    private static final int MOST_NAMED = 5;

    TensorSelection {
        averages = List.copyOf(averages);
        exclude = List.copyOf(exclude);
        buffers = List.copyOf(buffers);
        parameters = List.copyOf(parameters);
    }

    /** The same tensors, as an optimizer keeps them. */
    TensorSelection ofMasters() {
        return new TensorSelection(prefix, averages, exclude, buffers, parameters, true);
    }

    /** The file with only the tensors that count. */
    WeightFile of(WeightFile file) {
        List<Tensor> selected = new ArrayList<>();
        boolean wrapped = prefix.isEmpty() && isTracker(file);
        String begin = begin(file);
        Set<String> scales = Lora.scales(file.tensors());
        List<Tensor> below = file.tensors().stream()
                .filter(tensor -> tensor.name().startsWith(begin))
                .toList();
        NotAveraged kinds = new NotAveraged(below);
        for (Tensor tensor : below) {
            if (wrapped && TRACKER_STATE.contains(tensor.name())) continue;
            String name = tensor.name().substring(begin.length());
            if (name.isEmpty() || exclude.stream().anyMatch(p -> p.matches(name))) continue;
            boolean buffer = scales.contains(tensor.name())
                    || isOfNewest(name)
                    || kinds.isOfNewest(tensor.name()) && parameters.stream().noneMatch(p -> p.matches(name));
            selected.add(tensor.as(name, buffer ? Tensor.TensorRole.BUFFER : tensor.role()));
        }
        return selected.equals(file.tensors()) ? file : file.with(selected);
    }

    /** What is taken off all names: the prefix, or where none is stated what wraps the whole model. */
    private String begin(WeightFile file) {
        if (prefix.isPresent()) return prefix.get();
        if (!isTracker(file)) return WeightGroups.wrappers(names(file));
        return file.tensors().stream().anyMatch(t -> t.name().startsWith(EMA_MODEL)) ? EMA_MODEL : "";
    }

    /**
     * Why no average of this file's tensors would be one of its weights, as the end of a sentence; empty where nothing
     * speaks against it.
     *
     * @param selected what this selection makes of the file
     */
    Optional<String> objection(WeightFile file, WeightFile selected) {
        NotAveraged kinds = new NotAveraged(file.tensors());
        if (prefix.isEmpty()) {
            List<String> groups = new NotAveraged(selected.tensors()).groups();
            if (!groups.isEmpty()
                    && file.tensor(WeightGroups.MMENGINE + "steps").isPresent())
                return Optional.of("holds mmengine's average as `state_dict.*`, and the raw weights as `"
                        + WeightGroups.MMENGINE + "*`, whose tensors are not the same; choose one in "
                        + Manifest.FILE_NAME + ", with `prefix: '" + WeightGroups.MMENGINE
                        + "'` and `profile: impulse`, or with `prefix: 'state_dict.'` and the average's profile, such"
                        + " as `profile: 'ema:0.9998,warmup=none'`");
            if (!groups.isEmpty())
                return Optional.of("holds weights more than once, and `" + groups.getFirst()
                        + ".*` is an average or stands beside one, so not all have one profile; choose which in "
                        + Manifest.FILE_NAME + ", with `prefix: '" + groups.getFirst()
                        + ".'` and the profile that these have, or another prefix, or name several with their profiles"
                        + " under averages; or with `exclude: [" + excluded(groups)
                        + "]` and `profile: impulse` for the raw weights beside it; or with `prefix: ''` if all are of"
                        + " one network");
        }
        String begin = begin(file);
        for (Tensor tensor : selected.tensors()) {
            if (tensor.role() == Tensor.TensorRole.BUFFER || overrules(tensor)) continue;
            Optional<String> scale = kinds.scale(tensor.as(begin + tensor.name(), tensor.role()));
            if (scale.isPresent())
                return Optional.of("holds quantised weights: `" + tensor.name() + "` (" + tensor.dtype()
                        + ") means nothing without `" + scale.get()
                        + "`, so that its elements cannot be averaged; save the weights dequantised, as bf16 or f32,"
                        + " or list the tensor under exclude or buffers in " + Manifest.FILE_NAME);
        }
        return Optional.empty();
    }

    private static String excluded(List<String> groups) {
        return groups.stream().map(group -> "'" + group + ".*'").collect(Collectors.joining(", "));
    }

    /** Whether the manifest has a tensor averaged whatever it looks like. */
    boolean overrules(Tensor tensor) {
        return overrules(tensor.name());
    }

    boolean overrules(String tensor) {
        return parameters.stream().anyMatch(p -> p.matches(tensor));
    }

    /** What the selection takes from the newest file although it may look like weights; one sentence each. */
    List<String> notices(WeightFile selected) {
        return Stream.of(noticeOfTypes(selected), noticeOfEightBits(selected), noticeOfNames(selected))
                .flatMap(Optional::stream)
                .toList();
    }

    private static Optional<String> noticeOfTypes(WeightFile selected) {
        List<Tensor> newest =
                selected.tensors().stream().filter(NotAveraged::isNotComputed).toList();
        return newest.isEmpty()
                ? Optional.empty()
                : Optional.of(newest.size() + (newest.size() == 1 ? " tensor is" : " tensors are")
                        + " taken from the newest file, not averaged, for "
                        + (newest.size() == 1 ? "its element type" : "their element types") + ": such as "
                        + newest.getFirst().name() + ", " + newest.getFirst().dtype()
                        + ". Weights that are to be averaged must be stored as f32, f16, bf16, or 8 bits of E4M3 or"
                        + " E5M2.");
    }

    private static Optional<String> noticeOfEightBits(WeightFile selected) {
        List<Tensor> coarse = selected.tensors().stream()
                .filter(t -> t.isFloatingParameter() && t.dtype().bytes() == 1)
                .toList();
        return coarse.isEmpty()
                ? Optional.empty()
                : Optional.of(coarse.size() + (coarse.size() == 1 ? " tensor is" : " tensors are")
                        + " of 8 bits without a scale, such as "
                        + coarse.getFirst().name() + ", "
                        + coarse.getFirst().dtype() + ": averaged as they are, but rounding them costs more than any"
                        + " fit; write averages with --dtype bf16 or f32.");
    }

    private Optional<String> noticeOfNames(WeightFile selected) {
        NotAveraged kinds = new NotAveraged(selected.tensors());
        List<String> newest = selected.tensors().stream()
                .filter(t -> t.role() == Tensor.TensorRole.BUFFER && t.dtype().isFloating())
                .map(Tensor::name)
                .filter(kinds::isOfNewest)
                .toList();
        return newest.isEmpty()
                ? Optional.empty()
                : Optional.of(newest.size() + (newest.size() == 1 ? " tensor is" : " tensors are")
                        + " taken from the newest file, not averaged: statistics and vectors of"
                        + " normalization, queues, noise, or state of the training job, such as " + newest.getFirst()
                        + ". List what shall be averaged all the same under parameters in " + Manifest.FILE_NAME + ".");
    }

    /** Whether the user has a tensor come from the newest file, so that it may be another in each. */
    boolean isOfNewest(String name) {
        return buffers.stream().anyMatch(pattern -> pattern.matches(name));
    }

    /** What the user named that a file does not hold; one sentence each. */
    List<String> unmatched(WeightFile file) {
        if (exclude.isEmpty() && buffers.isEmpty() && parameters.isEmpty()) return List.of();
        List<String> excludable =
                names(new TensorSelection(prefix, averages, List.of(), List.of(), List.of(), masters).of(file));
        List<String> names = names(of(file));
        List<String> sentences = new ArrayList<>();
        for (NamePattern pattern : exclude)
            unmatched("exclude", pattern, excludable).ifPresent(sentences::add);
        for (NamePattern pattern : buffers) unmatched("buffers", pattern, names).ifPresent(sentences::add);
        for (NamePattern pattern : parameters)
            unmatched("parameters", pattern, names).ifPresent(sentences::add);
        return sentences;
    }

    private static List<String> names(WeightFile file) {
        return file.tensors().stream().map(Tensor::name).toList();
    }

    private static Optional<String> unmatched(String key, NamePattern pattern, Collection<String> names) {
        return names.stream().anyMatch(pattern::matches)
                ? Optional.empty()
                : Optional.of("`" + pattern.text() + "` under " + key + " in " + Manifest.FILE_NAME
                        + " matches no tensor"
                        + pattern.nearest(names)
                                .map(near -> "; did you mean `" + near + "`?")
                                .orElse("."));
    }

    /** Why a file has none of the tensors that count, as the end of a sentence. */
    String emptiness(WeightFile file) {
        if (file.tensors().isEmpty())
            return "holds no tensors"
                    + WeightFiles.numpyArrays(file)
                            .map(arrays -> " but arrays of NumPy, " + arrays + ", which are not read: save them as"
                                    + " tensors, with torch.from_numpy")
                            .orElse("");
        List<String> names = names(file);
        return prefix.filter(begin -> names.stream().noneMatch(name -> name.startsWith(begin)))
                .map(begin -> "holds no tensor whose name begins with `" + begin + "`, the prefix in "
                        + Manifest.FILE_NAME + "; its names begin with "
                        + names.stream()
                                .map(name -> "`" + name.replaceFirst("\\..*", ".") + "`")
                                .distinct()
                                .sorted()
                                .limit(MOST_NAMED)
                                .collect(Collectors.joining(", "))
                        + (begin.startsWith("optimizer.")
                                ? "; an optimizer's weights are had with `group: " + WeightFiles.MASTERS + "`"
                                : ""))
                .orElse("holds none of the tensors that are wanted");
    }

    /**
     * Whether the selection from two files is known to be the same without a look at their tensors, of which there may
     * be many.
     */
    boolean sameOf(WeightFile file, WeightFile other) {
        return file.tensors() == other.tensors() && isTracker(file) == isTracker(other);
    }

    private static boolean isTracker(WeightFile file) {
        return IndexedName.matches(String.valueOf(file.path().getFileName()));
    }
}
