package phema.hub;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.summingLong;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import phema.catalog.Run;
import phema.format.Tensor;

/**
 * Describes a repository in the hub's JSON; of a list without all that belongs to a commit.
 *
 * @param id owner and name
 * @param author the owner
 * @param safetensors numbers of elements by type
 */
record ModelInfo(
        String id,
        String modelId,
        String author,
        @JsonProperty("private") boolean isPrivate,
        boolean gated,
        boolean disabled,
        int downloads,
        int likes,
        List<String> tags,
        @JsonProperty("library_name") @Nullable String libraryName,
        @Nullable String sha,
        @Nullable Instant lastModified,
        @Nullable List<Sibling> siblings,
        @Nullable Safetensors safetensors,
        @Nullable Map<String, Object> cardData) {
    /** A file of the commit. */
    record Sibling(
            String rfilename,
            long size,
            String blobId,
            @Nullable Lfs lfs) {}

    /** Says how many elements of each type the weights have. */
    record Safetensors(Map<String, Long> parameters, long total) {}

    static ModelInfo of(String id, Run run) {
        return of(id, run, null, null, null, null);
    }

    static ModelInfo of(String id, Run run, Commit commit) {
        List<Sibling> siblings = commit.files().values().stream()
                .map(file -> new Sibling(
                        file.path(),
                        file.content().size(),
                        file.oid(),
                        file.lfs().orElse(null)))
                .toList();
        Map<String, Long> elements = run.newest().file().tensors().stream()
                .collect(groupingBy(t -> t.dtype().name(), TreeMap::new, summingLong(Tensor::elements)));
        long total = elements.values().stream().mapToLong(n -> n).sum();
        return of(id, run, commit.sha(), commit.date(), siblings, new Safetensors(elements, total));
    }

    private static ModelInfo of(
            String id,
            Run run,
            @Nullable String sha,
            @Nullable Instant lastModified,
            @Nullable List<Sibling> siblings,
            @Nullable Safetensors safetensors) {
        String owner = id.substring(0, id.indexOf('/'));
        Map<String, Object> card = ModelCard.frontMatter(run);
        return new ModelInfo(
                id,
                id,
                owner,
                false,
                false,
                false,
                0,
                0,
                ModelCard.TAGS,
                ModelCard.library(run).orElse(null),
                sha,
                lastModified,
                siblings,
                safetensors,
                card);
    }
}
