package phema.catalog;

import static java.util.Comparator.comparingDouble;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import phema.format.FormatException;
import phema.format.NetworkSettings;
import phema.format.RegularFiles;
import phema.profile.Exponential;
import phema.profile.Power;
import phema.profile.Profile;
import phema.profile.ProfileSpec;
import phema.profile.SigmaRel;
import phema.text.Labels;

/**
 * Holds what {@code phema.yaml} in a run's folder says of the run's files, where their names alone do not;
 * {@code docs/snapshots.md} describes it.
 *
 * @param files which they are
 * @param profile of all files of a pattern that does not tell them apart, as text; see {@link ProfileSpec}
 * @param gammas of the averages by index: exponents of their power profiles
 * @param updateEvery steps between two updates of the averages, each made with the beta of a single step
 * @param updateAfterStep where averaging begins: the run's clock starts there
 * @param timeScale units of the run's clock in one unit of the files' times
 * @param tensors which are the model's
 * @param publication how the run looks as a model repository
 * @param network settings of the network, which count more than those that files state
 */
record Manifest(
        ManifestFiles files,
        Optional<String> profile,
        List<Double> gammas,
        long updateEvery,
        double updateAfterStep,
        double timeScale,
        TensorSelection tensors,
        Publication publication,
        NetworkSettings network) {
    static final String FILE_NAME = "phema.yaml";

    /** Which files are the run's. */
    sealed interface ManifestFiles {}

    /** Those that would be without a manifest. */
    record Usual() implements ManifestFiles {}

    /**
     * Those of a pattern.
     *
     * @param pattern of paths from the run's folder: of files, or of folders that hold a checkpoint each
     * @param weights which files of each folder are the run's; none where the pattern is of files
     */
    record Matching(NamePattern pattern, List<StatedFile> weights) implements ManifestFiles {
        Matching {
            weights = List.copyOf(weights);
        }

        private boolean matches(String path) {
            return weights.isEmpty()
                    ? pattern.matches(path)
                    : weights.stream().anyMatch(file -> folder(path, file).isPresent());
        }

        private Optional<Matcher> folder(String path, StatedFile file) {
            return path.endsWith("/" + file.path())
                    ? pattern.match(
                            path.substring(0, path.length() - file.path().length() - 1))
                    : Optional.empty();
        }

        /** The patterns of all files, from the run's folder. */
        private List<String> paths() {
            return weights.isEmpty()
                    ? List.of(pattern.text())
                    : weights.stream()
                            .map(file -> pattern.text() + "/" + file.path())
                            .toList();
        }
    }

    /**
     * What is said of one file of each checkpoint.
     *
     * @param path from the checkpoint's folder
     * @param profile as text
     */
    record StatedFile(String path, String profile) {}

    record Listed(List<ManifestEntry> entries) implements ManifestFiles {
        Listed {
            entries = List.copyOf(entries);
        }
    }

    /** One file, by name, with its own time and profile. */
    record ManifestEntry(String name, double time, String profile) {}

    Manifest {
        gammas = List.copyOf(gammas);
    }

    /**
     * @param mayRead as for {@link RegularFiles#open}
     * @throws FormatException naming line and column of what is wrong
     */
    static Manifest read(Path file, Predicate<Path> mayRead) throws IOException {
        return ManifestReader.read(file, mayRead);
    }

    /** The paths of files in folders below that may be the run's. */
    List<String> pathsBelow(Path folder) throws IOException {
        return switch (files) {
            case Usual usual -> List.of();
            case Matching matching -> {
                List<String> paths = new ArrayList<>();
                for (String path : matching.paths())
                    if (path.indexOf('/') >= 0)
                        paths.addAll(PathPattern.of(path).matchesBelow(folder));
                yield paths;
            }
            case Listed listed ->
                listed.entries().stream()
                        .map(ManifestEntry::name)
                        .filter(name -> name.indexOf('/') >= 0 && Files.exists(folder.resolve(name)))
                        .toList();
        };
    }

    /**
     * The folders of checkpoints, with slashes, in which none of the files lies that this names.
     *
     * @param found what {@link #pathsBelow} found
     */
    List<String> foldersWithout(Path folder, List<String> found) throws IOException {
        if (!(files instanceof Matching matching)) return List.of();
        NavigableSet<String> paths = new TreeSet<>(found);
        return PathPattern.of(matching.paths().getFirst()).times(folder).stream()
                .filter(time -> {
                    String next = paths.ceiling(time);
                    return next == null || !next.startsWith(time);
                })
                .toList();
    }

    /** Whether a file is one of the run's. */
    boolean names(String fileName) {
        return switch (files) {
            case Usual usual -> Recognition.mayBeSnapshot(fileName);
            case Matching matching ->
                !fileName.startsWith("._") && matching.matches(fileName); // not what macOS leaves beside files
            case Listed listed ->
                listed.entries().stream().anyMatch(entry -> entry.name().equals(fileName));
        };
    }

    /** @param names of the run's files that are there */
    Recognition recognise(List<String> names, Selection selection) {
        List<String> notices = new ArrayList<>();
        List<Candidate> candidates = new ArrayList<>();
        switch (files) {
            case Usual usual -> {
                return says(Recognition.of(names, selection, any -> Map.of()));
            }
            case Matching matching -> {
                for (String name : names) {
                    if (matching.weights().isEmpty())
                        matching.pattern()
                                .match(name)
                                .flatMap(m -> candidate(name, m, selection))
                                .ifPresent(candidates::add);
                    for (StatedFile file : matching.weights())
                        if (selection.sigmaRels().isEmpty())
                            matching.folder(name, file)
                                    .map(m -> Candidate.ofFile(
                                            name,
                                            file.path(),
                                            clock(NamedNumber.value(m.group("time"))),
                                            Optional.of(file.profile())))
                                    .ifPresent(candidates::add);
                }
                Optional<String> twice = twice(matching, candidates);
                if (twice.isPresent()) return Recognition.withoutManifest(twice.get());
                for (StatedFile file : matching.weights())
                    if (candidates.stream().noneMatch(c -> c.group().equals(file.path())))
                        notices.add("No checkpoint holds " + file.path() + ", which " + FILE_NAME
                                + " names under averages.");
                if (candidates.isEmpty())
                    notices.add("No file is named " + String.join(" or ", matching.paths()) + ", which " + FILE_NAME
                            + " calls the run's files.");
            }
            case Listed listed -> {
                for (ManifestEntry entry : listed.entries()) {
                    if (names.contains(entry.name()) && selection.sigmaRels().isEmpty())
                        candidates.add(Candidate.of(
                                entry.name(),
                                clock(entry.time()),
                                entry.profile(),
                                t -> ProfileSpec.parse(entry.profile(), t)));
                    else if (!names.contains(entry.name()))
                        notices.add(FILE_NAME + " lists " + entry.name() + ", which is not there.");
                }
            }
        }
        if (timeScale != 1)
            candidates.stream()
                    .flatMap(c -> c.profile().stream())
                    .filter(Exponential.class::isInstance)
                    .map(profile -> halfLife((Exponential) profile))
                    .distinct()
                    .forEach(notices::add);
        candidates.removeIf(c -> !c.fileName().startsWith(selection.prefix().orElse("")));
        candidates.sort(comparingDouble(Candidate::time)
                .thenComparing(Candidate::average)
                .thenComparing(Candidate::fileName));
        return new Recognition(
                candidates,
                Recognition.Ground.MANIFEST,
                tensors,
                publication,
                network,
                notices,
                Optional.empty(),
                List.of(),
                LaterNames.NONE);
    }

    /** What names say of the files, with what this says of all of them. */
    Recognition says(Recognition ofNames) {
        Recognition published = ofNames.publishedAs(publication, network);
        return tensors.masters() ? published.ofMasters() : published;
    }

    /** Why a pattern of paths does not say which file of a checkpoint holds the weights; empty where it does. */
    private static Optional<String> twice(Matching matching, List<Candidate> candidates) {
        if (matching.pattern().text().indexOf('/') < 0) return Optional.empty();
        Map<String, Candidate> byWhat = new HashMap<>();
        for (Candidate candidate : candidates) {
            Candidate first = byWhat.putIfAbsent(
                    candidate.time() + " " + candidate.average() + " " + candidate.group(), candidate);
            if (first != null)
                return Optional.of(FILE_NAME + ": files matches both " + first.fileName() + " and "
                        + candidate.fileName() + " of time " + Labels.plain(candidate.time())
                        + "; name the one that is meant"
                        + (candidate.fileName().contains("-of-") ? ", of shards their index" : "")
                        + ", or give each run a folder of its own");
        }
        return Optional.empty();
    }

    private String halfLife(Exponential average) {
        return String.format(
                Locale.ROOT,
                "%s is in units of the run's clock, of which %s are one in the files' names (timeScale): its half-life"
                        + " is %.6g, which is %.4g of theirs. A decay per step is exponential:rate=%s.",
                ProfileSpec.print(average),
                Labels.plain(timeScale),
                average.halfLife(),
                average.halfLife() / timeScale,
                "-ln(DECAY)/" + Labels.plain(timeScale));
    }

    private Optional<Candidate> candidate(String name, Matcher match, Selection selection) {
        double time = clock(NamedNumber.value(match.group("time")));
        if (profile.isPresent()) {
            if (!selection.sigmaRels().isEmpty()) return Optional.empty();
            return Optional.of(
                    time == 0 // which its file may contradict
                            ? new Candidate(name, time, profile.get(), new Candidate.First(profile))
                            : Candidate.of(name, time, profile.get(), t -> ProfileSpec.parse(profile.get(), t)));
        }
        double gamma;
        if (gammas.isEmpty()) {
            gamma = SigmaRel.toGamma(Double.parseDouble(match.group("sigmaRel")));
        } else {
            int index = Integer.parseInt(match.group("index"));
            if (index >= gammas.size())
                return Optional.of(new Candidate(
                        name,
                        time,
                        "index " + index,
                        new Candidate.NoAverage("has index " + index + ", but " + FILE_NAME + " gives only "
                                + gammas.size() + " sigmaRels or gammas, for 0 to " + (gammas.size() - 1))));
            gamma = gammas.get(index);
        }
        double sigmaRel = SigmaRel.ofGamma(gamma);
        return selection.admits(sigmaRel)
                ? Optional.of(Candidate.of(
                        name, time, String.format(Locale.ROOT, "sigma_rel %.3f", sigmaRel), t -> tracked(gamma, t)))
                : Optional.empty();
    }

    private double clock(double stored) {
        return (stored - updateAfterStep) * timeScale;
    }

    /**
     * What is really tracked when the beta of one step, {@code (1 - 1/t)^(gamma + 1)}, is applied only every
     * {@code updateEvery} steps: the average forgets that many times more slowly, which is a power profile again, of
     * {@code (gamma + 1) / updateEvery - 1}.
     */
    private Profile tracked(double gamma, double time) {
        return new Power((gamma + 1) / updateEvery - 1, time);
    }
}
