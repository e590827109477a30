package phema.catalog;

import static java.util.Comparator.comparingLong;
import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toList;
import static java.util.stream.Collectors.toSet;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import phema.format.ShardIndexes;

/**
 * Finds a run's checkpoints where each is a folder of its own, {@code checkpoint-500/model.safetensors}: the folders by
 * their names, and in each the weights, raw and averaged.
 *
 * @param lines of a manifest that would say the same; none where it is for the averages to say
 * @param question what the names leave open
 */
record CheckpointFolders(
        List<Candidate> candidates, List<String> notices, List<String> lines, Optional<Question> question) {
    private static final CheckpointFolders NONE =
            new CheckpointFolders(List.of(), List.of(), List.of(), Optional.empty());

    /** One folder, with what it holds of weights by {@link WeightsPath#component}. */
    private record Folder(CheckpointName name, SequencedMap<String, WeightsPath> weights) {
        /** The first of its weights, as a manifest's pattern has it. */
        String example() {
            Map.Entry<String, WeightsPath> first = weights.firstEntry();
            return first.getValue().pattern(first.getKey());
        }
    }

    /** @param names of what the run's folder holds */
    static CheckpointFolders in(Path run, Collection<String> names, Selection selection, Predicate<Path> mayRead)
            throws IOException {
        String begin = selection.prefix().orElse("");
        List<CheckpointName> named = names.stream()
                .filter(name -> name.startsWith(begin))
                .flatMap(name -> CheckpointName.parse(name).stream())
                .filter(name -> Files.isDirectory(run.resolve(name.name()), LinkOption.NOFOLLOW_LINKS))
                .toList();
        Map<String, List<Folder>> byShape = named.parallelStream() // thousands, and storage may be slow
                .map(name -> new Folder(name, WeightsPath.in(run.resolve(name.name()))))
                .filter(folder -> !folder.weights().isEmpty())
                .collect(groupingBy(folder -> folder.name().shape(), TreeMap::new, toList()));
        List<String> links = names.stream()
                .filter(name -> CheckpointName.parse(name).isPresent()
                        && Files.isSymbolicLink(run.resolve(name))
                        && Files.isDirectory(run.resolve(name)))
                .map(name -> name + " is a link to a folder and is not followed.")
                .toList();
        if (byShape.isEmpty()) return new CheckpointFolders(List.of(), links, List.of(), Optional.empty());
        if (!selection.sigmaRels().isEmpty())
            return new CheckpointFolders(
                    List.of(),
                    List.of("The folder holds a folder per checkpoint, which have no sigma_rel to choose them by."),
                    List.of(),
                    Optional.empty());
        boolean averages = byShape.values().stream().allMatch(CheckpointFolders::areAverages);
        if (!averages) byShape.values().removeIf(CheckpointFolders::areAverages);
        Map<String, Long> counts = new TreeMap<>();
        byShape.forEach((shape, folders) -> counts.put(shape, (long) folders.size()));
        if (Questions.isTied(counts)) return asked(Question.withoutLines(Questions.ofTied(counts, "")));
        List<Folder> folders = byShape.values().stream().max(comparingLong(List::size)).orElseThrow().stream()
                .sorted(comparingLong(folder -> folder.name().number()))
                .toList();
        List<String> families =
                folders.stream().map(f -> f.name().family()).distinct().sorted().toList();
        if (families.size() > 1) return asked(ofFamilies(families, folders));
        Optional<Question> anew = Questions.ofAnew(
                folders.stream().map(f -> f.name().name()).toList(),
                "folders",
                NamedNumber::inFolder,
                "/" + folders.getLast().example());
        if (anew.isPresent()) return asked(anew.get());
        List<String> notices = new ArrayList<>(links);
        Set<String> taken = folders.stream().map(f -> f.name().name()).collect(toSet());
        List<String> empty = named.stream()
                .filter(name -> name.family().equals(families.getFirst()) && !taken.contains(name.name()))
                .map(CheckpointName::name)
                .toList();
        if (!empty.isEmpty())
            notices.add(some(empty) + (empty.size() == 1 ? " holds" : " hold") + " no weights that are complete, and "
                    + (empty.size() == 1 ? "is" : "are") + " not used.");
        Choice choice = new Choice(run, folders, names, mayRead, notices);
        return averages ? choice.ofAverages() : choice.made();
    }

    /** @param alike folders whose names differ in numbers only */
    private static boolean areAverages(List<Folder> alike) {
        return AverageWords.isInFileName(alike.getFirst().name().name());
    }

    /** Whether folders with these names, which hold weights, are checkpoints of one run that nobody has to ask for. */
    static boolean areRun(Collection<String> names) {
        return names.stream()
                .flatMap(name -> CheckpointName.parse(name).stream())
                .collect(groupingBy(CheckpointName::shape, counting()))
                .values()
                .stream()
                .anyMatch(count -> count > 1);
    }

    private static String some(List<String> names) {
        return String.join(", ", names.stream().limit(5).toList()) + (names.size() > 5 ? ", ..." : "");
    }

    /** Whether anything is to be said of the folder as a run. */
    boolean isEmpty() {
        return equals(NONE);
    }

    private static CheckpointFolders asked(Question question) {
        return new CheckpointFolders(List.of(), List.of(), List.of(), Optional.of(question));
    }

    private static List<String> lines(String pattern, String path) {
        String place = pattern + "/" + path;
        boolean average = WeightsPath.isAverage(NamedNumber.withoutMeasures(place.replace("*", "0.0"))); // avg_loss=*
        return List.of("files: '" + place + "'", average ? Questions.ofDecay(place) : Questions.RAW);
    }

    private static Question ofFamilies(List<String> families, List<Folder> folders) {
        CheckpointName example = folders.getLast().name();
        return Questions.ofReadings(
                "folders named " + example.shape() + " differ in more than one number (" + families.get(0) + ", "
                        + families.get(1) + "), so it cannot be told whether they are of one run",
                NumberReadings.of(folders.stream().map(f -> f.name().name()).toList()),
                "/" + folders.getLast().example(),
                ", where * may stand for what does not matter; or give each run a folder of its own");
    }

    /** Chooses which of the weights in the folders are the run's. */
    private static final class Choice {
        private final Path run;
        private final List<Folder> folders;
        private final Collection<String> names;
        private final Predicate<Path> mayRead;
        private final List<String> notices;
        private final String pattern;
        private final Optional<AcceleratedFolders> accelerated;
        private boolean saidOfConfiguration;

        private Choice(
                Path run,
                List<Folder> folders,
                Collection<String> names,
                Predicate<Path> mayRead,
                List<String> notices) {
            this.notices = notices;
            this.run = run;
            this.folders = folders;
            this.names = names;
            this.mayRead = mayRead;
            this.pattern = folders.getLast().name().pattern();
            this.accelerated = AcceleratedFolders.of(
                    run, folders.stream().map(Folder::name).toList(), mayRead);
        }

        private CheckpointFolders made() {
            Folder newest = folders.getLast();
            Optional<String> single = TensorFiles.in(
                    run.resolve(newest.name().name()), newest.weights().values(), new Proposal(mayRead)::content);
            if (single.isPresent()) {
                notices.add(TensorFiles.notice(newest.name().name() + "/" + single.get()));
                return new CheckpointFolders(List.of(), notices, List.of(), Optional.empty());
            }
            List<String> usual = usual();
            List<String> raw = usual.stream()
                    .filter(component -> !WeightsPath.isAverage(component) && !WeightsPath.isReference(component))
                    .toList();
            List<String> averages =
                    usual.stream().filter(WeightsPath::isAverage).toList();
            if (raw.isEmpty())
                return averages.isEmpty() && !usual.isEmpty() ? asked(ofReference(usual)) : ofAverages(averages);
            Optional<String> chosen = raw.size() == 1 ? Optional.of(raw.getFirst()) : WeightsPath.usual(raw);
            return chosen.map(component -> of(component, averages, usual)).orElseGet(() -> asked(ofSeveral(raw)));
        }

        /** What half of the folders hold, or more of them. */
        private List<String> usual() {
            Map<String, Long> counts = folders.stream()
                    .flatMap(folder -> folder.weights().keySet().stream())
                    .collect(groupingBy(component -> component, TreeMap::new, counting()));
            long most = counts.values().stream().mapToLong(n -> n).max().orElse(0);
            return counts.keySet().stream()
                    .filter(component -> 2 * counts.getOrDefault(component, 0L) >= most)
                    .toList();
        }

        /** Where folders are called averages, so that all that they hold is one. */
        private CheckpointFolders ofAverages() {
            List<String> usual = usual();
            return ofAverages(WeightsPath.usual(usual).map(List::of).orElse(usual));
        }

        private CheckpointFolders of(String raw, List<String> averages, List<String> usual) {
            List<String> own = averages.stream()
                    .filter(average -> WeightsPath.averaged(average).equals(raw))
                    .toList();
            List<Candidate> candidates = new ArrayList<>();
            List<String> without = new ArrayList<>();
            Map<String, Map<CheckpointName, String>> profiles = new HashMap<>();
            own.forEach(average -> profiles.put(average, recorded(average)));
            AdapterScale scale = new AdapterScale(mayRead);
            for (Folder folder : folders)
                Optional.ofNullable(folder.weights().get(raw))
                        .ifPresent(path -> scale.add(run.resolve(in(folder, path))));
            for (Folder folder : folders) {
                // Also where files are missing: only who reads it says which.
                Optional<WeightsPath> weights =
                        Optional.ofNullable(folder.weights().get(raw));
                if (weights.isEmpty()) without.add(folder.name().name());
                Optional<String> other = weights.flatMap(path -> scale.difference(run.resolve(in(folder, path))));
                if (other.isPresent()) {
                    notices.add(folder.name().name() + " is not used: " + other.get() + ".");
                    continue;
                }
                weights.ifPresent(path -> candidates.add(
                        own.isEmpty()
                                ? Candidate.ofNumbered(in(folder, path), time(folder.name()))
                                : ofGroup(folder, path, Optional.of(WeightGroups.RAW))));
                for (String average : own)
                    Optional.ofNullable(folder.weights().get(average))
                            .filter(WeightsPath::isThere)
                            .ifPresent(path -> candidates.add(ofGroup(
                                    folder,
                                    path,
                                    Optional.ofNullable(profiles.get(average)).map(of -> of.get(folder.name())))));
            }
            notices.add("Folders named " + folders.getLast().name().family() + " are taken for checkpoints"
                    + (accelerated.isPresent() ? "" : " of time N")
                    + (own.isEmpty() ? ", with raw weights in " + path(raw) : "") + "; for anything else, say so in "
                    + Manifest.FILE_NAME + ".");
            accelerated.map(AcceleratedFolders::notice).ifPresent(notices::add);
            own.forEach(this::noteMissing);
            noteBesideIndex(raw);
            if (!without.isEmpty())
                notices.add(some(without) + (without.size() == 1 ? " is" : " are") + " not used, for want of "
                        + path(raw) + ".");
            List<String> left = usual.stream()
                    .filter(component -> !component.equals(raw) && !own.contains(component))
                    .toList();
            if (!left.isEmpty())
                notices.add("Each checkpoint holds other weights as well, which are not used: "
                        + left.stream().limit(8).map(this::path).collect(joining(", "))
                        + (left.size() > 8 ? ", ..." : "")
                        + ". For averages of those, write " + Manifest.FILE_NAME + " with `files: '" + pattern + "/"
                        + Proposal.byLikelihood(newest(left), paths(left))
                                .getFirst()
                                .pattern()
                        + "'` and their profile.");
            Set<String> taken = folders.stream().map(f -> f.name().name()).collect(toSet());
            List<String> others = names.stream()
                    .filter(name -> !taken.contains(name))
                    .filter(name -> LeftOut.mayHoldWeights(name) && Files.isRegularFile(run.resolve(name))
                            || !name.startsWith(".")
                                    && Files.isDirectory(run.resolve(name))
                                    && !WeightsPath.in(run.resolve(name)).isEmpty())
                    .toList();
            if (!others.isEmpty())
                notices.add("Beside the checkpoints' folders, and not used: " + LeftOut.shapes(others) + ".");
            return new CheckpointFolders(
                    candidates, notices, own.isEmpty() ? linesOf(raw) : List.of(), Optional.empty());
        }

        /** Of a file by the name of the index that is taken, which may be older or newer than what that lists. */
        private void noteBesideIndex(String raw) {
            String path = path(raw);
            String file = WeightsPath.withoutIndex(path);
            Path newest = newest(List.of(raw));
            if (file.equals(path)
                    || !Files.isRegularFile(newest.resolve(file))
                    || ShardIndexes.listed(newest.resolve(path))
                            .contains(String.valueOf(Path.of(file).getFileName()))) return;
            notices.add(file + " lies beside " + path + ", which does not list it, in "
                    + newest.getFileName() + ": the files that the index lists are taken. transformers would load "
                    + file + " instead; where that is what is meant, write "
                    + Question.inline(lines(pattern, file)) + " into " + Manifest.FILE_NAME
                    + ", and else move it away.");
        }

        /** Of averages in shards that are not all there. */
        private void noteMissing(String average) {
            List<String> without = folders.stream()
                    .filter(folder -> Optional.ofNullable(folder.weights().get(average))
                            .filter(path -> !path.isThere())
                            .isPresent())
                    .map(folder -> folder.name().name())
                    .toList();
            if (!without.isEmpty())
                notices.add("The average in " + path(average) + " is not used of " + some(without)
                        + ", where not all of its files are there.");
        }

        private CheckpointFolders ofAverages(List<String> averages) {
            List<Candidate> candidates = new ArrayList<>();
            averages.forEach(this::noteMissing);
            if (averages.size() == 1) {
                Map<CheckpointName, String> profiles = recorded(averages.getFirst());
                for (Folder folder : folders)
                    Optional.ofNullable(profiles.get(folder.name()))
                            .ifPresent(spec -> candidates.add(ofGroup(
                                    folder,
                                    Objects.requireNonNull(folder.weights().get(averages.getFirst())),
                                    Optional.of(spec))));
            }
            return candidates.isEmpty()
                    ? asked(Question.of(
                            "the folders named " + folders.getLast().name().family()
                                    + " hold averages by their names ("
                                    + averages.stream().map(this::path).collect(joining(", "))
                                    + "), not raw weights, but nothing says which",
                            lines(pattern, path(averages.getFirst())),
                            ", or whichever average it is"))
                    : new CheckpointFolders(candidates, notices, List.of(), Optional.empty());
        }

        /** What has to be asked where all that folders hold is what training compares with, by its name. */
        private Question ofReference(List<String> usual) {
            return Question.of(
                    "the folders named " + folders.getLast().name().family() + " hold nothing but "
                            + usual.stream().limit(6).map(this::path).collect(joining(", "))
                            + ", which by its name is not what is trained, but what that is compared with",
                    lines(pattern, path(usual.getFirst())),
                    ", if it is what is to be averaged");
        }

        private Question ofSeveral(List<String> raw) {
            if (raw.stream().map(LeftOut::shape).distinct().count() == 1)
                return Question.withoutLines("the folders named "
                        + folders.getLast().name().family() + " hold " + raw.size() + " files named alike ("
                        + path(raw.getFirst()) + ", " + path(raw.get(1)) + (raw.size() > 2 ? ", ..." : "")
                        + "), which most likely hold a part of the weights each, and none of their indexes (such as"
                        + " pytorch_model.bin.index.json) is there, which would say so; copy it as well, or save the"
                        + " weights in one file");
            return Question.of(
                    "the folders named " + folders.getLast().name().family() + " hold several weights ("
                            + raw.stream().limit(6).map(this::path).collect(joining(", "))
                            + (raw.size() > 6 ? ", ..." : "")
                            + "), and it cannot be told which are to be averaged",
                    lines(
                            pattern,
                            new Proposal(mayRead).best(newest(raw), paths(raw)).pattern()),
                    "");
        }

        /** The lines of a manifest for checkpoints that all hold their weights in one place; else none. */
        private List<String> linesOf(String component) {
            List<String> places = folders.stream()
                    .flatMap(folder -> Stream.ofNullable(folder.weights().get(component)))
                    .map(path -> path.pattern(component))
                    .distinct()
                    .toList();
            if (places.size() != 1) return List.of();
            List<String> lines = lines(pattern, places.getFirst());
            return accelerated.map(known -> known.in(lines)).orElse(lines);
        }

        /** The newest folder that holds any of some components. */
        private Path newest(List<String> components) {
            return run.resolve(newestFolder(components).name().name());
        }

        /** Where those of some components lie that are in that folder. */
        private List<WeightsPath> paths(List<String> components) {
            SequencedMap<String, WeightsPath> weights = newestFolder(components).weights();
            return components.stream()
                    .flatMap(component -> Stream.ofNullable(weights.get(component)))
                    .toList();
        }

        private Folder newestFolder(List<String> components) {
            return folders.reversed().stream()
                    .filter(folder -> components.stream().anyMatch(folder.weights()::containsKey))
                    .findFirst()
                    .orElseThrow();
        }

        /** Where a component lies in the newest folder that has it. */
        private String path(String component) {
            return folders.reversed().stream()
                    .flatMap(folder -> Stream.ofNullable(folder.weights().get(component)))
                    .findFirst()
                    .map(path -> path.pattern(component))
                    .orElse(component);
        }

        /** The profiles of an average's files, as text, as far as they are recorded beside them. */
        private Map<CheckpointName, String> recorded(String average) {
            SequencedMap<CheckpointName, RecordedDecay.Recorded> recorded = new LinkedHashMap<>();
            for (Folder folder : folders)
                Optional.ofNullable(folder.weights().get(average))
                        .filter(WeightsPath::isThere)
                        .flatMap(path -> recorded(folder, path))
                        .ifPresent(one -> recorded.put(folder.name(), one));
            RecordedDecay.Profiles<CheckpointName> found =
                    RecordedDecay.profiles(recorded, this::time, "in `" + path(average) + "`");
            found.notice().ifPresent(notices::add);
            return found.byFile();
        }

        private Optional<RecordedDecay.Recorded> recorded(Folder folder, WeightsPath path) {
            Path weights = run.resolve(in(folder, path));
            Optional<RecordedDecay.Recorded> recorded = RecordedDecay.beside(weights, mayRead);
            if (recorded.isEmpty() && Files.exists(weights.resolveSibling("config.json")) && !saidOfConfiguration) {
                saidOfConfiguration = true;
                notices.add("The config.json beside " + in(folder, path) + " states no average that phema knows: it"
                        + " takes decay, update_after_step, use_ema_warmup with power and inv_gamma, and a"
                        + " min_decay of 0.");
            }
            return recorded;
        }

        private Candidate ofGroup(Folder folder, WeightsPath path, Optional<String> profile) {
            return Candidate.ofNumbered(in(folder, path), path.path(), time(folder.name()), profile);
        }

        /** What a name counts, or what is known of it otherwise. */
        private long time(CheckpointName name) {
            return accelerated
                    .map(known -> known.times().getOrDefault(name.number(), name.number()))
                    .orElse(name.number());
        }

        private static String in(Folder folder, WeightsPath path) {
            return folder.name().name() + "/" + path.path();
        }
    }
}
