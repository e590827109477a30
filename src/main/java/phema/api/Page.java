package phema.api;

import io.swagger.v3.oas.annotations.media.Schema;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import phema.problem.Problem;

/**
 * Holds a part of a list.
 *
 * @param page counted from 0
 * @param size most items of a page
 * @param total items of all pages
 * @param notices why the list may lack something, one line each; none where it does not
 */
public record Page<T>(
        @Schema(requiredMode = Schema.RequiredMode.REQUIRED) List<T> items,
        int page,
        int size,
        int total,
        @Nullable List<String> notices) {
    public static final String DEFAULT_SIZE = "100";
    public static final int MAX_SIZE = 1000;

    public static <S, T> Page<T> of(List<S> all, int page, int size, Function<S, T> render) {
        check(page, size);
        List<T> items =
                all.stream().skip((long) page * size).limit(size).map(render).toList();
        return new Page<>(items, page, size, all.size());
    }

    public Page(List<T> items, int page, int size, int total) {
        this(items, page, size, total, null);
    }

    public Page<T> withNotices(List<String> lines) {
        return new Page<>(items, page, size, total, lines.isEmpty() ? null : lines);
    }

    public static void check(int page, int size) {
        if (page < 0) throw Problem.invalid("page", "page counts from 0, it cannot be " + page);
        if (size < 1 || size > MAX_SIZE)
            throw Problem.invalid("size", "size must lie in 1.." + MAX_SIZE + ", not " + size);
    }
}
