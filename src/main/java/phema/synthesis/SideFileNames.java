package phema.synthesis;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Tells by their names and sizes which files of a checkpoint's folder say what the model is, for whoever loads it:
 * configurations, tokenizers; from weights, and from what only the training job reads.
 */
final class SideFileNames {
    /** The names that loaders are known to look for, whatever its size. */
    private static final Pattern KNOWN = Pattern.compile("(?:.+_)?config\\.json|\\.metadata\\.json"
            + "|modules\\.json|chat_template\\..+"
            + "|tokenizer[^/]*\\.(?:json|model|txt)|special_tokens_map\\.json|added_tokens\\.json"
            + "|vocab[^/]*\\.(?:json|txt)|merges\\.txt|spiece\\.model|sentencepiece[^/]*\\.model"
            + "|(?:modeling|configuration|tokenization)_.+\\.py"
            + "|(?:[^.].*[-_.])?(?:config|args|params|hparams|hyperparameters)\\.(?:json|ya?ml|toml|txt|py)");

    /** The names of what says something in words, where they say nothing else. */
    private static final Pattern TEXT = Pattern.compile("[^.].*\\.(?:json|ya?ml|toml|txt|model)");

    /** The words for what a training job keeps for itself, writes down or goes on with. */
    private static final Pattern OF_TRAINING = Pattern.compile("(?i)(?:.*[-_.])?(?:optim\\w*|sched\\w*|rng|random"
            + "|states?|progress|logs?|logging|metrics?|results?|loss(?:es)?|history|evals?|evaluation|samples?|runs?"
            + "|wandb|events?|stats|data(?:sets?|loaders?)?|timings?|memory|profilers?|latest|steps?|iter\\w*|epochs?"
            + "|index|checkpoints?)"
            + "(?:[-_.].*)?");

    /** The most bytes of a text. */
    static final long SMALL = 1 << 20;

    private SideFileNames() {}

    /** Whether loaders are known to look for a file of this name. */
    static boolean isKnown(String name) {
        return KNOWN.matcher(name).matches();
    }

    private static boolean isWanted(String name, long size) {
        return isKnown(name)
                || size <= SMALL
                        && TEXT.matcher(name).matches()
                        && !OF_TRAINING.matcher(name).matches();
    }

    /**
     * Chooses from a checkpoint's files: those beside its weights and directly in its folder, and folders in which
     * nothing else lies.
     *
     * @param sizes by the paths in the checkpoint's folder, of all that lies there
     * @param places of the weights: empty, or with a slash at its end
     */
    static List<String> wanted(Map<String, Long> sizes, Collection<String> places) {
        Set<String> mixed = new HashSet<>();
        sizes.forEach((path, size) -> {
            String top = path.substring(0, path.indexOf('/') + 1);
            if (!isWanted(name(path), size)
                    || OF_TRAINING.matcher(top.replace("/", "")).matches() && !isKnown(name(path))) mixed.add(top);
        });
        return sizes.entrySet().stream()
                .filter(file -> {
                    String path = file.getKey();
                    String folder = path.substring(0, path.lastIndexOf('/') + 1);
                    String top = path.substring(0, path.indexOf('/') + 1);
                    return folder.isEmpty() || places.contains(folder)
                            ? isWanted(name(path), file.getValue())
                            : !mixed.contains(top) && places.stream().noneMatch(place -> place.startsWith(top));
                })
                .map(Map.Entry::getKey)
                .sorted()
                .toList();
    }

    private static String name(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }
}
