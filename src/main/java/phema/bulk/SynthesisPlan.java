package phema.bulk;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import phema.synthesis.KeptFit;

/**
 * Says all that decides the bytes of a synthesis, and who writes which of its files: made once, when it is asked for,
 * so that parts which are written at other times, on other machines, fit together.
 *
 * @param targets in the order of the request
 * @param files of one target after the other, an index of shards last
 * @param parts one, or several of which the last has what is not cut: indexes, configurations, or nothing
 */
record SynthesisPlan(List<PlannedTarget> targets, List<PlannedFile> files, int parts) {
    /** @param baseName of its files, without an extension */
    record PlannedTarget(String baseName, KeptFit fit) {}

    /**
     * A file to be written.
     *
     * @param identity of its bytes, as whoever made the plan sees the run
     * @param part who writes it, from 0 on
     */
    record PlannedFile(String name, long size, String identity, int part) {}

    SynthesisPlan {
        targets = List.copyOf(targets);
        files = List.copyOf(files);
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
