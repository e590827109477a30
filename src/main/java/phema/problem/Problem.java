package phema.problem;

import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reports that something is wrong with what a user asked for or gave us. The message is one line for that user: what
 * was wrong, where, and what to do. REST renders it as problem details (RFC 9457) with the status of its
 * {@link ProblemKind}; the command line prints it and exits with status 2.
 */
public final class Problem extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What sort of problem it is, with the HTTP status (RFC 9110, section 15) that says so. */
    public enum ProblemKind {
        /** A value that is never right. */
        INVALID(400),
        /** A name that nothing has. */
        UNKNOWN(404),
        /** It cannot be done as things are now: an output exists, an input changed while it was read. */
        CONFLICT(409),
        /** It was there, and will not be again. */
        GONE(410),
        /** The stored files cannot give what was asked for. */
        UNPROCESSABLE(422),
        /** More than a request may hold. */
        TOO_LARGE(413),
        /** No room to write, until somebody makes some. */
        STORAGE_FULL(503);

        private final int status;

        ProblemKind(int status) {
            this.status = status;
        }

        public int status() {
            return status;
        }
    }

    private final ProblemKind kind;
    private final @Nullable String field;

    private Problem(ProblemKind kind, @Nullable String field, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
        this.field = field;
    }

    /** @param field the request field or command line option at fault, by its REST name */
    public static Problem invalid(String field, String message) {
        return new Problem(ProblemKind.INVALID, field, message, null);
    }

    public static Problem unknown(String field, String message) {
        return new Problem(ProblemKind.UNKNOWN, field, message, null);
    }

    public static Problem conflict(String message) {
        return new Problem(ProblemKind.CONFLICT, null, message, null);
    }

    public static Problem gone(String message) {
        return new Problem(ProblemKind.GONE, null, message, null);
    }

    public static Problem unprocessable(String message) {
        return new Problem(ProblemKind.UNPROCESSABLE, null, message, null);
    }

    public static Problem tooLarge(String message) {
        return new Problem(ProblemKind.TOO_LARGE, null, message, null);
    }

    public static Problem storageFull(String message, @Nullable Throwable cause) {
        return new Problem(ProblemKind.STORAGE_FULL, null, message, cause);
    }

    /**
     * Of a file that is not what was indexed, whoever notices.
     *
     * @param how what follows its name, such as {@code has changed}
     */
    public static Problem changed(Path file, String how) {
        return conflict(file + " " + how + " since it was indexed; rescan the run and ask again");
    }

    /** The problem that a failure is, or was caused by. */
    public static Optional<Problem> in(Throwable failure) {
        for (@Nullable Throwable e = failure; e != null; e = e.getCause())
            if (e instanceof Problem problem) return Optional.of(problem);
        return Optional.empty();
    }

    public ProblemKind kind() {
        return kind;
    }

    /** The request field at fault, where one is. */
    public @Nullable String field() {
        return field;
    }

    @Override
    public String getMessage() {
        return java.util.Objects.requireNonNull(super.getMessage());
    }
}
