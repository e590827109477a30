package phema.security;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Keeps pages of other sites, open in a user's browser, from using the service: they can send requests to localhost,
 * and with a name of their own that leads there (DNS rebinding) also read the answers. What browsers say of a request's
 * origin (Fetch Metadata; RFC 6454) tells them apart, so that forms need no tokens against forgery.
 */
final class BrowserGuard extends OncePerRequestFilter {
    private static final Set<String> SAFE = Set.of("GET", "HEAD", "OPTIONS");
    private static final Set<String> OWN_SITES = Set.of("same-origin", "none");
    private static final Pattern LOOPBACK =
            Pattern.compile("localhost|[a-z0-9.-]+\\.localhost|127\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}|\\[::1]");

    private final boolean onlyLocalNames;

    /**
     * @param onlyLocalNames whether the service may only be called by names of this very machine: where nobody needs a
     *     token
     */
    BrowserGuard(boolean onlyLocalNames) {
        this.onlyLocalNames = onlyLocalNames;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        if (onlyLocalNames
                && !LOOPBACK.matcher(request.getServerName().toLowerCase(Locale.ROOT))
                        .matches())
            Refusal.send(
                    request,
                    response,
                    HttpStatus.MISDIRECTED_REQUEST,
                    "Without tokens the service answers only to localhost; call it so, or configure "
                            + "phema.security.tokens");
        else if (!SAFE.contains(request.getMethod()) && isOfAnotherSite(request))
            Refusal.send(request, response, HttpStatus.FORBIDDEN, "Pages of other sites may not change anything here");
        else chain.doFilter(request, response);
    }

    private static boolean isOfAnotherSite(HttpServletRequest request) {
        @Nullable String site = request.getHeader("Sec-Fetch-Site");
        if (site != null) return !OWN_SITES.contains(site);
        // Browsers of before 2023, and any over plain HTTP from other machines.
        @Nullable String origin = request.getHeader("Origin");
        return origin != null && !isOwn(origin, request);
    }

    private static boolean isOwn(String origin, HttpServletRequest request) {
        try {
            @Nullable String authority = URI.create(origin).getRawAuthority();
            return authority != null && authority.equalsIgnoreCase(request.getHeader("Host"));
        } catch (IllegalArgumentException unreadable) {
            return false;
        }
    }
}
