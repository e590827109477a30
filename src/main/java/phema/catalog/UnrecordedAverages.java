package phema.catalog;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import phema.catalog.Excluded.ExclusionReason;
import phema.format.WeightFile;
import phema.profile.Impulse;
import phema.profile.Profile;
import phema.profile.ProfileSpec;
import phema.solver.DecaySearch;
import phema.solver.RecognisedDecay;
import phema.solver.StoredAverage;
import phema.text.Labels;

/**
 * Recognises averages of which nothing says which, beside the raw weights of the same files. Those that are not certain
 * are no snapshots: what is likeliest is said, and how to state it.
 */
final class UnrecordedAverages {
    /** The averages that trainers keep under these names unless told otherwise; ema-pytorch counts from 0. */
    private static final Map<String, List<String>> USUAL = Map.of(
            "ema.", List.of("ema:0.9999,warmup=none"),
            "net_ema.", List.of("power:0.1"),
            "ema.ema_model.",
                    List.of("ema:0.995,warmup=2/3,after=101,every=10", "ema:0.995,warmup=2/3,after=100,every=10"),
            "ema.state.*.ema_params", List.of("halflife-fraction:0.05"),
            "state_dict.model_ema.", List.of("ema:0.9999,warmup=10"));

    private static final String OTHERS = "ema:0.9999,warmup=none";

    /** The sign for a profile that only who trained can know: no manifest with it is read. */
    private static final String UNKNOWN = "'?'";

    private static final Pattern EPOCHS = Pattern.compile(".*epochs?[-_=]?", Pattern.CASE_INSENSITIVE);

    /** The least number in a name that is taken for steps where nothing says what it counts. */
    private static final int STEPS = 1000;

    /** The ratio of squared distances from which weights move farther than others. */
    private static final double FARTHER = 1.05;

    /** The keys of metadata that count steps. */
    private static final List<String> STEP_KEYS =
            List.of("global_step", "step", "iteration", "iter_num", "train_steps");

    private final FileIndexer indexer;
    private final Map<Candidate, WeightFile> files;
    private final Map<Candidate, RememberedFile.Sampled> sampled;
    private final List<String> named;

    /** Whether it is for the manifest to say which averages there are. */
    private final boolean stated;

    /** The prefixes of what is an average in some files. */
    private final Set<String> averages = new HashSet<>();

    /** The prefix of what is called the raw weights. */
    private final Optional<String> rawPrefix;

    /** The sets of weights of a file by prefix, each with what is known of its profile in the newest. */
    private final SequencedMap<String, Candidate> groups = new LinkedHashMap<>();

    /** What was found of those that nothing says; empty where there are too few files. */
    private final Map<String, Optional<RecognisedDecay>> found = new LinkedHashMap<>();

    /** What the raw weights are of those that are the raw weights themselves, though they are not called so. */
    private final Map<String, RecognisedDecay> exchanged = new LinkedHashMap<>();

    /** When averages began that are younger than the run. */
    private final LateAverages late;

    /** The averages that move farther than their raw weights, as they may where training comes to rest. */
    private final List<String> doubted = new ArrayList<>();

    /**
     * @param files by time, each with the tensors that count
     * @param sampled those of them that can be used
     * @param stated whether a manifest says which averages there are
     * @param named the lines of a manifest that say which files there are and what their names count; none where that
     *     is for their names to say
     */
    UnrecordedAverages(
            FileIndexer indexer,
            Map<Candidate, WeightFile> files,
            Map<Candidate, RememberedFile.Sampled> sampled,
            SamplePlan plan,
            boolean stated,
            List<String> named) {
        this.indexer = indexer;
        this.stated = stated;
        this.files = files;
        this.sampled = sampled;
        this.named = List.copyOf(named);
        List<Candidate> parts = sampled.keySet().stream()
                .filter(candidate -> !candidate.group().isEmpty())
                .toList();
        parts.stream().filter(part -> !part.isRaw()).map(Candidate::group).forEach(averages::add);
        rawPrefix = parts.stream()
                .filter(part -> part.isRaw() && !averages.contains(part.group()))
                .map(Candidate::group)
                .findFirst();
        for (Candidate part : parts) groups.put(set(part), part);
        late = new LateAverages(files, List.copyOf(sampled.keySet()), this::set, candidate -> numbers(candidate, plan));
        groups.forEach((prefix, newest) -> {
            if (newest.isUnrecorded()) found.put(prefix, search(prefix, plan));
        });
        rawPrefix.ifPresent(raw -> compareWith(raw, plan));
    }

