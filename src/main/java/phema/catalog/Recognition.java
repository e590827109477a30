package phema.catalog;

import static java.util.Comparator.comparingDouble;
import static java.util.Comparator.comparingInt;
import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toList;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import phema.format.NetworkSettings;

/**
 * Says which files of a folder are a run's snapshots, by its manifest or by their names alone.
 *
 * @param candidates by time, then by average, then by preference
 * @param ground what says so
 * @param tensors which of a file's tensors count
 * @param publication how the run looks as a model repository
 * @param network settings of the network that the manifest states
 * @param notices one line each
 * @param manifestProblem why nothing can be said without another manifest
 * @param lines of a manifest that would say what names alone say, or are taken to say; none where there is one
 * @param later what the folder holds of later times, and is not taken
 */
record Recognition(
        List<Candidate> candidates,
        Ground ground,
        TensorSelection tensors,
        Publication publication,
        NetworkSettings network,
        List<String> notices,
        Optional<String> manifestProblem,
        List<String> lines,
        LaterNames later) {
    /** What says that files are snapshots. */
    enum Ground {
        /** The names of EDM2's averages. */
        EDM2_NAMES,
        /** Numbers in names, so that files are taken for raw weights. */
        NUMBERED_NAMES,
        /** The configuration of the trainer, which lies beside the files. */
        CONFIGURATION,
        /** The user. */
        MANIFEST
    }

    private static final Pattern WEIGHTS =
            Pattern.compile("[^.].*\\.(?:(?:safetensors|bin|pt|pth)(?:\\.index\\.json)?|pkl|pth\\.tar|ckpt)");

    private static final Comparator<SnapshotName> EDM2_ORDER = Comparator.comparingLong(SnapshotName::nimg)
            .thenComparingDouble(SnapshotName::sigmaRel)
            .thenComparing(SnapshotName::form)
            .thenComparing(SnapshotName::fileName);

    Recognition {
        candidates = List.copyOf(candidates);
        notices = List.copyOf(notices);
        lines = List.copyOf(lines);
    }

    Recognition(List<Candidate> candidates, Ground ground, List<String> notices) {
        this(candidates, ground, notices, List.of());
    }

    /** @param lines of a manifest that would say the same */
    Recognition(List<Candidate> candidates, Ground ground, List<String> notices, List<String> lines) {
        this(
                candidates,
                ground,
                TensorSelection.ALL,
                Publication.DEFAULT,
                NetworkSettings.NONE,
                notices,
                Optional.empty(),
                lines,
                LaterNames.NONE);
    }

    static Recognition asked(Question question) {
        return withoutManifest(question.problem(), question.lines());
    }

    static Recognition withoutManifest(String problem) {
        return withoutManifest(problem, List.of());
    }

    private static Recognition withoutManifest(String problem, List<String> lines) {
        return new Recognition(
                List.of(),
                Ground.MANIFEST,
                TensorSelection.ALL,
                Publication.DEFAULT,
                NetworkSettings.NONE,
                List.of(),
                Optional.of(problem),
                lines,
                LaterNames.NONE);
    }

    Recognition publishedAs(Publication how, NetworkSettings stated) {
        return new Recognition(candidates, ground, tensors, how, stated, notices, manifestProblem, lines, later);
    }

    /**
     * The same, with what the trainer's configuration says that all files are.
     *
     * @param profile as text
     */
    Recognition recordedAs(String profile, String where) {
        List<String> all = new ArrayList<>(notices);
        all.replaceAll(notice -> notice.replace("for raw checkpoints", "for checkpoints"));
        all.add("These files hold "
                + (profile.equals(WeightGroups.RAW) ? "raw weights" : "averages of profile " + profile) + ", as "
                + where + " says.");
        List<String> more = new ArrayList<>(lines);
        more.replaceAll(line -> line.equals(Questions.RAW) ? "profile: '" + profile + "'" : line);
        return new Recognition(
                candidates.stream()
                        .map(candidate -> candidate.recordedAs(profile))
                        .toList(),
                Ground.CONFIGURATION,
                tensors,
                publication,
                network,
                all,
                manifestProblem,
                more,
                later);
    }

    /** The same files, with the weights that an optimizer keeps of them. */
    Recognition ofMasters() {
        return new Recognition(
                candidates, ground, tensors.ofMasters(), publication, network, notices, manifestProblem, lines, later);
    }

    Recognition withLines(List<String> others) {
        return new Recognition(
                candidates, ground, tensors, publication, network, notices, manifestProblem, others, later);
    }

    Recognition withLater(LaterNames names) {
        return new Recognition(
                candidates, ground, tensors, publication, network, notices, manifestProblem, lines, names);
    }

    Recognition withNotices(List<String> more) {
        List<String> all = new ArrayList<>(notices);
        all.addAll(more);
        return new Recognition(candidates, ground, tensors, publication, network, all, manifestProblem, lines, later);
    }

    /** What the tensors of a candidate are below in its file. */
    String prefix(Candidate candidate) {
        return candidate.prefix().isEmpty() ? tensors.prefix().orElse("") : candidate.prefix();
    }

    /** Whether there is anything to say of the folder as a run. */
    boolean isRun() {
        return !candidates.isEmpty() || manifestProblem.isPresent();
    }

    /** Whether a file without a manifest can be a snapshot, by its extension. */
    static boolean mayBeSnapshot(String name) {
        return WEIGHTS.matcher(name).matches();
    }

    /**
     * Without a manifest: averages named as EDM2 or ema-pytorch name them, or else numbered files as raw checkpoints.
     *
     * @param names of the folder's files
     * @param stated the metadata of a file, asked for where names alone do not say enough
     */
    static Recognition of(List<String> names, Selection selection, Function<String, Map<String, String>> stated) {
        List<SnapshotName> edm2 = names.stream()
                .flatMap(name -> SnapshotName.parse(name).stream())
                .sorted(EDM2_ORDER)
                .toList();
        boolean wanted = selection
                .prefix()
                .map(prefix -> edm2.stream().anyMatch(n -> n.prefix().equals(prefix)))
                .orElseGet(() -> edm2.stream().anyMatch(n -> !n.isReconstruction()));
        if (wanted) return edm2(edm2, selection);
        if (names.stream().anyMatch(IndexedName::matches)) return indexed(names);
        Set<String> all = Set.copyOf(names);
        List<String> weights = names.stream()
                .filter(name -> selection.prefix().isPresent() || !LeftOut.isState(name))
                .filter(name -> !WeightsPath.isIndexedShard(name, all))
                .toList();
        List<NumberedName> numbered = NumberedName.all(weights);
        if (selection.prefix().isEmpty()) {
            List<NumberedName> raw =
                    numbered.stream().filter(name -> !Questions.isAverage(name)).toList();
            if (!raw.isEmpty()) numbered = raw;
            numbered = byStated(weights, numbered, stated);
            List<NumberedName> found = numbered;
            Optional<Question> question = Questions.of(names, found)
                    .or(() -> Questions.ofSideBySide(found).filter(any -> !areStated(found, stated)));
            if (question.isPresent()) return asked(question.get());
        }
        return numbered.isEmpty() ? edm2(edm2, selection) : numbered(names, numbered, selection);
    }

    /** Whether a folder with such a file may be a run that nobody has to ask for. */
    static boolean suggestsARun(String name) {
        return name.equals(Manifest.FILE_NAME)
                || IndexedName.matches(name)
                || Questions.isOfOneTrainer(name)
                || NumberedName.parse(name).isPresent()
                || SnapshotName.parse(name).filter(n -> !n.isReconstruction()).isPresent();
    }

    /**
     * Whether a folder with these files, of those that suggest it, is a run. A single numbered file is too little to go
     * by.
     */
    static boolean isRun(List<String> names) {
        return names.stream()
                        .anyMatch(name -> NumberedName.parse(name).isEmpty()
                                || SnapshotName.parse(name).isPresent())
                || names.stream()
                        .flatMap(name -> NumberedName.parse(name).stream())
                        .collect(groupingBy(NumberedName::shape, counting()))
                        .values()
                        .stream()
                        .anyMatch(count -> count > 1);
    }

    private static Recognition edm2(List<SnapshotName> all, Selection selection) {
        List<String> notices = new ArrayList<>();
        Map<String, Long> prefixes = all.stream().collect(groupingBy(SnapshotName::prefix, TreeMap::new, counting()));
        Map<String, Long> candidates = new TreeMap<>(prefixes);
        candidates.remove(SnapshotName.RECONSTRUCTION);
        if (selection.prefix().isEmpty() && Questions.isTied(candidates))
            return asked(Question.withoutLines(Questions.ofTied(candidates, "-*")));
        String prefix = chosen(candidates, selection.prefix());
        if (selection.sigmaRels().isEmpty()) {
            List<SnapshotName> ofRun =
                    all.stream().filter(n -> n.prefix().equals(prefix)).toList();
            Optional<Question> question = Questions.ofWidths(ofRun);
            if (question.isPresent()) return asked(question.get());
            Questions.noticeOfWidth(ofRun).ifPresent(notices::add);
        }
        List<Candidate> selected = all.stream()
                .filter(n -> n.prefix().equals(prefix) && selection.admits(n.sigmaRel()))
                .map(SnapshotName::candidate)
                .toList();
        if (selected.isEmpty() && !(all.isEmpty() && selection.equals(Selection.DEFAULT)))
            notices.add("No file is named " + (prefix.isEmpty() ? "PREFIX" : prefix)
                    + "-KKKKKKK-S.SSS.pkl or .safetensors with a width that was asked for; the folder holds "
                    + (prefixes.isEmpty() ? "none of any prefix." : Questions.withCounts(prefixes, "-*") + "."));
        return new Recognition(selected, Ground.EDM2_NAMES, notices);
    }

    private static Recognition indexed(List<String> names) {
        long averages = names.stream()
                .filter(IndexedName::matches)
                .map(IndexedName::index)
                .distinct()
                .count();
        String sigmaRels = averages == 2 ? "0.05, 0.28" : "..., ...";
        return asked(new Question(
                "files named INDEX.STEP.pt, as ema-pytorch writes them, do not say which averages they"
                        + " hold. Write it into this folder with the lines `sigmaRels: [" + sigmaRels
                        + "]` (or `gammas: [..., ...]`) and `updateEvery: 100`, with the arguments that your PostHocEMA"
                        + " was given",
                List.of("sigmaRels: [" + sigmaRels + "]", "updateEvery: 100")));
    }

    /** The same by what files state, where their names differ in several numbers, or in one that no word is before. */
    private static List<NumberedName> byStated(
            List<String> names, List<NumberedName> numbered, Function<String, Map<String, String>> stated) {
        List<String> open;
        if (numbered.isEmpty()) {
            open = names.stream()
                    .filter(name -> NumberedName.stem(name).isPresent()
                            && !WeightsPath.isOfSeveral(name)
                            && !NumberReadings.isPiece(name)
                            && !Questions.isOfOneTrainer(name)
                            && !Questions.isAverage(name))
                    .toList();
        } else {
            List<NumberedName> most =
                    numbered.stream().collect(groupingBy(NumberedName::shape, TreeMap::new, toList())).values().stream()
                            .max(comparingInt(List::size))
                            .orElseThrow();
            if (most.stream().map(NumberedName::family).distinct().count() < 2
                    || most.stream().anyMatch(Questions::isAverage)) return numbered;
            open = most.stream().map(NumberedName::fileName).toList();
        }
        if (open.size() < 2 || Questions.isTied(NumberReadings.counts(open))) return numbered;
        return NumberReadings.of(open).stated(stated).orElse(numbered);
    }

    /** Whether files state a number in their names to be their step or epoch. */
    private static boolean areStated(List<NumberedName> numbered, Function<String, Map<String, String>> stated) {
        return NumberReadings.of(numbered.stream().map(NumberedName::fileName).toList())
                .stated(stated)
                .isPresent();
    }

    private static Recognition numbered(List<String> names, List<NumberedName> numbered, Selection selection) {
        List<String> notices = new ArrayList<>();
        Map<String, Long> families = numbered.stream()
                .filter(n -> selection.prefix().isEmpty()
                        || n.isOf(selection.prefix().get()))
                .collect(groupingBy(NumberedName::family, TreeMap::new, counting()));
        String prefix = families.isEmpty() ? selection.prefix().orElse("") : chosen(families, Optional.empty());
        if (!selection.sigmaRels().isEmpty())
            return new Recognition(
                    List.of(),
                    Ground.NUMBERED_NAMES,
                    List.of("The folder holds raw checkpoints, which have no sigma_rel to choose them by."));
        List<Candidate> candidates =
                new ArrayList<>(Stream.concat(numbered.stream(), NumberedName.shorter(names, numbered).stream())
                        .filter(n -> n.family().equals(prefix))
                        .sorted(comparingDouble(NumberedName::number).thenComparing(NumberedName::fileName))
                        .map(NumberedName::candidate)
                        .toList());
        Optional<NumberedName> average = numbered.stream()
                .filter(n -> n.family().equals(prefix) && Questions.isAverage(n))
                .findFirst();
        if (average.isPresent()) return asked(Questions.ofAverages(average.get()));
        if (candidates.isEmpty())
            notices.add("No numbered file is named " + prefix + "N; the folder holds "
                    + Questions.withCounts(
                            numbered.stream().collect(groupingBy(NumberedName::shown, TreeMap::new, counting())), "")
                    + ", whose --inprefix is what stands before the N.");
        else
            notices.add("Files named "
                    + numbered.stream()
                            .filter(n -> n.family().equals(prefix))
                            .findFirst()
                            .map(NumberedName::shown)
                            .orElse(prefix)
                    + " are taken for raw checkpoints of "
                    + (isMilestones(numbered, prefix) ? "the steps that they state, or of time N" : "time N")
                    + "; for anything else, say so in " + Manifest.FILE_NAME + ".");
        names.stream()
                .filter(name -> NumberedName.isLast(name, prefix))
                .sorted()
                .map(name -> NumberedName.last(name, prefix))
                .forEach(candidates::add);
        return new Recognition(
                candidates,
                Ground.NUMBERED_NAMES,
                notices,
                candidates.isEmpty() || isMilestones(numbered, prefix) ? List.of() : lines(numbered, prefix));
    }

    private static boolean isMilestones(List<NumberedName> numbered, String prefix) {
        return numbered.stream().anyMatch(n -> n.family().equals(prefix) && n.countsMilestones());
    }

    private static List<String> lines(List<NumberedName> numbered, String prefix) {
        return numbered.stream()
                .filter(n -> n.family().equals(prefix))
                .max(comparingInt(n -> n.pattern().length())) // of versions, the one that matches all
                .map(n -> List.of("files: '" + n.pattern() + "'", Questions.RAW))
                .orElse(List.of());
    }

    /** The prefix asked for, or else the most frequent. */
    private static String chosen(Map<String, Long> counts, Optional<String> wanted) {
        return wanted.or(() -> counts.entrySet().stream()
                        .max(Map.Entry.comparingByValue())
                        .map(Map.Entry::getKey))
                .orElse("");
    }
}
