package phema.catalog;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import phema.format.FormatException;
import phema.format.WeightFiles;

/**
 * Lists a folder: which files are meant to be a run's snapshots.
 *
 * @param notices about names that lead to nothing that may be read; one line each
 */
record FolderListing(Recognition recognition, List<String> notices) {
    /** The names of numbered files that may hold anything: without an extension, or with one that some trainers use. */
    private static final Pattern UNKNOWN = Pattern.compile(
            "[^.]*\\d|[^.].*\\d.*\\.(?:th|tar|t7|weights?|model|mdl|dat|sd|net|pyt|torch|params|ckp|chkpt|checkpoint)",
            Pattern.CASE_INSENSITIVE);

    FolderListing {
        notices = List.copyOf(notices);
    }

    /**
     * @param names of all that the folder holds
     * @param mayRead whether the real path that a symbolic link leads to may be read
     */
    static FolderListing of(Path folder, List<String> names, Selection selection, Predicate<Path> mayRead)
            throws IOException {
        FolderListing listing = names.contains(Manifest.FILE_NAME)
                ? byManifest(folder, names, selection.ofFiles(), mayRead)
                : byNames(folder, names, selection.ofFiles(), mayRead);
        if (selection.prefix().isEmpty()) listing = listing.with(listing.withLater(folder, names));
        return selection.masters() ? listing.with(listing.recognition.ofMasters()) : listing;
    }

    private Recognition withLater(Path folder, List<String> names) throws IOException {
        return recognition.withLater(LaterNames.of(folder, names, recognition.candidates(), recognition.lines()));
    }

    private FolderListing with(Recognition other) {
        return new FolderListing(other, notices);
    }

    private static FolderListing byNames(Path folder, List<String> names, Selection selection, Predicate<Path> mayRead)
            throws IOException {
        List<String> notices = new ArrayList<>();
        List<String> files = readable(
                folder,
                names,
                name -> Recognition.mayBeSnapshot(name) || LeftOut.mayHoldWeights(name),
                mayRead,
                notices);
        Recognition recognition = recorded(
                folder,
                Recognition.of(
                        files.stream().filter(Recognition::mayBeSnapshot).toList(),
                        selection,
                        name -> metadata(folder.resolve(name), mayRead)),
                mayRead);
        if (!recognition.isRun()) {
            CheckpointFolders folders = CheckpointFolders.in(folder, names, selection, mayRead);
            if (!folders.isEmpty()) {
                Recognition inFolders = inFolders(folder, folders, mayRead, notices);
                return new FolderListing(recorded(folder, inFolders, mayRead), notices);
            }
        }
        if (recognition.manifestProblem().isPresent() && names.stream().anyMatch(Questions::isOfOneTrainer)) {
            Optional<String> decay = OneTrainer.decay(folder, mayRead);
            if (decay.isPresent()) return new FolderListing(OneTrainer.asked(recognition, decay.get()), notices);
        }
        if (!selection.equals(Selection.DEFAULT)
                || recognition.manifestProblem().isPresent()) return new FolderListing(recognition, notices);
        List<String> more = new ArrayList<>();
        if (!recognition.isRun()) ofOneCheckpoint(folder).ifPresent(more::add);
        Proposal proposal = new Proposal(mayRead);
        List<Path> runsBelow = recognition.isRun()
                ? List.of()
                : RootWatcher.runsBelow(folder).stream()
                        .filter(run -> !run.equals(folder))
                        .toList();
        if (!recognition.isRun() && more.isEmpty() && runsBelow.isEmpty()) {
            Optional<Question> question = Questions.ofOthers(folder, files, proposal);
            if (question.isEmpty()) question = ofUnknown(folder, names, proposal);
            if (question.isPresent()) return new FolderListing(Recognition.asked(question.get()), notices);
        }
        if (more.isEmpty())
            LeftOut.files(folder, files, recognition.candidates(), proposal).ifPresent(more::add);
        Set<String> regular = Set.copyOf(files);
        List<String> others =
                names.stream().filter(name -> !regular.contains(name)).toList();
        LeftOut.folders(folder, others, runsBelow, proposal).ifPresent(more::add);
        if (!recognition.isRun() && more.isEmpty() && runsBelow.isEmpty())
            OtherFormats.notice(folder, names).ifPresent(more::add);
        return new FolderListing(recognition.withNotices(more), notices);
    }

