package phema.catalog;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toList;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Reads the name of a numbered checkpoint: {@code step-00016384.safetensors}, {@code model_000123.pt};
 * {@code NAME-000010.safetensors} (epochs) and {@code NAME-step00001000.safetensors} of sd-scripts and musubi-tuner;
 * {@code epoch=07-val_loss=0.43.ckpt} of Lightning. At least three digits, or a word for what is counted, so that
 * {@code sd-v1-4.ckpt} is none.
 *
 * @param prefix all before the number, with N for other numbers that count or measure
 * @param rest all behind it, without the extension, in the same way
 * @param counted what says what is counted: the word for it, or all before the number
 * @param pattern of a manifest that such names match
 */
record NumberedName(String fileName, String prefix, String rest, String counted, long number, String pattern) {
    private static final String EXTENSION = "\\.((?:safetensors|bin|pt|pth)(?:\\.index\\.json)?|pth\\.tar|ckpt)";
    private static final Pattern LAST = Pattern.compile("(.*)" + EXTENSION);

    /** The form of a name; of composer's, every rank but the first holds no weights. */
    private static final Pattern NAME = Pattern.compile("((?![.]).*?)((?<=ep\\d{1,9}-ba\\d{1,15})-rank0)?" + EXTENSION);

    /** The stand-in for a number that measures while the one at the end is looked for: no character of names. */
    private static final char MEASURED = '\0';

    /** The form of a number at the end of a name, or before what only measures. */
    private static final Pattern AT_END = Pattern.compile("((?:.*(?:[^\\d.]|[^\\d.][.]))?)"
            + "((?<!\\d,)(?:\\d{3,15}|\\d{1,3}(?:,\\d{3})+)|(?<=(?:step|epoch|iter|checkpoint|ckpt)s?[-_=]?)\\d{1,15})"
            + "((?:[-_.][^\\d]*" + MEASURED + ")?)");

    private static final Pattern SHARD = Pattern.compile(".*-of-\\d+");

    /** The ends of names of what is none of the weights, or one rank's. */
    private static final Pattern NO_WEIGHTS = Pattern.compile(
            ".*(?:\\d|(?<![a-z])(?:optim|opt(?![a-z])|sched|state|rng|scaler|sampler|args|config|disc(?![a-z]))).*",
            Pattern.CASE_INSENSITIVE);

    private static final Pattern BEHIND = Pattern.compile(NamedNumber.BEHIND, Pattern.CASE_INSENSITIVE);

    /** The form of names of denoising-diffusion-pytorch, which count milestones; the step is in the file. */
    private static final Pattern MILESTONE = Pattern.compile("(model-)(\\d{1,6})\\.pt");

    private static final Pattern FEW_DIGITS = Pattern.compile("(0|[1-9]\\d?)" + EXTENSION);

    private static final Pattern VERSION = Pattern.compile("(.*)-v\\d{1,3}(" + EXTENSION + ")");

    private static final String STEP = "step";

    static Optional<NumberedName> parse(String fileName) {
        return parse(fileName, Set.of());
    }

    /** @param fixed words whose numbers are no time, as they are the same in all names */
    private static Optional<NumberedName> parse(String fileName, Set<String> fixed) {
        if (Questions.isOfOneTrainer(fileName)) return Optional.empty();
        Matcher milestone = MILESTONE.matcher(fileName);
        if (milestone.matches()) return Optional.of(of(fileName, milestone.group(1), milestone.group(2)));
        Matcher name = NAME.matcher(fileName);
        if (!name.matches() || SHARD.matcher(name.group(1)).matches()) return Optional.empty();
        String stem = name.group(1);
        List<NamedNumber> known = NamedNumber.inFile(stem).stream()
                .filter(one -> one.measures() || one.counts() && !fixed.contains(one.word()))
                .toList();
        Optional<NamedNumber> best = known.stream()
                .filter(NamedNumber::counts)
                .reduce((first, other) -> other.isBetterThan(first) ? other : first);
        Optional<NumberedName> atEnd = atEnd(fileName, stem, known);
        if (atEnd.isPresent()) return atEnd;
        if (best.isEmpty()) return atEnd(fileName, stem, List.of()); // one that is called by such a word, score_100.pt
        int end = known.getLast().end();
        String behind = stem.substring(end);
        if (NO_WEIGHTS.matcher(behind).matches()) return Optional.empty();
        NamedNumber clock = best.get();
        return Optional.of(new NumberedName(
                fileName,
                replaced(stem.substring(0, clock.start()), 0, known, "N"),
                replaced(stem.substring(clock.end()), clock.end(), known, "N"),
                clock.word().equals("ep") ? "epoch" : clock.word(),
                NamedNumber.value(stem.substring(clock.start(), clock.end())),
                replaced(stem.substring(0, clock.start()), 0, known, "*")
                        + "{time}"
                        + replaced(stem.substring(clock.end()), clock.end(), known, "*")
                        + fileName.substring(stem.length())));
    }

