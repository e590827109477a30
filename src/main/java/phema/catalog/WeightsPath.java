package phema.catalog;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.ToIntFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import phema.format.ShardIndexes;
import phema.text.Labels;

/**
 * Names weights within the folder of a checkpoint: a file, or the index of several.
 *
 * @param path from the checkpoint's folder, with slashes
 * @param isThere whether the file, and all others of which it is known, are
 */
record WeightsPath(String path, boolean isThere) {
    /** The places of what is trained, of several weights that a folder holds; the likeliest first. */
    private static final List<Pattern> USUAL = List.of(
            Pattern.compile(
                    "(?:model|pytorch_model|adapter_model|pytorch_lora_weights|lit_model|diffusion_pytorch_model)"),
            Pattern.compile("(?:__0)?\\.metadata"),
            Pattern.compile("(?:unet|transformer|prior|decoder|autoencoderkl|vae|controlnet)"
                    + "/(?:diffusion_pytorch_model|model|pytorch_lora_weights|adapter_model)"),
            Pattern.compile("(?:model|model_and_optim|pytorch_model_fsdp_0)/\\.metadata"),
            Pattern.compile("(?:.*/)?(?:mp_rank_00|zero_pp_rank_0_mp_rank_00)_model_states"));

    private static final Pattern EXTENSION = Pattern.compile(
            "\\.(?:safetensors|bin|pt|pth)(?:\\.index\\.json)?$|\\.(?:index\\.json|pkl|pth\\.tar|ckpt)$");

    private static final Pattern PYTORCH_MODEL = Pattern.compile("(?<=^|/)pytorch_(model(?:_\\d+)?)$");

    private static final Pattern STEP = Pattern.compile("(?<=^|/)global_step\\d+(?=/)");

    /** The parts of a name without its extension that say which of several files it is. */
    private static final Pattern ONE_OF_SEVERAL =
            Pattern.compile("(?<=^|/)shard-\\d{5,}-(?=model-)|-\\d{5,}-of-\\d{5,}$"
                    + "|(?<=^|/)zero_pp_rank_0_(?=mp_rank_00_model_states$)|(?<=^|/)__0(?=\\.metadata$)");

    /** The names of files that hold some of a checkpoint's tensors, as an index says or their names alone. */
    private static final Pattern SHARD = Pattern.compile("(.*)-\\d{5}-of-(\\d{5})(\\.(?:safetensors|bin|pt|pth))");

    /** The names of such files of ColossalAI, of which an index says how many there are. */
    private static final Pattern INDEXED_SHARD = Pattern.compile("(.*)-\\d{5}(\\.(?:safetensors|bin|pt|pth))");

    /** The names of files that hold pieces of tensors, some from each rank; none says how many there are. */
    private static final Pattern PIECES = Pattern.compile("(.*/)?shard-\\d{5,}-model-\\d{5,}-of-\\d{5,}\\.safetensors");

    /** The names of what lies beside weights and is none, or is read with others. */
    private static final Pattern NO_WEIGHTS =
            Pattern.compile(".*_optim_states\\.pt|(?:train|trainer|meta|common|ema_metadata|dataloader.*|rank\\d+)\\.pt"
                    + "|.*pp_rank_(?!0_mp_rank_00_).*_model_states\\.pt|mp_rank_(?!00_).*_model_states\\.pt"
                    + "|.*\\.distcp");

    /** The folders of what trainers keep beside weights. */
    static final Set<String> STATE_FOLDERS =
            Set.of("optim", "optimizer", "optimizers", "optimizer_0", "scheduler", "trainer", "train", "dataloader");

    /** The part of a path by which an average is called one. */
    private static final Pattern AVERAGE = Pattern.compile("(?:^|(?<=/))ema/|[-_]ema(?=/|$)");

    /** The names of what weights are compared with while they are trained, and of a folder of it. */
    private static final Pattern REFERENCE = Pattern.compile(
            "(?:.*/)?ref(?:erence)?(?:[-_](?:model|adapter|policy))?(?:/.*)?", Pattern.CASE_INSENSITIVE);

    /** The file beside each adapter of PEFT. */
    private static final String ADAPTER = "adapter_config.json";

    private static final String INDEX = ".index.json";
    private static final String SAFETENSORS_INDEX = ".safetensors" + INDEX;
    private static final String FIRST_RANK = "__0.metadata";
    private static final Pattern RANK = Pattern.compile("__\\d{1,6}\\.metadata");

    private static final int DEPTH = 4;
    private static final int MOST = 2000;

