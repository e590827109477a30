package phema.hub;

import java.util.Optional;
import phema.synthesis.Content;

/**
 * Describes a file of a commit.
 *
 * @param path in the repository
 * @param content whose identity is the entity tag
 * @param lfs where the content's SHA-256 is known
 */
record RepositoryEntry(String path, Content content, Optional<Lfs> lfs) {
    static RepositoryEntry of(String path, Content content) {
        return new RepositoryEntry(path, content, Optional.empty());
    }

    static RepositoryEntry of(StoredFile file) {
        return new RepositoryEntry(file.fileName(), file, Optional.of(Lfs.of(file.identity(), file.size())));
    }

    /** 40 hex digits: as git's for texts and for pointers to stored files, but the identity of computed ones. */
    String oid() {
        return lfs.map(l ->
                        GeneratedText.of(path, Lfs.pointer(l.oid(), l.size())).identity())
                .orElseGet(content::identity);
    }

    String mediaType() {
        return switch (path.substring(path.lastIndexOf('.') + 1)) {
            case "json" -> "application/json";
            case "md" -> "text/markdown;charset=UTF-8";
            case "svg" -> "image/svg+xml";
            default -> "application/octet-stream";
        };
    }
}