    /** What has to be asked of files that may hold anything, of which one of each name is looked at. */
    private static Optional<Question> ofUnknown(Path folder, List<String> names, Proposal proposal) throws IOException {
        List<String> files = readable(
                folder,
                names,
                name -> UNKNOWN.matcher(name).matches() && !LeftOut.isState(name),
                proposal.mayRead(),
                new ArrayList<>());
        return Questions.ofUnknownNames(folder, files, proposal);
    }

    /** What a file states beside its weights; nothing where it cannot be read. */
    private static Map<String, String> metadata(Path file, Predicate<Path> mayRead) {
        try {
            return WeightFiles.read(file, Optional.empty(), mayRead).metadata();
        } catch (IOException e) { // which is said of it once it is read as one of a run
            return Map.of();
        }
    }

    /** What is to be said of a folder that is no run, but one of its checkpoints. */
    private static Optional<String> ofOneCheckpoint(Path folder) {
        boolean named =
                CheckpointName.parse(String.valueOf(folder.getFileName())).isPresent();
        Collection<WeightsPath> held = WeightsPath.in(folder).values();
        List<String> own = Questions.whole(held.stream().map(WeightsPath::path).toList()).stream()
                .filter(path -> path.indexOf('/') < 0)
                .toList();
        boolean alike = LeftOut.differInNumbers(own);
        return held.stream()
                .filter(weights -> named && !alike
                        || weights.path().indexOf('/') < 0 && weights.path().endsWith(".metadata"))
                .findFirst()
                .map(weights ->
                        "This folder is one checkpoint. Checkpoints in folders are a run: name the folder above, "
                                + folder.getParent() + ". What this one holds, `phema inspect "
                                + folder.resolve(weights.path()) + "` shows.");
    }

    /** Numbered files that a configuration beside them says more of. */
    private static Recognition recorded(Path folder, Recognition recognition, Predicate<Path> mayRead) {
        if (recognition.ground() != Recognition.Ground.NUMBERED_NAMES
                || recognition.candidates().isEmpty()
                || recognition.candidates().stream()
                        .anyMatch(candidate -> !candidate.group().isEmpty())) return recognition;
        String name = recognition.candidates().getFirst().fileName();
        return AiToolkit.profile(folder, name, mayRead)
                .map(profile -> recognition.recordedAs(profile, AiToolkit.CONFIGURATION))
                .orElse(recognition);
    }

    private static Recognition inFolders(
            Path folder, CheckpointFolders folders, Predicate<Path> mayRead, List<String> notices) throws IOException {
        if (folders.question().isPresent())
            return Recognition.asked(folders.question().get());
        List<String> paths =
                folders.candidates().stream().map(Candidate::fileName).toList();
        Set<String> readable = Set.copyOf(readable(folder, paths, any -> true, mayRead, notices));
        return new Recognition(
                folders.candidates().stream()
                        .filter(candidate -> readable.contains(candidate.fileName()))
                        .toList(),
                Recognition.Ground.NUMBERED_NAMES,
                folders.notices(),
                folders.lines());
    }

    /** The same where a manifest has chosen, which may have left out more than it should. */
    private static List<String> leftOut(Path folder, List<String> names, Recognition recognition) {
        if (recognition.manifestProblem().isPresent()) return List.of();
        List<String> left = LeftOut.of(names, recognition.candidates()).stream()
                .filter(name -> Files.isRegularFile(folder.resolve(name)))
                .toList();
        return left.isEmpty()
                ? List.of()
                : List.of(left.size() + (left.size() == 1 ? " weight file is" : " weight files are")
                        + " not used, because " + Manifest.FILE_NAME + " does not name "
                        + (left.size() == 1 ? "it: " : "them: ") + LeftOut.shapes(left) + ".");
    }