    /**
     * The set of weights that a file's are of: raw weights are of one set wherever they lie, also below what others
     * have an average.
     */
    private String set(Candidate candidate) {
        return candidate.isRaw() && averages.contains(candidate.group())
                ? rawPrefix.orElse(candidate.group())
                : candidate.group();
    }

    /** Looks for averages that move farther than their raw weights, and not only as they are rounded. */
    private void compareWith(String raw, SamplePlan plan) {
        List<String> others = groups.keySet().stream()
                .filter(prefix -> !prefix.equals(raw) && certain(prefix).isEmpty())
                .toList();
        if (others.isEmpty()) return; // or all samples of the raw weights would be read
        int[] moving = moving(plan);
        double farther = FARTHER * path(raw, plan, moving);
        for (String prefix : others)
            if (path(prefix, plan, moving) > farther)
                exchanged(prefix, raw, plan, moving)
                        .ifPresentOrElse(decay -> exchanged.put(prefix, decay), () -> doubted.add(prefix));
    }

    /** Which average of one set of weights the other is, its raw weights by name; empty unless that is certain. */
    private Optional<RecognisedDecay> exchanged(String average, String raw, SamplePlan plan, int[] moving) {
        List<StoredAverage> known = samples(average, plan, moving);
        List<StoredAverage> unknown = samples(raw, plan, moving);
        try {
            return DecaySearch.search(known, unknown, clockIsSteps(), List.of(), Optional.empty())
                    .filter(RecognisedDecay::certain);
        } catch (RuntimeException e) { // as below
            return Optional.empty();
        }
    }

    /** The sum of the squared distances between one file and the next, but for what rounding makes of them. */
    private double path(String prefix, SamplePlan plan, int[] moving) {
        double path = 0;
        List<StoredAverage> samples = samples(prefix, plan, moving);
        for (int i = 1; i < samples.size(); i++) {
            path -= moving.length
                    * (samples.get(i).roundingVariance() + samples.get(i - 1).roundingVariance());
            for (int j = 0; j < moving.length; j++) {
                double step = samples.get(i).sample()[j] - samples.get(i - 1).sample()[j];
                path += step * step;
            }
        }
        return Math.max(path, 0);
    }

    /** The weights of one set, each as those of its own time. */
    private List<StoredAverage> samples(String prefix, SamplePlan plan, int[] moving) {
        List<StoredAverage> samples = new ArrayList<>();
        sampled.keySet().stream()
                .filter(candidate -> set(candidate).equals(prefix) && !late.isBefore(candidate))
                .forEach(candidate -> {
                    Sample sample = numbers(candidate, plan).at(moving);
                    if (Arrays.stream(sample.values()).allMatch(Double::isFinite))
                        samples.add(stored(new Impulse(candidate.time()), sample));
                });
        return samples;
    }

    private int[] moving(SamplePlan plan) {
        return plan.moving(
                sampled.values().stream().map(RememberedFile.Sampled::summary).toList(),
                () -> numbers(List.copyOf(sampled.keySet()).getLast(), plan));
    }

    private Optional<RecognisedDecay> search(String prefix, SamplePlan plan) {
        int[] moving = moving(plan);
        if (moving.length == 0) return Optional.empty();
        List<StoredAverage> known = new ArrayList<>();
        List<StoredAverage> unknown = new ArrayList<>();
        sampled.keySet().forEach(candidate -> {
            Sample sample = numbers(candidate, plan).at(moving);
            if (!Arrays.stream(sample.values()).allMatch(Double::isFinite)) return;
            candidate.profile().ifPresent(profile -> known.add(stored(profile, sample)));
            if (set(candidate).equals(prefix) && candidate.isUnrecorded() && !late.isBefore(candidate))
                unknown.add(stored(new Impulse(candidate.time()), sample));
        });
        try {
            return DecaySearch.search(
                    known,
                    unknown,
                    clockIsSteps(),
                    usual(prefix).stream()
                            .filter(spec -> clockIsSteps() || !spec.startsWith("ema:"))
                            .toList(),
                    late.told(prefix));
        } catch (RuntimeException e) { // whatever is odd about an average, the raw weights are there
            return Optional.empty();
        }
    }

    private SampledElements numbers(Candidate candidate, SamplePlan plan) {
        return indexer.numbers(
                Objects.requireNonNull(sampled.get(candidate)), Objects.requireNonNull(files.get(candidate)), plan);
    }

