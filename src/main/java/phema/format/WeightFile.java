package phema.format;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * Holds the index of a weight file: an ordered list of named byte ranges.
 *
 * @param path the file that was opened; for a sharded one its {@code *.index.json}
 * @param parts the physical files that hold the elements
 * @param metadata what the format carries beside tensors, as text, sorted by key
 * @param tensors in the order of the file, names distinct
 */
public record WeightFile(
        Path path, Format format, List<FilePart> parts, Map<String, String> metadata, List<Tensor> tensors) {
    public WeightFile {
        parts = List.copyOf(parts);
        metadata = Collections.unmodifiableSortedMap(new TreeMap<>(metadata));
        tensors = List.copyOf(tensors);
    }

    /** The same, with parts as they were known before files were probed. */
    public WeightFile withoutProbes() {
        return new WeightFile(
                path, format, parts.stream().map(FilePart::withoutProbe).toList(), metadata, tensors);
    }

    /** Bytes of all physical files. */
    public long size() {
        long size = 0; // no stream, as thousands of files are asked at a time
        for (FilePart part : parts) size += part.size();
        return size;
    }

    /** The same file with other tensors. */
    public WeightFile with(List<Tensor> otherTensors) {
        return new WeightFile(path, format, parts, metadata, otherTensors);
    }

    /** The same with its tensors where its physical files are behind so many others; these are not among its parts. */
    WeightFile behind(int others) {
        return with(tensors.stream().map(tensor -> tensor.behind(others)).toList());
    }

    /** The same with other physical files behind its own, of which it has no tensors. */
    public WeightFile followedBy(List<FilePart> others) {
        List<FilePart> all = new ArrayList<>(parts);
        all.addAll(others);
        return new WeightFile(path, format, all, metadata, tensors);
    }

    /** The same file with more metadata, which replace those of the same keys. */
    public WeightFile withMetadata(Map<String, String> more) {
        Map<String, String> all = new TreeMap<>(metadata);
        all.putAll(more);
        return new WeightFile(path, format, parts, all, tensors);
    }

    /**
     * The same, with the other file's list of tensors where both are equal: thousands of files of a run then need the
     * memory of one.
     */
    public WeightFile sharingTensorsOf(WeightFile other) {
        return tensors.equals(other.tensors) ? with(other.tensors) : this;
    }

    /** Whether all physical files have the stamps that they had when they were indexed: nothing happened. */
    public boolean isUntouched() throws IOException {
        for (FilePart part : parts) if (!part.stamp().isOf(part.path())) return false;
        return true;
    }

    /** Whether all physical files are still those that were indexed. @see FilePart#isUnchanged */
    public boolean isUnchanged(Predicate<Path> mayRead) throws IOException {
        for (FilePart part : parts) if (!part.isUnchanged(mayRead)) return false;
        return true;
    }

    /** A tensor by its name; empty when there is none. */
    public Optional<Tensor> tensor(String name) {
        int index = indexOf(name, 0);
        return index < 0 ? Optional.empty() : Optional.of(tensors.get(index));
    }

    /**
     * Index of a tensor by name, -1 when there is none.
     *
     * @param near where to look first; files of a run mostly hold the same tensors in the same order
     */
    public int indexOf(String name, int near) {
        for (int i = 0; i < tensors.size(); i++) {
            int index = (near + i) % tensors.size();
            if (tensors.get(index).name().equals(name)) return index;
        }
        return -1;
    }
}