    /** A name that ends in its number, whatever that counts. */
    private static Optional<NumberedName> atEnd(String fileName, String stem, List<NamedNumber> known) {
        List<NamedNumber> measures =
                known.stream().filter(NamedNumber::measures).toList();
        StringBuilder masked = new StringBuilder(stem);
        for (NamedNumber one : measures) for (int i = one.start(); i < one.end(); i++) masked.setCharAt(i, MEASURED);
        Matcher m = AT_END.matcher(masked);
        if (!m.matches()
                || hasOthers(known) && known.stream().anyMatch(one -> one.counts() && one.start() == m.start(2)))
            return Optional.empty();
        String before = stem.substring(0, m.start(2));
        String behind = stem.substring(m.end(2));
        String prefix = replaced(before, 0, measures, "N");
        return Optional.of(new NumberedName(
                fileName,
                prefix,
                replaced(behind, m.end(2), measures, "N"),
                prefix,
                NamedNumber.value(m.group(2)),
                replaced(before, 0, measures, "*") + "{time}" + replaced(behind, m.end(2), measures, "*")
                        + fileName.substring(stem.length())));
    }

    /** Whether more than one of the numbers counts. */
    private static boolean hasOthers(List<NamedNumber> known) {
        return known.stream().filter(NamedNumber::counts).count() > 1;
    }

    /** A part of a name with something for the numbers that are known. @param begin where in the name it begins */
    private static String replaced(String part, int begin, List<NamedNumber> known, String by) {
        StringBuilder text = new StringBuilder(part);
        for (NamedNumber one : known.reversed())
            if (one.start() >= begin && one.end() <= begin + part.length())
                text.replace(one.start() - begin, one.end() - begin, by);
        return text.toString();
    }

    /** One whose number is the last. */
    private static NumberedName of(String fileName, String prefix, String digits) {
        return new NumberedName(
                fileName,
                prefix,
                "",
                prefix,
                Long.parseLong(digits),
                prefix + "{time}" + fileName.substring(prefix.length() + digits.length()));
    }

    /** Those of the names that have a number: of names with several that count, the one that differs. */
    static List<NumberedName> all(Collection<String> names) {
        List<NumberedName> parsed = new ArrayList<>();
        names.stream()
                .flatMap(name -> parse(name).stream())
                .collect(groupingBy(NumberedName::shape, TreeMap::new, toList()))
                .values()
                .forEach(alike -> parsed.addAll(differing(alike)));
        parsed.addAll(versions(names, parsed));
        boolean bare = parsed.stream().anyMatch(name -> !name.hasWordsBehind());
        if (bare) parsed.removeIf(NumberedName::hasWordsBehind);
        return parsed;
    }

    /**
     * Those that Lightning numbered once more because there was a file of that name, {@code epoch=3-step=400-v1.ckpt},
     * where it is there no longer for any of them.
     */
    private static List<NumberedName> versions(Collection<String> names, List<NumberedName> parsed) {
        Map<String, List<NumberedName>> byFamily = parsed.stream().collect(groupingBy(NumberedName::family));
        Map<String, List<NumberedName>> found = new TreeMap<>();
        for (String name : names) {
            Matcher version = VERSION.matcher(name);
            if (!version.matches()) continue;
            parse(version.group(1) + version.group(2))
                    .filter(one -> byFamily.containsKey(one.family()))
                    .map(one -> new NumberedName(
                            name,
                            one.prefix(),
                            one.rest(),
                            one.counted(),
                            one.number(),
                            one.pattern()
                                            .substring(
                                                    0,
                                                    one.pattern().length()
                                                            - version.group(2).length())
                                    + "*"
                                    + version.group(2)))
                    .ifPresent(one -> found.computeIfAbsent(one.family(), any -> new ArrayList<>())
                            .add(one));
        }
        List<NumberedName> versions = new ArrayList<>();
        found.forEach((family, later) -> {
            List<Long> numbers = Stream.concat(byFamily.getOrDefault(family, List.of()).stream(), later.stream())
                    .map(NumberedName::number)
                    .toList();
            if (Set.copyOf(numbers).size() == numbers.size()) versions.addAll(later);
        });
        return versions;
    }