    /** What the trainer that writes such files averages unless told otherwise; empty where nothing says who it is. */
    private List<String> usual(String prefix) {
        if (!prefix.equals("state_dict.")) return USUAL.getOrDefault(prefix, List.of());
        Map<String, String> metadata =
                List.copyOf(files.entrySet()).getLast().getValue().metadata();
        for (String key : metadata.keySet()) {
            if (key.startsWith("callbacks.EMAWeightAveraging")) return late.usual(prefix, "ema:0.999,warmup=none");
            if (key.startsWith("callbacks.WeightAveraging")) return late.usual(prefix, "swa");
        }
        return List.of();
    }

    private static StoredAverage stored(Profile profile, Sample sample) {
        return new StoredAverage(profile, sample.values(), sample.roundingVariance());
    }

    /** Whether times are optimizer steps, as far as the newest file says. */
    private boolean clockIsSteps() {
        Map.Entry<Candidate, WeightFile> newest = List.copyOf(files.entrySet()).getLast();
        double time = newest.getKey().time();
        for (String key : STEP_KEYS) {
            String stated = newest.getValue().metadata().getOrDefault(key, "");
            if (stated.matches("\\d{1,15}")) return Math.abs(Long.parseLong(stated) - time) <= 1;
        }
        String name = newest.getKey().fileName();
        boolean epochs = NumberedName.parse(name)
                        .filter(numbered -> EPOCHS.matcher(numbered.counted()).matches())
                        .isPresent()
                || CheckpointName.ofFolder(name)
                        .filter(CheckpointName::countsEpochs)
                        .isPresent();
        return !epochs && time >= STEPS;
    }

    /** All files, those that were recognised with their profiles. */
    Map<Candidate, WeightFile> files() {
        Map<Candidate, WeightFile> known = new LinkedHashMap<>();
        files.forEach((candidate, file) -> known.put(recognised(candidate), file));
        return known;
    }

    /** Those that can be used. @param exclusions told of the others */
    Map<Candidate, RememberedFile.Sampled> usable(Exclusions exclusions) {
        Map<Candidate, RememberedFile.Sampled> usable = new LinkedHashMap<>();
        sampled.forEach((candidate, one) -> {
            Candidate known = recognised(candidate);
            if (areExchanged() && !candidate.group().isEmpty())
                exclusions.add(known, ExclusionReason.NO_PROFILE, ofExchanged());
            else if (known.isUnrecorded()) exclusions.add(known, ExclusionReason.NO_PROFILE, question(known.group()));
            else if (known.content() instanceof Candidate.NoAverage nothing)
                exclusions.add(known, ExclusionReason.NO_PROFILE, nothing.why());
            else usable.put(known, one);
        });
        return usable;
    }

    private Candidate recognised(Candidate candidate) {
        if (late.isBefore(candidate)) return candidate.without(LateAverages.BEFORE);
        return candidate.isUnrecorded() ? candidate.withProfile(certain(candidate.group())) : candidate;
    }

    private Optional<RecognisedDecay> found(String prefix) {
        return found.getOrDefault(prefix, Optional.empty());
    }

    private Optional<String> certain(String prefix) {
        return found(prefix).filter(RecognisedDecay::certain).map(RecognisedDecay::spec);
    }

    /** The profiles of an average's files; those from when it began anew have others than those before. */
    private String averagesOf(String prefix) {
        SequencedMap<String, Double> since = new LinkedHashMap<>();
        for (Candidate candidate : sampled.keySet())
            if (set(candidate).equals(prefix))
                candidate.profile().ifPresent(profile -> since.putIfAbsent(spec(profile), candidate.time()));
        return "averages of profile "
                + since.entrySet().stream()
                        .map(entry -> entry.getKey()
                                + (since.size() == 1 ? "" : " from time " + Labels.plain(entry.getValue()) + " on"))
                        .collect(Collectors.joining(" and "));
    }

    /** Whether nothing can be used since raw weights are called an average, and an average raw weights. */
    boolean areExchanged() {
        return exchanged.keySet().stream()
                .anyMatch(prefix -> Objects.requireNonNull(groups.get(prefix)).isUnrecorded());
    }

    private String ofExchanged() {
        Map.Entry<String, RecognisedDecay> one = exchanged.entrySet().iterator().next();
        String raw = rawPrefix.orElse("");
        return "holds raw weights under the name of an average, and an average under that of raw weights: `"
                + WeightGroups.shown(raw) + "` is an average of `" + WeightGroups.shown(one.getKey())
                + "` of profile " + one.getValue().spec() + ", and not the other way about. Write "
                + Question.inline(exchangedLines()) + " into " + Manifest.FILE_NAME;
    }