    private static FolderListing byManifest(
            Path folder, List<String> names, Selection selection, Predicate<Path> mayRead) throws IOException {
        Path file = folder.resolve(Manifest.FILE_NAME);
        List<String> notices = new ArrayList<>();
        Recognition recognition;
        try {
            Manifest manifest = Manifest.read(file, mayRead);
            if (manifest.files() instanceof Manifest.Usual) {
                FolderListing usual = byNames(folder, names, selection, mayRead);
                return usual.with(manifest.says(usual.recognition));
            }
            List<String> paths = new ArrayList<>(names);
            List<String> below = manifest.pathsBelow(folder);
            paths.addAll(below);
            recognition = manifest.recognise(readable(folder, paths, manifest::names, mayRead, notices), selection)
                    .withNotices(without(manifest.foldersWithout(folder, below)));
        } catch (FormatException e) {
            recognition = Recognition.withoutManifest(String.valueOf(e.getMessage()));
        } catch (FileSystemException e) {
            if (!Files.isSymbolicLink(file)) throw e; // storage that failed, not a link in a circle
            recognition = Recognition.withoutManifest(String.valueOf(e.getMessage()));
        }
        List<String> more = new ArrayList<>(leftOut(folder, names, recognition));
        ofSingleTensors(folder, recognition, new Proposal(mayRead)).ifPresent(more::add);
        return new FolderListing(recognition.withNotices(more), notices);
    }

    /** What is to be said where a manifest names one tensor of each checkpoint. */
    private static Optional<String> ofSingleTensors(Path folder, Recognition recognition, Proposal proposal) {
        return recognition.candidates().stream()
                .map(Candidate::fileName)
                .filter(name -> name.indexOf('/') >= 0)
                .reduce((one, newer) -> newer)
                .filter(newest -> proposal.content(folder.resolve(newest))
                        .filter(file -> file.tensors().size() == 1)
                        .isPresent())
                .flatMap(newest -> {
                    String checkpoint = newest.substring(0, newest.indexOf('/'));
                    Path below = folder.resolve(checkpoint);
                    return TensorFiles.in(below, WeightsPath.in(below).values(), proposal::content)
                            .map(single -> Manifest.FILE_NAME + " names one tensor of each checkpoint. "
                                    + TensorFiles.notice(checkpoint + "/" + single));
                });
    }

    /** Of checkpoints in folders, those that do not hold what the manifest names. */
    private static List<String> without(List<String> without) {
        return without.isEmpty()
                ? List.of()
                : List.of(String.join(", ", without.stream().limit(5).toList())
                        + (without.size() > 5 ? ", ..." : "") + (without.size() == 1 ? " does" : " do")
                        + " not hold the file that " + Manifest.FILE_NAME + " names, and "
                        + (without.size() == 1 ? "is" : "are") + " not used.");
    }

    /** The names of all that a folder holds, in order. */
    static List<String> names(Path folder) throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
            List<String> names = new ArrayList<>();
            for (Path entry : entries) names.add(String.valueOf(entry.getFileName()));
            names.sort(null);
            return names;
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
    }

    /** Those of the wanted names that are regular files and may be read. */
    private static List<String> readable(
            Path folder, List<String> names, Predicate<String> wanted, Predicate<Path> mayRead, List<String> notices)
            throws IOException {
        List<String> readable = new ArrayList<>();
        for (String name : names) {
            if (!wanted.test(name)) continue;
            Path file = folder.resolve(name);
            if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                readable.add(name);
                continue;
            }
            if (!Files.isRegularFile(file)) {
                if (Files.isSymbolicLink(file) && Files.notExists(file))
                    notices.add(name + " is a link to a file that does not exist and is ignored.");
                if (Files.notExists(file, LinkOption.NOFOLLOW_LINKS) && WeightsPath.isExpected(file))
                    readable.add(name);
                continue;
            }
            if (leadsOutside(file, mayRead)) {
                notices.add(name + " is a link that leads outside of phema.roots and is ignored.");
                continue;
            }
            String sibling = sibling(file);
            if (!sibling.isEmpty() && names.contains(sibling) && wanted.test(sibling))
                notices.add(name + " is a link to " + sibling + ", which is there itself, and is ignored.");
            else readable.add(name);
        }
        return readable;
    }

    /** The name of the file in the same folder that a link leads to; empty for anything else. */
    static String sibling(Path file) throws IOException {
        if (!Files.isSymbolicLink(file)) return "";
        Path real = file.toRealPath();
        return file.resolveSibling(".").toRealPath().equals(real.getParent()) ? String.valueOf(real.getFileName()) : "";
    }

    private static boolean leadsOutside(Path entry, Predicate<Path> mayRead) throws IOException {
        try {
            return Files.isSymbolicLink(entry) && !mayRead.test(entry.toRealPath());
        } catch (FileSystemException e) { // it leads nowhere, or in circles
            return true;
        }
    }
}
