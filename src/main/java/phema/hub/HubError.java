package phema.hub;

import org.jspecify.annotations.Nullable;

/** Reports that something that a client asked for does not exist. Clients learn from the code what it was. */
final class HubError extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Names an error as {@code X-Error-Code} spells it. */
    enum Code {
        RepoNotFound,
        RevisionNotFound,
        EntryNotFound
    }

    private final Code code;
    private final @Nullable String commit;

    private HubError(Code code, String message, @Nullable String commit) {
        super(message);
        this.code = code;
        this.commit = commit;
    }

    static HubError noRepository(String message) {
        return new HubError(Code.RepoNotFound, message, null);
    }

    static HubError noRevision(String message) {
        return new HubError(Code.RevisionNotFound, message, null);
    }

    static HubError noEntry(Commit commit, String message) {
        return new HubError(Code.EntryNotFound, message, commit.sha());
    }

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
