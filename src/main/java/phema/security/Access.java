package phema.security;

import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.stereotype.Component;

/**
 * Says what the sender of the request that this thread answers may do, so that pages show no button that would be
 * refused.
 */
@Component
@ConditionalOnWebApplication
public final class Access {
    private final Tokens tokens;

    Access(Tokens tokens) {
        this.tokens = tokens;
    }

    public boolean mayWrite() {
        return tokens.isEmpty()
                || SecurityContextHolder.getContext().getAuthentication() instanceof Bearer bearer
                        && bearer.getAuthorities().stream()
                                .anyMatch(granted -> Role.WRITE.name().equals(granted.getAuthority()));
    }

    /** Whether they signed in, and so can sign out. */
    public boolean isSignedIn() {
        Authentication known = SecurityContextHolder.getContext().getAuthentication();
        return known instanceof Bearer;
    }
}
