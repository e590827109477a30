package phema.catalog;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds the numbers in a checkpoint's name that a word says the meaning of: what they count, {@code step=400}, or what
 * was measured or seen by then, {@code val_loss=0.43}, which differs from one checkpoint to the next and is no time.
 *
 * @param word for what is counted, in lower case; empty where the number measures
 * @param from where the words for what is measured begin; where the number does, of others
 */
record NamedNumber(String word, int from, int start, int end) {
    /** The form of a whole number, as some write them with commas. */
    static final String WHOLE = "(?:\\d{1,3}(?:,\\d{3})+|\\d{1,15})";

    /** The form of numbers with an exponent, {@code 1.0e+05}, as far as no other reading is likely. */
    static final String EXPONENTIAL =
            "(?:\\d{1,9}(?:\\.\\d{1,9})?[eE]\\+|\\d{1,9}\\.\\d{1,9}[eE])(?:0?\\d|1[0-2])(?!\\d)";

    /** The form of thousands and millions, {@code 900k}, {@code 1.0M}. */
    static final String MAGNITUDE = "(?:" + WHOLE + "|\\d{1,9}\\.\\d{1,9})[kKmM](?![A-Za-z\\d])";

    /**
     * The words behind the number of a file: {@code 5epoch.pth} of espnet, {@code model_1000_steps.pt}. Not epochs, of
     * which {@code net_10epochs.pth} was trained in all.
     */
    static final String BEHIND = "[-_]?(epoch|steps?|iters?|iterations?)";

    private static final Pattern COUNTED = Pattern.compile(
            "(?<![A-Za-z])(global[-_]?step|step|iter|iteration|ba|checkpoint|ckpt|epoch|ep)s?[-_=]?(" + EXPONENTIAL
                    + "|" + MAGNITUDE + "|" + WHOLE + "(?!\\d|[.,]\\d|[eE]\\+\\d))",
            Pattern.CASE_INSENSITIVE);
    private static final Pattern COUNTED_BEHIND = Pattern.compile(
            "(?<![\\d.,])(" + WHOLE + ")" + BEHIND + "(?![A-Za-z]|[-_=]?\\d)", Pattern.CASE_INSENSITIVE);

    /** The form of GPT-SoVITS, {@code NAME_e8_s120.pth}. */
    private static final Pattern EPOCH_AND_STEP =
            Pattern.compile("(?<![A-Za-z])e(\\d{1,9})[-_]s(\\d{1,15})(?![A-Za-z\\d.])");

    private static final Pattern MAGNITUDES = Pattern.compile("(?<![A-Za-z\\d.,])" + MAGNITUDE);

    private static final String MEASURE = "(?:loss|acc|accuracy|score|fid|psnr|ssim|lpips|mse|mae|rmse|m?iou|dice|f1"
            + "|auc|auroc|m?ap|bleu|rouge|wer|cer|ppl|perplexity|nll|bp[bc]|elbo|kl|kid|err|error|metric|reward|return"
            + "|recall|precision|corr|grad_norm)";
    private static final String OF_WHAT =
            "(?:(?:val|valid|validation|eval|test|train|dev|mean|avg|average|total|best|min|max)[-_/@]?)";
    private static final String ALONE = "(?:val|valid|validation|eval|test)";
    private static final String VALUE = "[-+]?(?:\\d+(?:\\.\\d+)?(?:e[-+]?\\d+)?|nan|inf)";

    /** The forms in which names say what was measured; whole numbers need a word that means nothing else. */
    private static final List<Pattern> MEASURED = List.of(
            Pattern.compile("(?<![A-Za-z])[A-Za-z][\\w/@]*=(" + VALUE + ")(?![\\d.]*\\d)", Pattern.CASE_INSENSITIVE),
            Pattern.compile(
                    "(?<![A-Za-z])(?:" + OF_WHAT + "*" + MEASURE + "|" + ALONE + ")(?:@\\d+|_top\\d)?[-_]?"
                            + "([-+]?\\d+(?:(?:\\.\\d+)?e[-+]?\\d+|\\.\\d+))(?!\\d)",
                    Pattern.CASE_INSENSITIVE),
            Pattern.compile(
                    "(?<![A-Za-z])" + OF_WHAT + "*(?:loss|acc|accuracy|score|fid|ppl)[-_]?(\\d+)(?![.,]?\\d)",
                    Pattern.CASE_INSENSITIVE),
            Pattern.compile(
                    "(?<![A-Za-z])(?:consumed_?|seen_?)?(?:tokens|samples|images|examples)[-_=]?"
                            + "(\\d+(?:\\.\\d+)?[KMBT]?)(?![A-Za-z\\d])",
                    Pattern.CASE_INSENSITIVE));

