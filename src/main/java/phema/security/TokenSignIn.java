package phema.security;

import org.springframework.security.authentication.AuthenticationProvider;
import org.springframework.security.authentication.BadCredentialsException;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.Authentication;

/** Takes what the sign-in page sends, where the token stands in the place of a password. */
final class TokenSignIn implements AuthenticationProvider {
    private final Tokens tokens;

    TokenSignIn(Tokens tokens) {
        this.tokens = tokens;
    }

    @Override
    public Authentication authenticate(Authentication form) {
        return tokens.find(String.valueOf(form.getCredentials()).strip())
                .map(Bearer::new)
                .orElseThrow(() -> new BadCredentialsException("no such token"));
    }

    @Override
    public boolean supports(Class<?> type) {
        return type == UsernamePasswordAuthenticationToken.class;
    }
}
