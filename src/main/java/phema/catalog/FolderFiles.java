package phema.catalog;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import phema.format.ShardIndexes;
import phema.format.WeightFile;

/** Reads the headers of the files that a folder's run may need. */
final class FolderFiles {
    private final FileIndexer indexer;
    private final Path folder;
    private final Recognition recognition;
    private final Scan before;

    /** What indexes say of files that are read without others that they list, by name. */
    private final Map<String, ShardIndexes.ListedFile> shards = new ConcurrentHashMap<>();

    /** @param before what the last scan of this folder gave; files that did not change since are not opened */
    FolderFiles(FileIndexer indexer, Path folder, Recognition recognition, Scan before) {
        this.indexer = indexer;
        this.folder = folder;
        this.recognition = recognition;
        this.before = before;
    }

    /**
     * Reads what has to be read, of several files at once: there may be thousands, on slow storage.
     *
     * @return by name
     */
    Map<String, RememberedFile> look() {
        Map<String, Candidate> byFile = new LinkedHashMap<>();
        for (Candidate candidate : recognition.candidates())
            if (!(candidate.content() instanceof Candidate.NoAverage))
                byFile.putIfAbsent(candidate.fileName(), candidate);
        Map<String, RememberedFile> looked = new ConcurrentHashMap<>();
        Optional<WeightFile> first = Optional.empty();
        List<Candidate> left = new ArrayList<>(byFile.values());
        while (first.isEmpty() && !left.isEmpty()) first = look(left.removeFirst(), first, looked);
        Optional<WeightFile> alike = first;
        left.parallelStream().forEach(candidate -> look(candidate, alike, looked));
        ShardIndexes indexes = indexer.shardIndexes();
        looked.entrySet().parallelStream().forEach(entry -> {
            if (!WeightsPath.isWhole(entry.getKey()))
                entry.getValue()
                        .file()
                        .flatMap(indexes::incomplete)
                        .ifPresent(listed -> shards.put(entry.getKey(), listed));
        });
        return looked;
    }

    /** @return the file, where it could be read */
    private Optional<WeightFile> look(
            Candidate candidate, Optional<WeightFile> alike, Map<String, RememberedFile> looked) {
        Optional<RememberedFile> now = indexer.lookAt(
                folder.resolve(candidate.fileName()),
                candidate,
                recognition.tensors().masters(),
                before,
                alike.orElse(null));
        now.ifPresent(file -> looked.put(candidate.fileName(), file));
        return now.flatMap(RememberedFile::file);
    }

    /** Why a file is only some of a checkpoint, so that averages of it would be no network's. */
    Optional<String> missing(Candidate candidate) {
        return Optional.ofNullable(shards.get(candidate.fileName())).map(listed -> {
            String name = candidate.fileName();
            String index = name.substring(0, name.lastIndexOf('/') + 1) + listed.index();
            return "is one of the " + listed.files() + " files that " + listed.index()
                    + " beside it lists, which hold " + listed.tensors()
                    + " tensors together; name that, which reads them all: `files: '"
                    + WeightsPath.pattern(index, candidate.time()) + "'` in " + Manifest.FILE_NAME;
        });
    }
}
