package phema.catalog;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Names weights within the folder of a checkpoint: a file, or the index of several.
 *
 * @param path from the checkpoint's folder, with slashes
 * @param isThere whether the file is; the index of shards may not be
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

    private static final Pattern EXTENSION =
            Pattern.compile("\\.(?:safetensors|safetensors\\.index\\.json|pkl|pt|pth|pth\\.tar|ckpt|bin)$");

    private static final Pattern SHARD = Pattern.compile("(.*)-\\d{5}-of-\\d{5}\\.safetensors");

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

    private static final int DEPTH = 4;
    private static final int MOST = 2000;

    /** What a checkpoint's folder holds, by {@link #component()}. */
    static SequencedMap<String, WeightsPath> in(Path checkpoint) {
        SortedSet<String> found = new TreeSet<>();
        try {
            Files.walkFileTree(checkpoint, Set.of(), DEPTH, new SimpleFileVisitor<>() {
                private int seen;

                @Override
                public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                    String name = String.valueOf(folder.getFileName());
                    return !folder.equals(checkpoint)
                                    && (name.startsWith(".") || name.equals("__MACOSX") || STATE_FOLDERS.contains(name))
                            ? FileVisitResult.SKIP_SUBTREE
                            : FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                    String name = String.valueOf(file.getFileName());
                    if (mayBeWeights(name))
                        found.add(checkpoint.relativize(file).toString().replace('\\', '/'));
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
        for (String path : found) {
            Matcher shard = SHARD.matcher(path);
            String index = shard.matches() ? shard.group(1) + ".safetensors.index.json" : path;
            if (shard.matches() && found.contains(index)) continue;
            WeightsPath one = new WeightsPath(index, found.contains(index));
            weights.merge(one.component(), one, (first, other) -> other.isSafetensors() ? other : first);
        }
        return weights;
    }

    /** Whether a file may hold weights of a checkpoint, by its name. */
    static boolean mayBeWeights(String name) {
        return name.equals(".metadata")
                || name.equals("__0.metadata")
                || Recognition.mayBeSnapshot(name)
                        && !LeftOut.isState(name)
                        && !NO_WEIGHTS.matcher(name).matches();
    }

    private boolean isSafetensors() {
        return path.endsWith(".safetensors") || path.endsWith(".safetensors.index.json");
    }

    /** The path without what only says how the weights are stored. */
    String component() {
        return EXTENSION.matcher(path).replaceFirst("");
    }

    /** Whether weights are an average by where they lie. */
    static boolean isAverage(String component) {
        return AVERAGE.matcher(component).find() || component.endsWith("/ema") || component.equals("ema");
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
