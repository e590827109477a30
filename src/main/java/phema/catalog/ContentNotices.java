package phema.catalog;

import static java.util.stream.Collectors.groupingBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import phema.format.WeightFile;
import phema.format.WeightFiles;
import phema.profile.Impulse;

/**
 * Says what is to be minded about what a folder's files hold, taken together.
 *
 * @param files by time, each with the tensors that count
 * @param similar the last file that is of use, with all its tensors
 * @param whole a file with all its tensors
 */
record ContentNotices(
        Recognition recognition,
        Path folder,
        Map<Candidate, WeightFile> files,
        Optional<WeightFile> similar,
        Function<Candidate, WeightFile> whole) {
    /** @param used whether any of the files is a snapshot */
    List<String> of(boolean used) {
        List<String> notices = new ArrayList<>();
        ofPieces().ifPresent(notices::add);
        withoutAverages().ifPresent(notices::add);
        if (similar.filter(WeightFiles::haveMasters).isPresent())
            notices.add("The optimizer keeps these weights in single precision as well: --group "
                    + WeightFiles.MASTERS + ", or `group: " + WeightFiles.MASTERS + "` in " + Manifest.FILE_NAME
                    + ", takes those.");
        if (used) {
            ofFolderName().ifPresent(notices::add);
            ofRawBeside().ifPresent(notices::add);
            ofStatedRaw().ifPresent(notices::add);
            similar.flatMap(WeightFiles::otherNetworks)
                    .ifPresent(others -> notices.add("These files hold other networks as well, which are not read: "
                            + others + ". Outputs of the same format have the newest file's."));
            similar.flatMap(WeightFiles::numpyArrays)
                    .ifPresent(arrays -> notices.add("Beside tensors these files hold arrays of NumPy, which are not"
                            + " averaged: " + arrays + ". If they are weights, what comes out is no network of one"
                            + " time; save them as tensors, with torch.from_numpy. Outputs of the same format have the"
                            + " newest file's, others none."));
        }
        return notices;
    }

    /** Which sets of weights some files do not hold, as where averaging began later. */
    private Optional<String> withoutAverages() {
        Map<String, List<Candidate>> byGroup = files.keySet().stream()
                .filter(candidate -> !candidate.prefix().isEmpty())
                .collect(groupingBy(Candidate::prefix));
        int most = byGroup.values().stream().mapToInt(List::size).max().orElse(0);
        return byGroup.entrySet().stream()
                .filter(group -> group.getValue().size() < most)
                .findFirst()
                .map(group -> (most - group.getValue().size()) + " of " + most + " files hold nothing below `"
                        + group.getKey() + "`, and are used for their other weights"
                        + byGroup.entrySet().stream()
                                .filter(other -> isRawInSome(other.getValue()))
                                .findFirst()
                                .map(other -> ": without it, `" + WeightGroups.shown(other.getKey())
                                        + "` holds raw weights, as the trainer saved it")
                                .orElse("")
                        + ".");
    }

    private static boolean isRawInSome(List<Candidate> group) {
        return group.stream().anyMatch(Candidate::isRaw) && !group.stream().allMatch(Candidate::isRaw);
    }

    /** What is assumed of checkpoints of which nothing says how many files they are. */
    private Optional<String> ofPieces() {
        List<String> counts = files.entrySet().stream()
                .filter(entry -> WeightsPath.isOfPieces(entry.getKey().fileName()))
                .map(entry -> entry.getValue().parts().size())
                .distinct()
                .sorted()
                .map(String::valueOf)
                .toList();
        return counts.isEmpty()
                ? Optional.empty()
                : Optional.of("Each checkpoint is taken to be the " + String.join(" or ", counts)
                        + " files named shard-* that lie there, since none says how many there are: copy those of all"
                        + " ranks.");
    }

    /** What is to be said where a manifest calls raw weights, and has nothing else, what files call an average. */
    private Optional<String> ofStatedRaw() {
        if (recognition.ground() != Recognition.Ground.MANIFEST
                || files.keySet().stream()
                        .anyMatch(candidate -> candidate
                                .profile()
                                .filter(Impulse.class::isInstance)
                                .isEmpty())) return Optional.empty();
        return files.keySet().stream()
                .reduce((one, newer) -> newer)
                .flatMap(newest -> Questions.ofStatedRaw(
                        whole.apply(newest), recognition.prefix(newest), Objects.requireNonNull(files.get(newest))));
    }

    /** What is to be said where a manifest names an average alone, whose raw weights lie in the same files. */
    private Optional<String> ofRawBeside() {
        Set<Candidate> candidates = files.keySet();
        String prefix = recognition.tensors().prefix().orElse("");
        if (prefix.isEmpty() || candidates.stream().anyMatch(Candidate::isRaw)) return Optional.empty();
        Optional<WeightFile> newest =
                candidates.stream().reduce((one, newer) -> newer).map(whole);
        return newest.filter(file -> WeightGroups.of(file).groups().stream()
                        .anyMatch(group -> group.prefix().equals(prefix)))
                .flatMap(file -> WeightGroups.rawIn(file).stream().findFirst())
                .map(WeightGroups.StatedGroup::prefix)
                .filter(raw -> !raw.equals(prefix))
                .map(raw -> "Nothing says whether these averages are what " + Manifest.FILE_NAME + " says of them. The"
                        + " raw weights below `" + raw + "` of the same files would, and make what comes out more"
                        + " exact: write `averages: [{prefix: '" + raw + "', profile: impulse}, {prefix: '" + prefix
                        + "', profile: ...}]` instead of prefix and profile.");
    }

    /** What is to be said of files that nothing but their numbers calls raw weights, by where they lie. */
    private Optional<String> ofFolderName() {
        Set<Candidate> candidates = files.keySet();
        return recognition.ground() == Recognition.Ground.NUMBERED_NAMES
                        && !candidates.isEmpty()
                        && candidates.stream()
                                .allMatch(candidate -> candidate.group().isEmpty())
                ? Questions.noticeOfFolder(folder)
                : Optional.empty();
    }
}