    /** The name that such a file would have had. */
    static String withoutVersion(String fileName) {
        return VERSION.matcher(fileName).replaceFirst("$1$2");
    }

    /** The same names by another of their numbers, where the one that seems to be the time is the same in all. */
    private static List<NumberedName> differing(List<NumberedName> alike) {
        Set<String> fixed = new HashSet<>();
        List<NumberedName> names = alike;
        while (names.size() > 1
                && names.stream()
                        .allMatch(one -> one.number() == alike.getFirst().number())) {
            if (!fixed.add(names.getFirst().counted())) return alike;
            List<NumberedName> others = names.stream()
                    .flatMap(name -> parse(name.fileName(), fixed).stream())
                    .toList();
            if (others.size() < names.size()) return alike;
            names = others;
            if (names.stream().map(NumberedName::number).distinct().count() > 1) return names;
        }
        return names;
    }

    /** Names with one digit or two, of numbers that are not filled up with zeros: {@code net-9.pt, net-100.pt}. */
    static List<NumberedName> shorter(Collection<String> names, List<NumberedName> parsed) {
        Map<String, List<NumberedName>> families =
                parsed.stream().filter(name -> name.rest().isEmpty()).collect(groupingBy(NumberedName::prefix));
        Set<String> known = new HashSet<>();
        for (NumberedName name : parsed) known.add(name.fileName());
        List<NumberedName> shorter = new ArrayList<>();
        families.forEach((prefix, family) -> {
            if (family.stream().anyMatch(one -> one.fileName().startsWith("0", prefix.length()))) return;
            for (String name : names) {
                if (known.contains(name) || !name.startsWith(prefix)) continue;
                Matcher rest = FEW_DIGITS.matcher(name.substring(prefix.length()));
                if (rest.matches()) shorter.add(of(name, prefix, rest.group(1)));
            }
        });
        return shorter;
    }

    /** A file's name without its extension; empty where it has none of numbered checkpoints. */
    static Optional<String> stem(String fileName) {
        Matcher name = NAME.matcher(fileName);
        return name.matches() ? Optional.of(name.group(1)) : Optional.empty();
    }

    /** Whether there is more behind the number than other numbers and the word for what it counts. */
    boolean hasWordsBehind() {
        String behind = rest.substring(rest.lastIndexOf('N') + 1);
        return !behind.isEmpty()
                && !(behind.equals(rest) && BEHIND.matcher(behind).matches());
    }

    /** The name with N for its numbers, without the extension: those of one run have the same. */
    String family() {
        return rest.isEmpty() ? prefix : prefix + "N" + rest;
    }

    /** Whether it is of a family, or its number is behind such a prefix. */
    boolean isOf(String familyOrPrefix) {
        return family().equals(familyOrPrefix) || prefix.equals(familyOrPrefix);
    }

    /** The same, also of names with one number at the end. */
    String shown() {
        return prefix + "N" + rest;
    }

    /** The family without all numbers: where files differ in these, too, names alone do not say which are a run. */
    String shape() {
        return LeftOut.shape(family());
    }

    Candidate candidate() {
        return countsMilestones()
                ? new Candidate(fileName, number, "checkpoint", new Candidate.TimeInMetadata(STEP, number >= 100))
                : Candidate.ofNumbered(fileName, number);
    }

    /** Whether the number most likely is none of steps, which stand in the file. */
    boolean countsMilestones() {
        return MILESTONE.matcher(fileName).matches();
    }

    /** Whether this is what a training job that numbers its checkpoints calls its last: {@code NAME.safetensors}. */
    static boolean isLast(String fileName, String prefix) {
        Matcher m = LAST.matcher(fileName);
        return m.matches() && !m.group(1).isEmpty() && m.group(1).equals(name(prefix));
    }

    static Candidate last(String fileName, String prefix) {
        String key = prefix.endsWith("step") ? "ss_steps" : prefix.endsWith("_") ? "training_info" : "ss_epoch";
        return new Candidate(
                fileName, Double.POSITIVE_INFINITY, "checkpoint", new Candidate.TimeInMetadata(key, false));
    }

    private static String name(String prefix) {
        return prefix.replaceFirst("[-_.]?(step)?[-_.]?$", "");
    }
}
