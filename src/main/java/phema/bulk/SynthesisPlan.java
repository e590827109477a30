package phema.bulk;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import phema.catalog.Run;
import phema.catalog.Snapshot;
import phema.digest.Digest;
import phema.format.FilePart;
import phema.synthesis.KeptFit;

/**
 * Says all that decides the bytes of a synthesis, and who writes which of its files: made once, when it is asked for,
 * so that parts which are written at other times, on other machines, fit together.
 *
 * @param targets in the order of the request
 * @param files of one target after the other, an index of shards last
 * @param parts one, or several of which the last has what is not cut: indexes, configurations, or nothing
 * @param snapshots the {@link #digits} of those of the run, by name; none in plans of older versions
 */
record SynthesisPlan(List<PlannedTarget> targets, List<PlannedFile> files, int parts, Map<String, String> snapshots) {
    private static final int DIGITS = 16;

    /** @param baseName of its files, without an extension */
    record PlannedTarget(String baseName, KeptFit fit) {}

    /**
     * A file to be written.
     *
     * @param identity of its bytes, as whoever made the plan sees the run
     * @param part who writes it, from 0 on
     */
    record PlannedFile(String name, long size, String identity, int part) {}

    SynthesisPlan(
            List<PlannedTarget> targets, List<PlannedFile> files, int parts, @Nullable Map<String, String> snapshots) {
        this.targets = List.copyOf(targets);
        this.files = List.copyOf(files);
        this.parts = parts;
        this.snapshots = snapshots == null ? Map.of() : Collections.unmodifiableMap(new TreeMap<>(snapshots));
    }

    /** The snapshots that targets combine, as the run has them. */
    static Map<String, String> snapshots(Run run, List<PlannedTarget> targets) {
        return run.snapshots().stream()
                .filter(snapshot -> targets.stream()
                        .anyMatch(target -> target.fit().coefficients().containsKey(snapshot.name())))
                .collect(Collectors.toMap(Snapshot::name, SynthesisPlan::digits));
    }

    /** Digits that change with whatever an output is told by: size, time stamp, structure and probe of its files. */
    static String digits(Snapshot snapshot) {
        Digest digest = Digest.sha256();
        for (FilePart part : snapshot.file().parts())
            digest.add(part.size() + " " + part.modified() + " " + part.digest() + " " + part.probe() + "\n");
        return digest.hex(DIGITS);
    }

    List<PlannedFile> of(int part) {
        return files.stream().filter(file -> file.part == part).toList();
    }

    Set<String> names(int part) {
        return of(part).stream().map(PlannedFile::name).collect(Collectors.toSet());
    }

    /** Bytes that a part writes. */
    long bytes(int part) {
        return of(part).stream().mapToLong(PlannedFile::size).sum();
    }

    List<String> fileNames() {
        return files.stream().map(PlannedFile::name).toList();
    }
}