    /** The form of a hash at the end of a name, {@code step-1200-0a3f9c}: of letters and digits. */
    private static final Pattern HASH = Pattern.compile("(?<=[-_])(?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{6,40}$");

    private static final Pattern WORD_OF_MEASURE = Pattern.compile(
            "(?:.*[^A-Za-z])?(?:" + MEASURE + "|" + ALONE + "|tokens|samples|images|examples)(?:[^A-Za-z].*)?",
            Pattern.CASE_INSENSITIVE);

    /** The words that may as well be all that a checkpoint is called by. */
    private static final Set<String> LOOSE = Set.of("checkpoint", "ckpt");

    /** The words of which one is the clock where several are there, the best first. */
    private static final List<String> BEST =
            List.of("step", "iter", "iteration", "ba", "globalstep", "checkpoint", "ckpt", "epoch", "ep");

    /** Those in the name of a file, without its extension, in order. */
    static List<NamedNumber> inFile(String stem) {
        return in(stem, true);
    }

    /** Those in the name of a folder, in order. */
    static List<NamedNumber> inFolder(String name) {
        return in(name, false);
    }

    private static List<NamedNumber> in(String name, boolean file) {
        List<NamedNumber> found = new ArrayList<>();
        Matcher pair = EPOCH_AND_STEP.matcher(name);
        if (pair.find()) {
            found.add(new NamedNumber("epoch", pair.start(1), pair.start(1), pair.end(1)));
            found.add(new NamedNumber("step", pair.start(2), pair.start(2), pair.end(2)));
        }
        for (Matcher m = COUNTED.matcher(name); m.find(); ) add(found, word(m.group(1)), m.start(2), m, 2);
        for (Matcher m = COUNTED_BEHIND.matcher(name); file && m.find(); )
            add(found, word(m.group(2)).replaceFirst("s$", ""), m.start(1), m, 1);
        for (Pattern form : MEASURED)
            for (Matcher m = form.matcher(name); m.find(); )
                if (WORD_OF_MEASURE
                        .matcher(name.substring(m.start(), m.start(1)))
                        .matches()) add(found, "", m.start(), m, 1);
        if (found.stream().anyMatch(one -> one.counts() && !one.countsEpochs()))
            for (Matcher m = HASH.matcher(name); m.find(); ) add(found, "", m.start(), m, 0);
        found.sort((a, b) -> Integer.compare(a.start, b.start));
        return found;
    }

    private static String word(String text) {
        return text.toLowerCase(Locale.ROOT).replaceAll("[-_]", "");
    }

    private static void add(List<NamedNumber> found, String word, int from, Matcher m, int group) {
        NamedNumber one = new NamedNumber(word, from, m.start(group), m.end(group));
        if (found.stream().noneMatch(other -> one.start < other.end && other.start < one.end)) found.add(one);
    }

    boolean measures() {
        return word.isEmpty();
    }

    /** Whether it counts epochs or steps for certain. */
    boolean counts() {
        return !measures() && !LOOSE.contains(word);
    }

    boolean countsEpochs() {
        return word.startsWith("ep");
    }

    boolean isBetterThan(NamedNumber other) {
        return BEST.indexOf(word) < BEST.indexOf(other.word);
    }

    /** A number's value. @param digits with commas or without, a letter for thousands or millions, or an exponent */
    static long value(String digits) {
        String plain = digits.replace(",", "");
        if (plain.indexOf('e') > 0 || plain.indexOf('E') > 0) return new BigDecimal(plain).longValue();
        int last = plain.length() - 1;
        if (Character.isDigit(plain.charAt(last))) return Long.parseLong(plain);
        boolean thousands = Character.toLowerCase(plain.charAt(last)) == 'k';
        return new BigDecimal(plain.substring(0, last))
                .scaleByPowerOfTen(thousands ? 3 : 6)
                .longValue();
    }

    /** Names by what they are but for their one number of thousands or millions, which becomes {@code {time}}. */
    static Map<String, List<String>> byMagnitude(Collection<String> names) {
        Map<String, List<String>> found = new TreeMap<>();
        for (String name : names) {
            List<MatchResult> numbers = MAGNITUDES.matcher(name).results().toList();
            if (numbers.size() != 1) continue;
            MatchResult number = numbers.getFirst();
            String pattern = name.substring(0, number.start()) + "{time}" + name.substring(number.end());
            found.computeIfAbsent(pattern, any -> new ArrayList<>()).add(name);
        }
        return found;
    }

    /** The name without what was measured, whose words may be those of averages. */
    static String withoutMeasures(String name) {
        StringBuilder rest = new StringBuilder(name);
        for (NamedNumber one : inFile(name).reversed()) if (one.measures()) rest.delete(one.from, one.end);
        return rest.toString();
    }
}
