package phema.bulk;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import phema.synthesis.Syntheses;

/**
 * Cuts the files of a synthesis into parts, each of whole files. Shards of the same tensors, of several targets, are
 * written together, as whoever writes them reads those tensors once for all. Of many targets, as many are together as
 * write what is read for them: so all parts together read no more than they write, beside the one pass that a synthesis
 * takes that is not cut.
 *
 * @param byTarget the files of each target
 * @param inputBytes what one pass reads
 * @param least the bytes that a part has, where there are as many
 */
record PartCut(List<List<Syntheses.PassFile>> byTarget, long inputBytes, long least) {
    /**
     * Says which part has which file.
     *
     * @param ofFiles the part of each file that is cut, by name; what else there is belongs into the last one
     * @param count one, or those that were cut and the last
     */
    record Parts(Map<String, Integer> ofFiles, int count) {
        int of(Syntheses.PassFile file) {
            return ofFiles.getOrDefault(file.name(), count - 1);
        }
    }

    Parts parts() {
        List<List<Syntheses.PassFile>> cut = cut();
        Map<String, Integer> parts = new HashMap<>();
        for (int part = 0; part < cut.size(); part++)
            for (Syntheses.PassFile file : cut.get(part)) parts.put(file.name(), part);
        return new Parts(parts, cut.size() == 1 ? 1 : cut.size() + 1);
    }

    private List<List<Syntheses.PassFile>> cut() {
        List<List<Syntheses.PassFile>> weights = byTarget.stream()
                .map(files -> files.stream().filter(file -> !file.isText()).toList())
                .toList();
        int together = together(weights);
        List<List<Syntheses.PassFile>> parts = new ArrayList<>();
        List<Syntheses.PassFile> part = new ArrayList<>();
        for (int first = 0; first < weights.size(); first += together) {
            List<List<Syntheses.PassFile>> group = weights.subList(first, Math.min(first + together, weights.size()));
            int shards = group.stream().mapToInt(List::size).max().orElse(0);
            for (int shard = 0; shard < shards; shard++) {
                if (bytes(part) >= least && !part.isEmpty()) {
                    parts.add(part);
                    part = new ArrayList<>();
                }
                for (List<Syntheses.PassFile> files : group) if (shard < files.size()) part.add(files.get(shard));
            }
        }
        parts.add(part);
        return parts;
    }

    private int together(List<List<Syntheses.PassFile>> weights) {
        long written = weights.stream().mapToLong(PartCut::bytes).sum();
        return (int) Math.clamp(
                Math.ceilDiv(inputBytes * weights.size(), Math.max(1, written)), 1, Math.max(1, weights.size()));
    }

    private static long bytes(List<Syntheses.PassFile> files) {
        return files.stream().mapToLong(Syntheses.PassFile::size).sum();
    }
}
