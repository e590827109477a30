package phema.catalog;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Knows the words by which trainers call averages of weights: in the names of tensors, where a word is all that stands
 * between two dots, and in those of files and folders. Within a word of other letters none counts: {@code schema},
 * {@code avgpool}.
 */
final class AverageWords {
    private static final String EMA =
            "(?:.*[^a-z])?(?:(?:p|ph|g)?emas?|ema_?(?:model|weight|param)s?|ema_?only)(?:[^a-z].*)?";

    /** The form of words that nothing but an average is called by: {@code ema_0.99}, {@code modelEMA}. */
    private static final Pattern SURE = Pattern.compile("(?i:" + EMA + ")|.*[a-z]EMA(?:[^a-z].*)?|EMA[A-Z].*");

    /** The words that some module of a model may be called by as well. */
    private static final String OTHERS =
            "(?:.*[^a-z])?(?:swa|avg|averaged?|moving_?average|polyak|shadow|teacher)(?:[^a-z].*)?";

    private static final Pattern OTHER =
            Pattern.compile("(?:" + OTHERS + "|momentum_.*|.*_momentum)", Pattern.CASE_INSENSITIVE);

    /** The copies that a network's own targets come from: averages, or copied every so often. */
    private static final String TARGETS =
            "(?:.*[^a-z])?target(?:[-_]?(?:models?|net|network|unet|encoder|critic|policy))?";

    private static final Pattern TARGET = Pattern.compile(TARGETS + "(?:[^a-z]*)", Pattern.CASE_INSENSITIVE);

    /** The word of Lightning for what its average has counted. */
    static final String COUNTER = "averaging_state";

    /** The words of trainers, also for raw weights beside averages, which count whatever lies below them. */
    private static final Pattern KNOWN = Pattern.compile("(?i)((?:(?:state_dict|module|state)\\.)?(?:(?:\\w+_)?ema"
            + "(?:_(?:model|net|network|unet|generator|state|state_dict|weights|params|parameters))?"
            + "|averaged_model|average_model|model_avg|swa_model|swa_state_dict|" + COUNTER + "|target_encoder"
            + "|teacher|shadow_params|current_model_state|online_model)"
            + "|state\\.algorithms\\.\\d+\\.\\d+\\.ema_model)\\..*");

    private static final Pattern FILE =
            Pattern.compile("(?:" + EMA + "|" + OTHERS + "|" + TARGETS + "[^a-z]*)", Pattern.CASE_INSENSITIVE);

    /** The words that are averages right before a file's number, and anything elsewhere: {@code slow_r50_100}. */
    private static final Pattern BEFORE_NUMBER = Pattern.compile(
            "(?:.*[^a-z])?(?:lawa|soups?|means?|s?ma|wavg|ave|slow|bma|smoothed|key_?encoder)"
                    + "(?:[-_.]?(?:steps?|iters?|epochs?|ep|checkpoint|ckpt|models?|weights?))?[^a-z]*",
            Pattern.CASE_INSENSITIVE);

    /** The words of folders that say nothing of a run but where its files lie, or which network they are of. */
    private static final String PLACE = "(?:checkpoints?|ckpts?|weights?|models?|snapshots?|saves?|params?|nets?"
            + "|network|unet|transformer|generator|g|only)";

    private static final Pattern PLACES = Pattern.compile(PLACE + "(?:[-_.]?" + PLACE + ")*", Pattern.CASE_INSENSITIVE);

    /** The names of folders that hold averages only: not those of runs, which may be called after an average. */
    private static final Pattern FOLDER = Pattern.compile(
            "(?:" + PLACE + "[-_.])*(?:emas?|swa|avg|averages?|averaged|polyak|shadow|teacher)(?:[-_.]?(?:" + PLACE
                    + "|0\\.\\d+))*",
            Pattern.CASE_INSENSITIVE);

    /** The names of folders, of runs or projects, that speak of an average: {@code dit-with-ema}, {@code run1_avg}. */
    private static final Pattern ABOUT = Pattern.compile(
            "(?:.*[^a-z])?(?:(?:emas?|swa|polyak)(?:[^a-z].*)?|(?:avg|averages?|averaged|shadow|teacher)[^a-z]*)",
            Pattern.CASE_INSENSITIVE);

    private static final Pattern DECAY = Pattern.compile(
            "(?:ema|swa|avg|average|polyak|shadow|teacher|target).*?(0\\.9\\d*)", Pattern.CASE_INSENSITIVE);

    /** The part of a word that says it is an average, and which: what is left is what the raw weights are called. */
    private static final Pattern PART = Pattern.compile(
            "(?i)(?<![a-z])(?:emas?|swa|avg|averaged?|moving_?average|polyak|shadow|teacher|momentum|target)(?![a-z])"
                    + "(?:[-_]?\\d[\\d.p]*)?");

    private AverageWords() {}

    /** The place where a tensor lies, by its name, if trainers have averages there, or raw weights beside them. */
    static Optional<String> known(String tensor) {
        Matcher known = KNOWN.matcher(tensor);
        return known.matches() ? Optional.of(known.group(1)) : Optional.empty();
    }

    /** Whether all that lies below this word is an average, wherever a whole network may lie. */
    static boolean isSure(String word) {
        return SURE.matcher(word).matches();
    }

    /** Whether it is one where it holds what another word beside it holds as well. */
    static boolean isLikely(String word) {
        return OTHER.matcher(word).matches();
    }

    /** Whether it is one where it is all that a file holds. */
    static boolean isAverageAlone(String word) {
        return isSure(word) || isLikely(word) || TARGET.matcher(word).matches() || word.equalsIgnoreCase(COUNTER);
    }

    /** Whether a file holds an average by its name, or what stands in it before a number. */
    static boolean isInFileName(String name) {
        return FILE.matcher(name).matches()
                || SURE.matcher(name).matches()
                || BEFORE_NUMBER.matcher(name).matches();
    }

    /** Whether all files in a folder of this name are averages. */
    static boolean isFolder(String name) {
        return FOLDER.matcher(name).matches();
    }

    /** Whether the name of a folder speaks of an average, which its files may or may not be. */
    static boolean isAbout(String name) {
        return ABOUT.matcher(name).matches();
    }

    /** Whether the name of a folder says nothing of the run in it, so that what is above it does. */
    static boolean isPlace(String name) {
        return PLACES.matcher(name).matches();
    }

    /** The decay that a name states. */
    static Optional<String> decay(String name) {
        Matcher decay = DECAY.matcher(name);
        return decay.find() ? Optional.of(decay.group(1)) : Optional.empty();
    }

    /** What the raw weights are called beside such an average: {@code unet} for {@code unet_ema_0.99}; may be empty. */
    static String withoutAverage(String word) {
        return PART.matcher(word)
                .replaceFirst("")
                .replaceAll("^[-_.]+|[-_.]+$", "")
                .replaceAll("([-_])[-_]+", "$1");
    }
}