    private List<String> exchangedLines() {
        Map.Entry<String, RecognisedDecay> one = exchanged.entrySet().iterator().next();
        List<String> lines = filesLines();
        lines.add("averages: [{prefix: '" + one.getKey() + "', profile: impulse}, {prefix: '" + rawPrefix.orElse("")
                + "', profile: '" + one.getValue().spec() + "'}]");
        return lines;
    }

    /** What is said of raw weights and averages, and files contradict; one line each. */
    List<String> contradictions() {
        if (areExchanged()) return List.of();
        return exchanged.isEmpty()
                ? doubted.stream()
                        .map(prefix -> "The weights below `" + prefix + "` move farther from file to file than those"
                                + " below `" + rawPrefix.orElse("") + "`, as raw weights do beside their average:"
                                + " check which is which.")
                        .toList()
                : List.of("What is stated as raw weights and as an average seems to be the other way about: `"
                        + WeightGroups.shown(rawPrefix.orElse("")) + "` is an average of `"
                        + WeightGroups.shown(exchanged.keySet().iterator().next()) + "` of profile "
                        + exchanged.values().iterator().next().spec() + ", as the files say. Write "
                        + Question.inline(exchangedLines()) + " into " + Manifest.FILE_NAME + ".");
    }

    /** What each set of weights is taken for, and why; one line each. */
    List<String> notices() {
        if (areExchanged()) return List.of();
        List<String> notices = new ArrayList<>();
        groups.forEach((prefix, newest) -> {
            String which = "The weights " + (newest.prefix().isEmpty() ? "in" : "below") + " `" + prefix + "` ";
            if (newest.profile().isPresent())
                notices.add(which + "are taken for "
                        + (newest.profile().get() instanceof Impulse
                                ? "raw weights."
                                : averagesOf(prefix) + ", as "
                                        + (stated ? Manifest.FILE_NAME + " says." : "the files say.")));
            else if (certain(prefix).isPresent())
                notices.add(which + "are taken for averages of profile "
                        + certain(prefix).get() + ", recognised beside the raw ones: " + evidence(prefix)
                        + ". To keep that whatever files come, write " + inline() + ".");
            else
                notices.add(which + "are averages and not used, because nothing says which: "
                        + found(prefix)
                                .map(decay -> "likeliest is " + decay.spec() + ", not for certain: " + evidence(prefix))
                                .orElse("these files are too few, or too much alike, to tell (it takes 5 of each);"
                                        + " under this name they are mostly " + proposed(prefix))
                        + ". If you know, write " + inline() + ", with its profile for " + UNKNOWN + ".");
        });
        return notices;
    }

    /** Why an average is not used, and what to do, as the end of a sentence. */
    private String question(String prefix) {
        return "holds averages that nobody recorded, and which are not recognised for certain ("
                + found(prefix)
                        .map(decay -> "likeliest is " + decay.spec())
                        .orElse("under this name they are mostly " + proposed(prefix))
                + "); the raw weights are used. A note says what to write if you know them";
    }

    private String evidence(String prefix) {
        return found(prefix)
                .map(decay -> String.format(
                                Locale.ROOT,
                                "%.1f nats per weight before the next reading (%s), mean squared innovation %.2f (1"
                                        + " where it explains the files)",
                                decay.nats(),
                                decay.next(),
                                decay.innovation())
                        + (decay.lowest().equals(decay.highest())
                                ? ""
                                : ", nearly as likely from " + decay.lowest() + " to " + decay.highest()))
                .orElse("");
    }

    private String proposed(String prefix) {
        String spec = found(prefix)
                .map(RecognisedDecay::spec)
                .orElseGet(() -> USUAL.getOrDefault(prefix, List.of(OTHERS)).getFirst());
        return spec.equals(OTHERS) ? spec + after(prefix) : spec;
    }

    /** Since when an average may be that the oldest files do not hold. */
    private String after(String prefix) {
        double first = Double.POSITIVE_INFINITY;
        for (Candidate candidate : sampled.keySet())
            if (set(candidate).equals(prefix)) first = Math.min(first, candidate.time());
        double last = 0;
        for (Candidate candidate : sampled.keySet())
            if (candidate.time() < first) last = Math.max(last, candidate.time());
        return last > 0 ? ",after=" + Labels.plain(last) : "";
    }