    /** What a checkpoint's folder holds, by {@link #component()}, or what is the same in other checkpoints. */
    static SequencedMap<String, WeightsPath> in(Path checkpoint) {
        SortedSet<String> found = new TreeSet<>();
        Set<String> distributed = new HashSet<>();
        Set<String> ranks = new HashSet<>();
        Set<String> missing = new HashSet<>();
        SortedSet<String> others = new TreeSet<>();
        try {
            Files.walkFileTree(checkpoint, Set.of(), DEPTH, new SimpleFileVisitor<>() {
                private int seen;

                @Override
                public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                    String name = String.valueOf(folder.getFileName());
                    return !folder.equals(checkpoint)
                                    && (name.startsWith(".") || name.equals("__MACOSX") || isState(folder))
                            ? FileVisitResult.SKIP_SUBTREE
                            : FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                    String name = String.valueOf(file.getFileName());
                    String path = checkpoint.relativize(file).toString().replace('\\', '/');
                    String folder = path.substring(0, path.lastIndexOf('/') + 1);
                    if (mayBeWeights(name)) {
                        found.add(path);
                        if (attributes.isSymbolicLink() && Files.notExists(file)) missing.add(path);
                    } else if (name.endsWith(INDEX) && attributes.isRegularFile()) others.add(path);
                    if (RANK.matcher(name).matches()) ranks.add(folder);
                    if (name.endsWith(".distcp")) distributed.add(folder);
                    return ++seen < MOST ? FileVisitResult.CONTINUE : FileVisitResult.TERMINATE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path file, IOException e) { // nothing that can be read
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) { // one that has just gone
            return new LinkedHashMap<>();
        }
        SequencedMap<String, WeightsPath> weights = new LinkedHashMap<>();
        for (String folder : distributed)
            if (!found.contains(folder + ".metadata") && !found.contains(folder + FIRST_RANK))
                missing.add(folder + (ranks.contains(folder) ? FIRST_RANK : ".metadata"));
        found.addAll(missing);
        for (String index : others) addIndex(checkpoint, index, found);
        Set<String> numbered = new HashSet<>();
        for (String path : found) {
            Matcher shard = SHARD.matcher(path);
            if (shard.matches()) numbered.add(shard.group(1) + shard.group(3) + INDEX);
        }
        for (String path : found) {
            Matcher shard = SHARD.matcher(path);
            if (shard.matches() && !isOfPieces(path)) {
                if (!found.contains(shard.group(1) + SAFETENSORS_INDEX)) add(weights, ofShards(shard, found));
            } else if (!isIndexedShard(path, found) && (path.endsWith(SAFETENSORS_INDEX) || !numbered.contains(path)))
                add(weights, new WeightsPath(path, !missing.contains(path)));
        }
        return byCommonNames(weights);
    }

    /** Whether a folder below a checkpoint's holds what trainers keep beside weights: no adapter that is called so. */
    private static boolean isState(Path folder) {
        return STATE_FOLDERS.contains(String.valueOf(folder.getFileName())) && Files.notExists(folder.resolve(ADAPTER));
    }

    /** The same by what is alike in all checkpoints, where no two of this one are. */
    private static SequencedMap<String, WeightsPath> byCommonNames(SequencedMap<String, WeightsPath> weights) {
        Map<String, Long> alike = weights.keySet().stream().collect(groupingBy(WeightsPath::commonName, counting()));
        SequencedMap<String, WeightsPath> all = new LinkedHashMap<>();
        weights.forEach((component, path) -> {
            String name = commonName(component);
            all.put(alike.getOrDefault(name, 0L) == 1 ? name : component, path);
        });
        return all;
    }

    /**
     * Without what a name counts and measures, as in {@code epoch=3-val/loss=0.43.ckpt}, and with one word for what is
     * {@code pytorch_model.bin} in older checkpoints of Hugging Face and {@code model.safetensors} in newer ones.
     */
    private static String commonName(String component) {
        return PYTORCH_MODEL
                .matcher(withNumbers(component, "N", NamedNumber::from))
                .replaceFirst("$1");
    }

    /** A path with something for the numbers of its file's name that say what is counted, or was measured. */
    private static String withNumbers(String path, String by, ToIntFunction<NamedNumber> begin) {
        int name = path.lastIndexOf('/') + 1;
        StringBuilder text = new StringBuilder(path);
        for (NamedNumber one : NamedNumber.inFile(path.substring(name)).reversed())
            text.replace(name + begin.applyAsInt(one), name + one.end(), by);
        return text.toString();
    }

    /** Of an index under a name of its own: instead of files whose names do not say that they belong together. */
    private static void addIndex(Path checkpoint, String index, Set<String> found) {
        String folder = index.substring(0, index.lastIndexOf('/') + 1);
        List<String> listed = ShardIndexes.listed(checkpoint.resolve(index)).stream()
                .map(name -> folder + name)
                .filter(path -> found.contains(path) && !SHARD.matcher(path).matches() && !isIndexedShard(path, found))
                .toList();
        if (listed.size() < 2) return;
        found.removeAll(Set.copyOf(listed));
        found.add(index);
    }

    /** Whether an index stands for a file, as their names say. */
    static boolean isIndexedShard(String path, Collection<String> found) {
        Matcher shard = INDEXED_SHARD.matcher(path);
        return shard.matches() && found.contains(shard.group(1) + shard.group(2) + INDEX);
    }

    /** Of two that are stored otherwise, safetensors; and of several files the first stands for all. */
    private static void add(Map<String, WeightsPath> weights, WeightsPath one) {
        weights.merge(
                one.component(), one, (first, other) -> other.isSafetensors() && !other.isShard() ? other : first);
    }

    /** Shards without an index: their names say how many there are. */
    private static WeightsPath ofShards(Matcher shard, Set<String> found) {
        String ending = "-of-" + shard.group(2) + shard.group(3);
        int count = Integer.parseInt(shard.group(2));
        boolean all = IntStream.rangeClosed(1, count)
                .allMatch(i -> found.contains("%s-%05d%s".formatted(shard.group(1), i, ending)));
        return new WeightsPath(shard.group(1) + "-00001" + ending, all);
    }

    /** Whether a file's name says that it is one of several that hold a checkpoint. */
    static boolean isOfSeveral(String name) {
        return isWhole(name) || name.contains("-of-") && SHARD.matcher(name).matches();
    }

    /** Whether a file stands for all of a checkpoint's by its name. */
    static boolean isWhole(String name) {
        return name.endsWith(INDEX) || name.endsWith(".metadata") || name.endsWith("_model_states.pt");
    }

    /** The file whose name an index has; the same for what is none. */
    static String withoutIndex(String path) {
        return path.endsWith(INDEX) ? path.substring(0, path.length() - INDEX.length()) : path;
    }

    /** Whether a file holds pieces of which none says how many there are. */
    static boolean isOfPieces(String name) {
        return name.contains("shard-") && PIECES.matcher(name).matches();
    }

    private boolean isShard() {
        return SHARD.matcher(path).matches();
    }

    /** Whether a file is missing that would stand for others of its folder, which are there. */
    static boolean isExpected(Path file) {
        Path folder = file.getParent();
        String name = String.valueOf(file.getFileName());
        return folder != null
                && isOfSeveral(name)
                && in(folder).values().stream()
                        .anyMatch(one -> !one.isThere() && one.path().equals(name)
                                || name.endsWith(SAFETENSORS_INDEX)
                                        && one.isShard()
                                        && one.component().equals(name.replace(SAFETENSORS_INDEX, "")));
    }

    /** Whether a file may hold weights of a checkpoint, by its name. */
    static boolean mayBeWeights(String name) {
        return name.equals(".metadata")
                || name.equals(FIRST_RANK)
                || Recognition.mayBeSnapshot(name)
                        && !LeftOut.isState(name)
                        && !NO_WEIGHTS.matcher(name).matches();
    }

    private boolean isSafetensors() {
        return path.endsWith(".safetensors") || path.endsWith(SAFETENSORS_INDEX);
    }

    /** The path as a manifest's pattern has it: the Trainer of Hugging Face has DeepSpeed's step once more in it. */
    String pattern() {
        return STEP.matcher(path).replaceFirst("global_step*");
    }

    /** The same of what {@link #in} has under a name. */
    String pattern(String name) {
        if (name.equals(component())) return pattern();
        String stem = EXTENSION.matcher(pattern()).replaceFirst("");
        return withNumbers(stem, "*", NamedNumber::start) + pattern().substring(stem.length());
    }

    /** A manifest's pattern of files like one of a run, by its path from the run's folder; where none is, that. */
    static String pattern(String path, double time) {
        Optional<String> folder = CheckpointName.ofFolder(path).map(CheckpointName::pattern);
        if (folder.isPresent())
            return folder.get() + "/" + new WeightsPath(path.substring(path.indexOf('/') + 1), true).pattern();
        return Pattern.compile("(?<!\\d)0*" + Labels.plain(time) + "(?!\\d)")
                .matcher(path)
                .replaceFirst("{time}");
    }

    /** The path without what only says how the weights are stored, and when. */
    String component() {
        return ONE_OF_SEVERAL
                .matcher(EXTENSION.matcher(pattern()).replaceFirst(""))
                .replaceAll("");
    }

    /** Whether weights are an average by where they lie. */
    static boolean isAverage(String component) {
        return Stream.of(component.split("/")).anyMatch(AverageWords::isInFileName);
    }

    /** Whether weights are those that training only compares with, by where they lie. */
    static boolean isReference(String component) {
        return REFERENCE.matcher(component).matches();
    }

    /** Where the weights are that an average is of. */
    static String averaged(String average) {
        return AVERAGE.matcher(average).replaceAll("");
    }

    /** The likeliest of several to be what is trained; empty where none is at a known place. */
    static Optional<String> usual(List<String> components) {
        for (Pattern place : USUAL)
            for (String component : components) if (place.matcher(component).matches()) return Optional.of(component);
        return Optional.empty();
    }
}
