package phema.synthesis;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Tells by their names which files of a checkpoint's folder say what the model is, for whoever loads it:
 * configurations, tokenizers; from weights, and from what only the training job reads.
 */
final class SideFileNames {
    /** What loaders are known to look for. */
    private static final Pattern KNOWN = Pattern.compile("(?:.+_)?config\\.json|model_config\\.yaml"
            + "|hyperparameters\\.yaml|modules\\.json|chat_template\\..+"
            + "|tokenizer[^/]*\\.(?:json|model|txt)|special_tokens_map\\.json|added_tokens\\.json"
            + "|vocab[^/]*\\.(?:json|txt)|merges\\.txt|spiece\\.model|sentencepiece[^/]*\\.model"
            + "|(?:modeling|configuration|tokenization)_.+\\.py");

    /** The most bytes of a file that is kept in memory. */
    static final long SMALL = 1 << 20;

    private SideFileNames() {}

    /** Whether loaders are known to look for a file of this name. */
    static boolean isKnown(String name) {
        return KNOWN.matcher(name).matches();
    }

    /**
     * Chooses from a checkpoint's files: those beside its weights and directly in its folder.
     *
     * @param sizes by the paths in the checkpoint's folder, of all that lies there
     * @param places of the weights: empty, or with a slash at its end
     */
    static List<String> wanted(Map<String, Long> sizes, Collection<String> places) {
        return sizes.keySet().stream()
                .filter(path -> {
                    String folder = path.substring(0, path.lastIndexOf('/') + 1);
                    return (folder.isEmpty() || places.contains(folder)) && isKnown(name(path));
                })
                .sorted()
                .toList();
    }

    private static String name(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }
}
