package phema.security;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.web.filter.OncePerRequestFilter;
import phema.security.SecurityProperties.Token;

/**
 * Checks {@code Authorization: Bearer TOKEN} (RFC 6750). A wrong token is refused even where none is needed: whoever
 * sends one means it.
 */
final class BearerFilter extends OncePerRequestFilter {
    private static final String SCHEME = "Bearer ";

    private final Tokens tokens;

    BearerFilter(Tokens tokens) {
        this.tokens = tokens;
    }

    @Override
    protected boolean shouldNotFilter(HttpServletRequest request) {
        return tokens.isEmpty();
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        @Nullable String header = request.getHeader("Authorization");
        if (header == null || !header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            chain.doFilter(request, response);
            return;
        }
        Optional<Token> token = tokens.find(header.substring(SCHEME.length()).strip());
        if (token.isEmpty()) {
            response.setHeader("WWW-Authenticate", "Bearer realm=\"phema\", error=\"invalid_token\"");
            Refusal.send(request, response, HttpStatus.UNAUTHORIZED, "Invalid credentials in Authorization header");
            return;
        }
        SecurityContext context = SecurityContextHolder.createEmptyContext();
        context.setAuthentication(new Bearer(token.get()));
        SecurityContextHolder.setContext(context);
        chain.doFilter(request, response);
    }
}
