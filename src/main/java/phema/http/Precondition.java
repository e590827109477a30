package phema.http;

import jakarta.servlet.http.HttpServletRequest;
import java.util.Collections;
import java.util.function.Predicate;

/**
 * Decides what the conditional header fields of a GET or HEAD ask for, in the order of precedence of RFC 9110, section
 * 13.2.2. Computed content has no modification date, so {@code If-Modified-Since} and {@code If-Unmodified-Since} are
 * ignored (sections 13.1.3 and 13.1.4) and a date in {@code If-Range} never matches.
 */
enum Precondition {
    MET,
    /** Answer 304. */
    NOT_MODIFIED,
    /** Answer 412. */
    FAILED;

    static Precondition evaluate(HttpServletRequest request, EntityTag current) {
        if (has(request, "If-Match") && !names(request, "If-Match", current::matchesStrongly)) return FAILED;
        if (has(request, "If-None-Match") && names(request, "If-None-Match", current::matchesWeakly))
            return NOT_MODIFIED;
        return MET;
    }

    /** Whether {@code If-Range} (section 13.1.5) lets a {@code Range} field count. */
    static boolean allowsRange(HttpServletRequest request, EntityTag current) {
        return !has(request, "If-Range")
                || current.toString().equals(joined(request, "If-Range").strip());
    }

    private static boolean names(HttpServletRequest request, String header, Predicate<EntityTag> matches) {
        String value = joined(request, header);
        return value.strip().equals("*") || EntityTag.list(value).stream().anyMatch(matches);
    }

    private static boolean has(HttpServletRequest request, String header) {
        return request.getHeader(header) != null;
    }

    /** Field lines of one name combined (section 5.3). */
    private static String joined(HttpServletRequest request, String header) {
        return String.join(",", Collections.list(request.getHeaders(header)));
    }
}
