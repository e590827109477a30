package phema.hub;

import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;

/** Reports that something that a client asked for does not exist, or is not done. Clients learn from the code which. */
final class HubError extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Names an error as {@code X-Error-Code} spells it. */
    enum Code {
        RepoNotFound,
        RevisionNotFound,
        EntryNotFound
    }

    private final HttpStatus status;
    private final @Nullable Code code;
    private final @Nullable String commit;

    private HubError(HttpStatus status, @Nullable Code code, String message, @Nullable String commit) {
        super(message);
        this.status = status;
        this.code = code;
        this.commit = commit;
    }

    static HubError noRepository(String message) {
        return new HubError(HttpStatus.NOT_FOUND, Code.RepoNotFound, message, null);
    }

    static HubError noRevision(String message) {
        return new HubError(HttpStatus.NOT_FOUND, Code.RevisionNotFound, message, null);
    }

    static HubError noEntry(Commit commit, String message) {
        return new HubError(HttpStatus.NOT_FOUND, Code.EntryNotFound, message, commit.sha());
    }

    /** Nothing of a repository can be changed. */
    static HubError readOnly(String message) {
        return new HubError(HttpStatus.METHOD_NOT_ALLOWED, null, message, null);
    }

    /** The hub has that, and phema has not. */
    static HubError notOffered(String message) {
        return new HubError(HttpStatus.NOT_FOUND, null, message, null);
    }

    HttpStatus status() {
        return status;
    }

    /** Null where the hub has none for it. */
    @Nullable
    Code code() {
        return code;
    }

    /** The commit that lacks the entry: clients remember that it does. */
    @Nullable
    String commit() {
        return commit;
    }

    @Override
    public String getMessage() {
        return java.util.Objects.requireNonNull(super.getMessage());
    }
}