    private String inline() {
        List<String> lines = filesLines();
        lines.add("averages: [" + String.join(", ", averages(groups.sequencedKeySet())) + "]");
        return Question.inline(lines) + " into " + Manifest.FILE_NAME;
    }

    /**
     * The manifest that says what was recognised, and nothing of averages that were not: a guess would make predicted
     * errors untrue. Where raw weights are in the place of such an average in other files, it has to be filled in. None
     * where each file is one set of weights.
     */
    List<String> lines() {
        if (groups.isEmpty() || groups.keySet().stream().anyMatch(this::hasBegunAnew) || areTimesBeside())
            return List.of();
        if (areExchanged()) return exchangedLines();
        List<String> known = groups.sequencedKeySet().stream()
                .filter(prefix -> isKnown(prefix) || isRawInSome(prefix))
                .toList();
        if (known.isEmpty()) return List.of();
        List<String> lines = filesLines();
        lines.add("averages:");
        for (String average : averages(known)) lines.add("- " + average);
        return lines;
    }

    private boolean isRawInSome(String prefix) {
        return sampled.keySet().stream()
                .anyMatch(candidate -> candidate.isRaw() && candidate.group().equals(prefix));
    }

    private boolean isKnown(String prefix) {
        return Objects.requireNonNull(groups.get(prefix)).profile().isPresent()
                || certain(prefix).isPresent();
    }

    /** Whether an average has several profiles, which a manifest could only list file by file. */
    private boolean hasBegunAnew(String prefix) {
        return sampled.keySet().stream()
                        .filter(candidate -> set(candidate).equals(prefix))
                        .flatMap(candidate -> candidate.profile().stream())
                        .map(UnrecordedAverages::spec)
                        .distinct()
                        .count()
                > 1;
    }

    /** The lines before the averages. */
    private List<String> filesLines() {
        if (!named.isEmpty()) return new ArrayList<>(named);
        List<String> lines = new ArrayList<>(List.of(filesLine()));
        clock().ifPresent(lines::add);
        return lines;
    }

    /** Whether what lies beside says the times of folders, which no pattern does. */
    private boolean areTimesBeside() {
        return groups.values().stream()
                .anyMatch(newest -> CheckpointName.ofFolder(newest.fileName())
                        .filter(name -> Math.abs(newest.time() - name.number()) > 1)
                        .isPresent());
    }

    /** Where the files say their time, and in another unit than their names or from 0 on. */
    private Optional<String> clock() {
        Candidate newest = groups.lastEntry().getValue();
        return NumberedName.parse(newest.fileName())
                .filter(name -> name.number() != newest.time())
                .map(name -> name.countsMilestones()
                        ? "timeScale: " + Labels.plain(newest.time() / name.number())
                        : CountFromZero.LINE)
                .or(() -> CheckpointName.ofFolder(newest.fileName())
                        .filter(name -> name.number() != newest.time())
                        .map(name -> CountFromZero.LINE));
    }

    private String filesLine() {
        Candidate newest = groups.lastEntry().getValue();
        String files = NumberedName.parse(newest.fileName())
                .map(NumberedName::pattern)
                .or(() -> CheckpointName.ofFolder(newest.fileName()).map(folder -> folder.pattern() + inFolder(newest)))
                .orElse("NAME-{time}.pt");
        return "files: '" + files + "'";
    }

    /** The file in each folder, where its tensors' names tell averages apart and not the names of files. */
    private String inFolder(Candidate newest) {
        boolean byFile =
                groups.values().stream().anyMatch(group -> group.prefix().isEmpty());
        return byFile ? "" : newest.fileName().substring(newest.fileName().indexOf('/'));
    }

    private List<String> averages(Collection<String> prefixes) {
        return prefixes.stream()
                .map(prefix -> {
                    Candidate newest = Objects.requireNonNull(groups.get(prefix));
                    return "{" + (newest.prefix().isEmpty() ? "file" : "prefix") + ": '" + prefix + "', profile: "
                            + newest.profile()
                                    .map(profile ->
                                            profile instanceof Impulse ? WeightGroups.RAW : quoted(spec(profile)))
                                    .or(() -> certain(prefix).map(UnrecordedAverages::quoted))
                                    .orElse(UNKNOWN)
                            + "}";
                })
                .toList();
    }

    private static String spec(Profile profile) {
        return ProfileSpec.print(profile);
    }

    private static String quoted(String spec) {
        return "'" + spec + "'";
    }
}
